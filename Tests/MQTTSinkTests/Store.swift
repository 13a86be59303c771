import Backoff
import Foundation
import Logging
import Mosquitto
import PipelineHost
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import MQTTSink

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// An engine with two locations and a product, and the sink under test with its runner, as a server has them.
final class Store: Sendable {
    let journal = InMemoryJournal()
    let engine: InventoryEngine
    let broker: TestBroker
    let displays = DisplayRegistry()
    /// The time of the server's clock, which the sink has.
    let clock = ManualClock()
    private let folder: TemporaryFolder
    private let runner = Mutex<SinkRunner?>(nil)

    init(broker: TestBroker) async throws {
        self.broker = broker
        folder = try TemporaryFolder()
        engine = try InventoryEngine(journal: journal, logger: quiet)
        try await apply(.createLocation(Location(code: "SHOP", name: "Shop")))
        try await apply(
            .createProduct(
                NewProduct(
                    id: ProductID(1), name: "Tee", price: Price("19.90"),
                    content: .variants([
                        NewVariant(id: VariantID(11), sku: "RED", name: "Red"),
                        NewVariant(id: VariantID(12), sku: "BLUE", name: "Blue"),
                    ]))))
    }

    @discardableResult
    func apply(_ action: Command.Action) async throws -> Receipt {
        switch await engine.submit(Command(source: "test", action: action)) {
        case .applied(let receipt): return receipt
        case .rejected(let rejection): throw rejection
        }
    }

    @discardableResult
    func set(_ sku: String, _ quantity: Int64, at location: String = "MAIN") async throws -> UInt64? {
        let line = Movement.Line(item: .sku(sku), location: location, operation: .set, quantity: quantity)
        return try await apply(.move(Movement(lines: [line]))).seq
    }

    /// Adds variants `S0`, `S1`, … of product 2, and one unit of each at locations `L0`, `L1`, ….
    func fill(variants: Int, locations: Int) async throws {
        for index in 0..<locations { try await apply(.createLocation(Location(code: "L\(index)", name: "L"))) }
        let content = (0..<variants).map { NewVariant(id: VariantID(Int64(1000 + $0)), sku: "S\($0)", name: "S") }
        try await apply(.createProduct(NewProduct(id: ProductID(2), name: "Many", price: Price("1"), content: .variants(content))))
        for index in 0..<locations {
            let lines = (0..<variants).map {
                Movement.Line(item: .sku("S\($0)"), location: "L\(index)", operation: .add, quantity: 1)
            }
            try await apply(.move(Movement(lines: lines)))
        }
    }

    static let quick = ReconnectPolicy(
        initial: .milliseconds(20), maximum: .milliseconds(200), refused: .milliseconds(200), stable: .seconds(1))

    static let displays = MQTTSinkOptions.Rule(
        events: [.inventoryUpdated, .productStatusChanged, .stockAlert, .catalogueChanged], topic: "displays/{location}/{sku}",
        retain: true, qos: .atLeastOnce, payload: .display)
    static let events = MQTTSinkOptions.Rule(
        events: nil, topic: "events/{event}", retain: false, qos: .atLeastOnce, payload: .event)

    func options(
        _ rules: MQTTSinkOptions.Rule..., window: Int = 200, url: String? = nil, confirm: MQTTSinkOptions.Confirm? = nil
    ) throws -> MQTTSinkOptions {
        MQTTSinkOptions(
            broker: BrokerAddresses(try BrokerAddress(url ?? broker.url)), clientId: nil, publish: rules, window: window,
            keepAlive: .seconds(60),
            statusTopic: "tallywire/status", repair: MQTTSinkOptions.Repair(settle: .milliseconds(50)), confirm: confirm)
    }

    var deadLetters: String { (try? String(contentsOfFile: folder.file("dead.jsonl"), encoding: .utf8)) ?? "" }
    /// How the runner of the last ``serving(_:_:)`` stood or stands.
    var report: PipelineStatus.SinkReport? { runner.withLock { $0?.report() } }
    /// One of the sink's own counters.
    func metric(_ name: String) -> Double? {
        switch report?.metrics.first(where: { $0.name == name })?.value {
        case .counter(let count): Double(count)
        case .gauge(let value): value
        default: nil
        }
    }
    var isCaughtUp: Bool { report?.position == engine.feed.head && report?.counters.pending == 0 }

    /// Puts a retained message, or any other, where somebody else would.
    func tamper(_ messages: MQTTMessage...) async throws {
        let client = try MQTTClient(
            MQTTClientOptions(broker: try BrokerAddress(broker.url), clientID: "other", reconnect: Self.quick), logger: quiet)
        try await client.connected(within: .seconds(20))
        #expect(try await client.publish(messages).allSatisfy { $0 == .accepted })
        await client.stop()
    }

    /// What somebody who comes now sees under `filter`: the retained messages.
    func retained(_ filter: String = "displays/#") async throws -> [String: Watcher.Shown] {
        let watcher = try await Watcher(broker, filter, "end", name: "later-\(UInt32.random(in: .min ... .max))")
        return try await watcher.watching {
            try await tamper(MQTTMessage(topic: "end", payload: Array("{}".utf8)))
            try await eventually("the end comes") { watcher.last["end"] != nil }
            var last = watcher.last
            last["end"] = nil
            return last
        }
    }

    /// Runs the sink while `body` runs.
    func serving(_ options: MQTTSinkOptions, filter: EventFilter = EventFilter(), _ body: () async throws -> Void) async throws {
        let runner = SinkRunner(
            SinkRunner.Definition(
                name: "mqtt", plugin: "mqtt", mode: .durable,
                sink: try MQTTSink(options, reconnect: Self.quick, connectTimeout: .seconds(1)), filter: filter,
                retry: Backoff(initial: .milliseconds(20), maximum: .milliseconds(200)),
                deadLetters: DeadLetterFile(path: folder.file("dead.jsonl"))),
            feed: engine.feed, journal: journal, gateway: engine, displays: displays, logger: quiet, version: "1.2.3",
            clock: { [clock] in clock.now })
        self.runner.withLock { $0 = runner }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run() }
            defer { group.cancelAll() }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}

/// Somebody who looks at topics: keeps all messages, and the last of each topic.
final class Watcher: Sendable {
    private let client: MQTTClient
    private let collected = Mutex<[InboundMessage]>([])

    init(_ broker: TestBroker, _ topics: String..., name: String = "watcher") async throws {
        client = try MQTTClient(
            MQTTClientOptions(
                broker: try BrokerAddress(broker.url), clientID: name, subscriptions: topics,
                reconnect: ReconnectPolicy(initial: .milliseconds(10), maximum: .milliseconds(100))),
            logger: quiet)
        try await client.connected(within: .seconds(20))
    }

    /// Watches while `body` runs.
    @discardableResult
    func watching<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                for await batch in client.batches {
                    batch.acknowledge()
                    collected.withLock { $0 += batch.messages }
                }
            }
            let result: Result
            do { result = try await body() } catch {
                await client.stop()
                throw error
            }
            await client.stop()
            try await group.waitForAll()
            return result
        }
    }

    var messages: [InboundMessage] { collected.withLock { $0 } }

    /// The last message of each topic, those that are taken away left out.
    var last: [String: Shown] {
        var result: [String: Shown] = [:]
        for message in messages {
            result[message.topic] = message.size == 0 ? nil : try? JSONDecoder().decode(Shown.self, from: Data(message.payload))
        }
        return result
    }

    /// The `seq`s that came to topics that begin with `prefix`, in order.
    func seqs(_ prefix: String) -> [UInt64] {
        messages.filter { $0.topic.hasPrefix(prefix) }.compactMap {
            (try? JSONDecoder().decode(Shown.self, from: Data($0.payload)))?.seq
        }
    }

    struct Shown: Decodable, Equatable {
        var sku: String?
        var name: String?
        var stock: Int64?
        var total: Int64?
        var price: Double?
        var status: String?
        var level: String?
        var version: Int64?
        var seq: UInt64?
        var epoch: String?
    }
}
