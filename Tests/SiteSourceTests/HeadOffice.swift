import Foundation
import Logging
import Synchronization
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting

@testable import SiteSource

/// A journal and its engine, and the source under test as a server would run it, as often as wanted.
final class HeadOffice: Sendable {
    let journal = InMemoryJournal()
    let engine: InventoryEngine

    /// With these SKUs, each a product of its own.
    init(_ skus: String...) async throws {
        engine = try InventoryEngine(journal: journal, logger: Self.quiet)
        for sku in skus { try await create(sku) }
    }

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    func create(_ sku: String) async throws {
        let product = NewProduct(name: sku, content: .single(NewVariant(sku: sku, name: sku)))
        try await apply(.createProduct(product))
    }

    func apply(_ action: Command.Action) async throws {
        if case .rejected(let rejection) = await engine.submit(Command(source: "test", action: action)) { throw rejection }
    }

    /// The units of a SKU at a location; `nil` if the SKU was never there.
    func units(_ sku: String, _ location: String = "berlin:MAIN") async throws -> Int64? {
        try await journal.variant(.sku(sku)).value?.variant.balances.first { $0.location == location }?.onHand
    }

    var skus: [String] {
        get async throws { try await journal.variants(after: nil, limit: 100).value.map(\.variant.sku).sorted() }
    }

    /// The values to which the source has set a SKU at a location, in order.
    func values(_ sku: String, _ location: String = "berlin:MAIN") -> [Int64] {
        journal.allEvents.compactMap { envelope in
            guard let event = try? JSONDecoder().decode(Event.self, from: Data(envelope.json)),
                case .inventoryUpdated(let update) = event.body, update.sku == sku, let change = update.stockChange,
                change.location == location, update.source == "berlin"
            else { return nil }
            return change.locationStock
        }
    }

    /// Runs the source while `body` does.
    func follow(
        _ url: String..., catalogue: Bool = false, gateway: (any CommandGateway)? = nil, silence: Duration = .seconds(45),
        _ body: (SourceStatus) async throws -> Void
    ) async throws {
        let status = SourceStatus()
        let context = SourceContext(
            name: "berlin", logger: Self.quiet, gateway: gateway ?? engine, stock: journal, defaultLocation: "MAIN", status: status,
            bookmark: JournalBookmark(journal: journal, source: "berlin"), version: "test",
            deviceBookmark: { [journal] in JournalBookmark(journal: journal, source: "berlin", device: $0) },
            now: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) })
        let source = SiteSource(
            SiteOptions(url: .init(url), catalogue: catalogue, timeout: .seconds(10), recheck: .milliseconds(50)), silence: silence)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await source.run(context) }
            defer { group.cancelAll() }
            try await body(status)
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
