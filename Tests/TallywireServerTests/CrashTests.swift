import Foundation
import Logging
import Mosquitto
import NIOHTTP1
import Synchronization
import TallywireTesting
import Testing

/// What acknowledgements promise, tried with the real program, a real broker and SIGKILL.
@Suite("Crashes")
struct CrashTests {
    static let skus = (1...8).map { "SKU-\($0)" }

    @Test(
        "killed at any moment while scanners publish, nothing acknowledged is lost and nothing is applied twice",
        .timeLimit(.minutes(5)))
    func killed() async throws {
        let broker = try TestBroker(persistence: true)
        let server = try ServerProcess(plugins: Self.plugins(broker.url))
        try await server.start()
        for (index, sku) in Self.skus.enumerated() {
            let (status, _) = try await server.call(
                .POST, "/api/products", #"{"name":"Product \#(index)","sku":"\#(sku)","barcodes":["\#(4_000_000 + index)"]}"#)
            #expect(status == 201)
        }
        let scanners = try (1...4).map { try Scanner(broker.url, number: $0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for scanner in scanners { group.addTask { try await scanner.run() } }
            var random = SystemRandomNumberGenerator()
            for round in 1...20 {
                let before = scanners.reduce(0) { $0 + $1.acknowledged.count }
                try await eventually("scans are acknowledged in round \(round)", within: .seconds(60)) {
                    scanners.reduce(0) { $0 + $1.acknowledged.count } >= before + 10
                }
                // Anywhere in the next few commits.
                try await Task.sleep(for: .microseconds(Int.random(in: 0...60_000, using: &random)))
                await server.kill()
                try await server.start()
            }
            for scanner in scanners { scanner.finish() }
            try await group.waitForAll()
        }

        // Every scan was repeated until it was acknowledged, so each has to be there once.
        let published = scanners.flatMap(\.published)
        let acknowledged = Set(scanners.flatMap(\.acknowledged))
        #expect(acknowledged == Set(published) && published.count >= 200)
        let pipeline = try await server.drained()
        #expect(pipeline.sinks.allSatisfy { $0.isConserved })

        let events = try await server.allEvents()
        #expect(events.map(\.seq) == Array(1...UInt64(events.count)), "seq has no gap")
        let movements = events.filter { $0.type == "inventory_updated" }.compactMap(\.data.movementId)
        #expect(movements.count == Set(movements).count, "nothing was applied twice")
        #expect(Set(movements) == acknowledged, "what is there is what was acknowledged")

        let log = try String(contentsOfFile: server.folder.file("data/events.jsonl"), encoding: .utf8)
        let logged = try log.split(separator: "\n").map { try JSONDecoder().decode(EventPage.Item.self, from: Data($0.utf8)).seq }
        #expect(logged == Array(1...UInt64(events.count)), "the log has each event once, in order")

        var stock: [String: Int64] = [:]
        for event in events { if event.type == "inventory_updated", let sku = event.data.sku { stock[sku] = event.data.stock } }
        #expect(stock.values.reduce(0, +) == Int64(published.count))
        try await expectDisplays(broker.url, toShow: stock)

        #expect(await server.terminate() == 0)
        #expect(server.output.contains("Stopped at event \(events.count)"))
        let audit = try await server.run("audit", "--data", "data")
        #expect(audit.status == 0, "\(audit.output)")
    }

    private func expectDisplays(_ url: String, toShow stock: [String: Int64]) async throws {
        struct Display: Decodable {
            let sku: String
            let stock: Int64
        }
        var options = MQTTClientOptions(broker: try BrokerAddress(url), clientID: "displays")
        options.subscriptions = ["displays/#"]
        let client = try MQTTClient(options, logger: quiet)
        let shown = Mutex<[String: Int64]>([:])
        let reader = Task {
            for await batch in client.batches {
                for message in batch.messages {
                    guard let display = try? JSONDecoder().decode(Display.self, from: Data(message.payload)) else { continue }
                    shown.withLock { $0[display.sku] = display.stock }
                }
                batch.acknowledge()
            }
        }
        try await eventually("the displays show the stock") { shown.withLock { $0 } == stock }
        await client.stop()
        await reader.value
    }

    private static func plugins(_ broker: String) -> String {
        """
        {
          "defaultLocation": "MAIN",
          "sources": [{ "plugin": "mqtt-scanners", "broker": "\(broker)", "devices": { "*": { "operation": "add", "location": "MAIN" } } }],
          "sinks": [
            { "plugin": "websocket", "rooms": { "admin_room": { "events": ["inventory_updated"] } }, "broadcast": [] },
            { "plugin": "mqtt", "name": "displays", "broker": "\(broker)", "publish": [
              { "events": ["inventory_updated"], "topic": "displays/{location}/{sku}", "retain": true, "qos": 1, "payload": "display" } ] },
            { "plugin": "json-log", "path": "data/events.jsonl" }
          ]
        }
        """
    }
}

/// A scanner that publishes one scan after the other, each with an id, and repeats it until it is acknowledged.
private final class Scanner: Sendable {
    private struct State {
        var published: [String] = []
        var acknowledged: Set<String> = []
        var isFinishing = false
    }

    private let client: MQTTClient
    private let number: Int
    private let state = Mutex(State())

    init(_ url: String, number: Int) throws {
        self.number = number
        var options = MQTTClientOptions(broker: try BrokerAddress(url), clientID: "scanner-\(number)")
        options.subscriptions = ["scanners/gun-\(number)/ack"]
        client = try MQTTClient(options, logger: quiet)
    }

    var published: [String] { state.withLock { $0.published } }
    var acknowledged: Set<String> { state.withLock { $0.acknowledged } }

    func finish() { state.withLock { $0.isFinishing = true } }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.receive() }
            try await client.connected(within: .seconds(20))
            var count = 0
            while !state.withLock({ $0.isFinishing }) {
                count += 1
                try await scan("gun-\(number)-\(count)", barcode: 4_000_000 + count % CrashTests.skus.count)
            }
            await client.stop()
        }
    }

    private func scan(_ id: String, barcode: Int) async throws {
        state.withLock { $0.published.append(id) }
        let payload = Array(#"{"id":"\#(id)","barcode":"\#(barcode)"}"#.utf8)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(60)
        while clock.now < end {
            _ = try await client.publish([MQTTMessage(topic: "scanners/gun-\(number)/scan", payload: payload)])
            let patience = clock.now + .milliseconds(300)
            while clock.now < patience {
                if acknowledged.contains(id) { return }
                try await clock.sleep(for: .milliseconds(1))
            }
        }
        throw NeverHappened(description: "\(id) was never acknowledged")
    }

    private func receive() async {
        struct Answer: Decodable {
            let id: String
            let status: String
        }
        for await batch in client.batches {
            for message in batch.messages {
                guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(message.payload)) else { continue }
                #expect(answer.status != "rejected")
                state.withLock { _ = $0.acknowledged.insert(answer.id) }
            }
            batch.acknowledge()
        }
    }
}

let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
