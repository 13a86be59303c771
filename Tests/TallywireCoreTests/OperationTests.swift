import Foundation
import TallywireCore
import Testing

/// What names the operations of a movement outside of Swift names exactly those of `Operation`.
@Suite("Operations")
struct OperationTests {
    /// A list of operations in a file of the repository.
    struct Listing: Sendable, CustomTestStringConvertible {
        let path: String
        /// What stands directly before the list and directly after it.
        let start: String
        let end: String
        /// Whether an operation belongs to the list.
        var isListed: @Sendable (TallywireCore.Operation) -> Bool = { $0.isOfLines }

        var testDescription: String { "\(path): \(start)…" }
    }

    private static let isOfPhones: @Sendable (TallywireCore.Operation) -> Bool = {
        $0.isOfLines && !$0.hasReservation && $0 != .move && $0 != .set
    }
    private static let isOfOneVariant: @Sendable (TallywireCore.Operation) -> Bool = { TallywireCore.Operation.plain.contains($0) }

    private static let listings = [
        Listing(
            path: "clients/js/tallywire.d.ts", start: "/** Absent when only the price changed. */\n  operation?:", end: ";",
            isListed: { _ in true }),
        Listing(
            path: "clients/js/tallywire.d.ts", start: "serial?: string;\n  operation?:", end: ";", isListed: { $0.direction != nil }
        ),
        Listing(path: "web/scan/scan.js", start: "const OPERATIONS =", end: ";", isListed: isOfPhones),
        Listing(path: "web/scan/queue.js", start: "@property {", end: "} operation\n", isListed: isOfPhones),
        Listing(path: "web/scan/texts.js", start: "operations: {", end: "}", isListed: isOfPhones),
        Listing(path: "web/scan/texts.js", start: "done: (operation, quantity) =>\n    ({", end: "})", isListed: isOfPhones),
        Listing(path: "web/admin/adjust-form.js", start: "const OPERATIONS =", end: ";", isListed: isOfOneVariant),
        Listing(path: "docs/HTTP.md", start: "\n| `operation` |", end: "|\n"),
        Listing(path: "docs/HTTP.md", start: "device?}`; `operation` is", end: "|\n", isListed: isOfOneVariant),
        Listing(path: "docs/CONFIGURATION.md", start: "\n| `devices.*.operation` |", end: "|\n"),
        Listing(path: "docs/MQTT.md", start: "`operation` (", end: ")"),
    ]

    @Test("declarations, pages and documents list the operations of a movement", arguments: listings)
    func listed(_ listing: Listing) throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        let text = try String(contentsOf: root.appending(path: listing.path), encoding: .utf8)
        let end = try #require(text.range(of: listing.start).flatMap { text[$0.upperBound...].range(of: listing.end) })
        let start = try #require(text[..<end.lowerBound].range(of: listing.start, options: .backwards))
        // A word in quotation marks or backticks, or the name of a member.
        let form = #/["`]([a-z]+)["`]|([a-z]+): ["`]/#
        let words = text[start.upperBound..<end.lowerBound].matches(of: form).compactMap { $0.1 ?? $0.2 }.map(String.init)
        #expect(words.sorted() == TallywireCore.Operation.allCases.filter(listing.isListed).map(\.rawValue).sorted())
    }
}
