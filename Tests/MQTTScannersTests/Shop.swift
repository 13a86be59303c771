import Foundation
import Logging
import Mosquitto
import Synchronization
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import Testing

@testable import MQTTScanners

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A journal with one product, the engine over it, and the source under test as a server would run it.
final class Shop: Sendable {
    let broker: TestBroker
    let journal: InMemoryJournal
    let engine: InventoryEngine
    let devices = DeviceRegistry()

    private static let quick = ReconnectPolicy(
        initial: .milliseconds(20), maximum: .milliseconds(200), refused: .milliseconds(200), stable: .seconds(1))
    static let code = "4006381333931"

    init(broker: TestBroker, stock: Int64 = 1000, inbox: Int = 65_536) async throws {
        self.broker = broker
        journal = InMemoryJournal()
        engine = try InventoryEngine(
            journal: journal, configuration: InventoryEngine.Configuration(inbox: inbox), logger: quiet)
        let variants = [
            NewVariant(
                id: VariantID(11), sku: "TEE", name: "Tee", barcodes: [Barcode(code: Self.code), Barcode(code: "1", units: 12)]),
            NewVariant(id: VariantID(12), sku: "CAP", name: "Cap", barcodes: [Barcode(code: "2")]),
        ]
        try await apply(.createProduct(NewProduct(id: ProductID(1), name: "Tee", content: .variants(variants))))
        for sku in ["TEE", "CAP"] {
            try await apply(
                .move(Movement(lines: [Movement.Line(item: .sku(sku), location: "MAIN", operation: .set, quantity: stock)])))
        }
    }

    func apply(_ action: Command.Action, id: String? = nil) async throws {
        if case .rejected(let rejection) = await engine.submit(Command(id: id, source: "test", action: action)) { throw rejection }
    }

    func stock(_ sku: String = "TEE") async throws -> Int64? { try await journal.variant(.sku(sku)).value?.variant.stock }

    /// Movements that scanners caused.
    var scans: Int {
        journal.allEvents.filter { String(decoding: $0.json, as: UTF8.self).contains(#""source":"mqtt-scanners/"#) }.count
    }

    func options(_ configure: (inout ScannerOptions) -> Void = { _ in }) throws -> ScannerOptions {
        var options = ScannerOptions(
            broker: BrokerAddresses(try BrokerAddress(broker.url)), topic: "scanners/{device}/scan",
            devices: ["*": DeviceSettings(operation: .subtract), "dock-*": DeviceSettings(operation: .add)], clientId: nil,
            sessionExpiry: .seconds(3600), keepAlive: .seconds(60), receiveMaximum: 1000, payloadLimit: .kibibytes(64),
            lineLimit: 10, statusTopic: nil, clockSkew: .seconds(300), answers: .always, negative: .refuse)
        configure(&options)
        return options
    }

    /// Runs the source while `body` runs, as often as wanted: the broker and the journal stay.
    func serving(
        _ options: ScannerOptions? = nil, gateway: (any CommandGateway)? = nil, setAside: SetAside? = nil, file: SourceFile? = nil,
        _ body: (SourceStatus) async throws -> Void
    ) async throws {
        let options = try options ?? self.options()
        let status = SourceStatus()
        let context = SourceContext(
            name: "mqtt-scanners", logger: quiet, gateway: gateway ?? engine, stock: journal, defaultLocation: "MAIN",
            status: status,
            bookmark: JournalBookmark(journal: journal, source: "mqtt-scanners"), version: "test",
            devices: devices,
            deviceBookmark: { [journal] in JournalBookmark(journal: journal, source: "mqtt-scanners", device: $0) },
            setAside: setAside, file: file, now: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) })
        let source = try options.source(reconnect: Self.quick)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await source.run(context) }
            defer { group.cancelAll() }
            try await body(status)
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}

/// A gateway whose outcomes do not reach the source, as if the server died: before the commit, or after it.
struct CrashingGateway: CommandGateway {
    enum Moment { case beforeCommit, afterCommit }

    let engine: InventoryEngine
    let moment: Moment
    private let lost = Rejection(.unavailable, "the server died")

    init(_ engine: InventoryEngine, _ moment: Moment) {
        self.engine = engine
        self.moment = moment
    }

    func submit(_ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void) {
        let refused = commands.map { _ in Outcome.rejected(lost) }
        guard moment == .afterCommit else { return completion(refused) }
        engine.submit(commands, in: lane) { _ in completion(refused) }
    }
}

/// A barcode scanner: publishes, and collects its replies.
final class Scanner: Sendable {
    let client: MQTTClient
    let device: String
    private let collected = Mutex<[InboundMessage]>([])

    init(_ device: String, at broker: TestBroker, replyTopic: String? = nil, version: MQTTVersion = .automatic) async throws {
        self.device = device
        client = try MQTTClient(
            MQTTClientOptions(
                broker: try BrokerAddress(broker.url), clientID: "scanner-\(device)",
                subscriptions: [replyTopic ?? "scanners/\(device)/ack"], version: version,
                reconnect: ReconnectPolicy(initial: .milliseconds(20), maximum: .milliseconds(200))),
            logger: quiet)
        try await client.connected(within: .seconds(20))
    }

    /// Collects replies while `body` runs, then disconnects.
    func collecting(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                for await batch in client.batches {
                    batch.acknowledge()
                    collected.withLock { $0 += batch.messages }
                }
            }
            do { try await body() } catch {
                await client.stop()
                throw error
            }
            await client.stop()
            try await group.waitForAll()
        }
    }

    func scan(_ payloads: String..., configure: (inout MQTTMessage) -> Void = { _ in }) async throws {
        let messages = payloads.map { payload in
            var message = MQTTMessage(topic: "scanners/\(device)/scan", payload: Array(payload.utf8))
            configure(&message)
            return message
        }
        #expect(try await client.publish(messages).allSatisfy { $0 == .accepted })
    }

    var messages: [InboundMessage] { collected.withLock { $0 } }
    var replies: [Reply] {
        messages.compactMap { try? JSONDecoder().decode(Reply.self, from: Data($0.payload)) }
    }

    struct Reply: Decodable, Equatable {
        struct Line: Decodable, Equatable {
            var sku: String
            var stock: Int64
        }

        var id: String
        var status: String
        var seq: UInt64?
        var sku: String?
        var stock: Int64?
        var code: String?
        var message: String?
        var lines: [Line]?
        var mode: DeviceMode?
        var countId: String?
        var counted: Int64?
    }

    func answered(_ count: Int) async throws {
        try await eventually("there are \(count) replies, not \(replies.count)") { replies.count >= count }
    }
}
