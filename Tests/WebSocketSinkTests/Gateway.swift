import HTTPPort
import Logging
import Synchronization
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import Testing

@testable import RoomHub
@testable import WebSocketSink

/// A sink behind a port that gets its events from an engine, as in a server: variants `A`, `B`, … with the ids 11, 12, … of product 1 and
/// `Z`, the default variant of product 2.
struct Gateway {
    let server: TestServer
    let engine: InventoryEngine
    let journal: InMemoryJournal
    private let delivered: Delivered

    /// The last event that went through the sink.
    private final class Delivered: Sendable {
        private let seq = Mutex<UInt64>(0)

        var last: UInt64 {
            get { seq.withLock { $0 } }
            set { seq.withLock { $0 = newValue } }
        }
    }

    static func run(
        variants: Int = 3, ring: Int = 65_536, judgedBy authenticator: any Authenticator = OpenAuthenticator(),
        ahead: AheadPolicy = .anotherJournal,
        _ change: (inout WebSocketConfiguration) -> Void = { _ in },
        _ body: (Gateway) async throws -> Void
    ) async throws {
        let journal = InMemoryJournal()
        let engine = try InventoryEngine(
            journal: journal, configuration: .init(feed: .init(events: ring, bytes: 64 << 20)), logger: Logger(label: "test"))
        let new = (0..<variants).map { NewVariant(id: VariantID(Int64(11 + $0)), sku: sku($0), name: "Variant \($0)") }
        for command in [
            NewProduct(id: ProductID(1), name: "Tee", price: Price("19.99"), content: .variants(new)),
            NewProduct(id: ProductID(2), name: "Mug", content: .single(NewVariant(sku: "Z", name: "Mug"))),
        ] {
            _ = await engine.submit(Command(source: "test", action: .createProduct(command)))
        }
        var configuration = WebSocketConfiguration()
        change(&configuration)
        let sink = try WebSocketSink(configuration)
        let head = engine.feed.head
        var http = UpgradingServerConfiguration()
        http.authenticator = authenticator
        let beginning = context(head: head, stock: journal, history: engine.feed, ahead: ahead)
        try await withServer(sink, http: http, context: beginning) { server in
            let delivered = Delivered()
            delivered.last = head
            let pump = Task {
                var position = head
                while let events = try await engine.feed.next(after: position), let last = events.last {
                    _ = try await sink.deliver(EventBatch(records: events))
                    position = last.seq
                    delivered.last = position
                }
            }
            do {
                try await body(Gateway(server: server, engine: engine, journal: journal, delivered: delivered))
            } catch {
                await engine.stop()
                _ = try? await pump.value
                throw error
            }
            await engine.stop()
            try await pump.value
        }
    }

    /// `A`, `B`, … `Y`, and then `V25`, ….
    static func sku(_ index: Int) -> String {
        index < 25 ? String(UnicodeScalar(UInt8(65 + index))) : "V\(index)"
    }

    var head: UInt64 { engine.feed.head }

    /// Sets a variant's stock at `MAIN`.
    @discardableResult
    func set(_ sku: String, _ quantity: Int64) async throws -> UInt64 {
        let line = Movement.Line(item: .sku(sku), location: "MAIN", operation: .set, quantity: quantity)
        let outcome = await engine.submit(Command(source: "test", action: .move(Movement(lines: [line]))))
        guard case .applied(let receipt) = outcome, let seq = receipt.seq else { throw Refused(outcome: outcome) }
        return seq
    }

    /// Waits until the sink has brought everything to its rooms.
    func settle() async throws {
        try await eventually("the sink is at the end of the journal") { delivered.last == head }
    }

    func run(id: String? = nil, _ action: Command.Action) async throws {
        let outcome = await engine.submit(Command(id: id, source: "test", action: action))
        guard case .applied = outcome else { throw Refused(outcome: outcome) }
    }

    struct Refused: Error { let outcome: Outcome }

    var metrics: HubMetrics.Snapshot { server.sink.metrics.current }
}
