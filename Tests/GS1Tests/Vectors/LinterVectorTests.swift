import GS1
import Testing

private struct Row: Decodable, VectorRow {
    let src: String
    let linter: String
    let ok: Bool
    let data: String
    let lint: String?
}

@Suite("GS1's vectors: linters", .enabled(if: VectorFolder.isThere, VectorFolder.skipped))
struct LinterVectorTests {
    /// Rows that are not run, and why.
    private static let leftOut: [String: String] = Dictionary(
        uniqueKeysWithValues: [
            "lint_gcppos1.c:221", "lint_gcppos1.c:223", "lint_gcppos2.c:183", "lint_gcppos2.c:185", "lint_couponcode.c:1431",
            "lint_couponcode.c:1433", "lint_couponcode.c:1438", "lint_couponcode.c:1441", "lint_couponcode.c:1446",
            "lint_couponcode.c:1449", "lint_couponcode.c:1454", "lint_couponcode.c:1457",
        ].map {
            ($0, "put a pretended registry of company prefixes in place that refuses the prefix or is offline; there is none here")
        })

    @Test("each linter finds in every row what GS1's finds")
    func linters() throws {
        for row in try VectorFolder.rows("linters", of: Row.self, without: Self.leftOut) {
            let linter = try #require(Linter(rawValue: row.linter), "\(row.src): \(row.linter)")
            // A character of a row is one byte: some rows are every byte there is.
            let finding = linter.finding(in: row.data.unicodeScalars.map { UInt8($0.value) })
            let expected = GS1Lint.violation(row.lint ?? "")
            #expect(row.ok || expected != nil, "\(row.src): \(row.lint ?? "") is a name not known here")
            #expect(finding?.violation == expected, "\(row.src): \(row.linter) of \(row.data)")
            if let finding { #expect((0...row.data.unicodeScalars.count).contains(finding.offset), "\(row.src)") }
        }
    }
}
