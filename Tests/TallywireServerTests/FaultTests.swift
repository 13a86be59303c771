import Foundation
import Mosquitto
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

/// What networks and brokers do, tried with the real program, a real broker and a proxy between them.
@Suite("Faults of networks and brokers")
struct FaultTests {
    static let items = 8

    /// What happens in a round.
    enum Fault: CaseIterable {
        case brokerKilled, brokerStopped, linksCut, halfOpen, slow, serverKilled
    }

    @Test(
        "whatever happens to broker, network and server, each acknowledged scan is there once, and the displays are right in the end",
        .timeLimit(.minutes(8)), arguments: [true, false])
    func faults(persistence: Bool) async throws {
        let broker = try TestBroker(persistence: persistence)
        let scans = try await FaultyProxy.start(to: broker.port)
        let displays = try await FaultyProxy.start(to: broker.port)
        let server = try ServerProcess(plugins: Self.plugins(scans.url, displays.url))
        try await server.start()
        for item in 0..<Self.items {
            let (status, _) = try await server.call(
                .POST, "/api/products",
                #"{"name":"Item \#(item)","sku":"SKU-\#(item)","barcodes":["\#(RepeatingScanner.barcode(of: item))"]}"#)
            #expect(status == 201)
        }
        let scanners = try (1...4).map { try RepeatingScanner(broker.url, number: $0, items: Self.items) }
        var random = SplitMix(state: persistence ? 1 : 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for scanner in scanners { group.addTask { try await scanner.run() } }
            for fault in (Fault.allCases + Fault.allCases).shuffled(using: &random) {
                let before = scanners.reduce(0) { $0 + $1.acknowledged.count }
                try await eventually("scans are acknowledged before \(fault)", within: .seconds(90)) {
                    scanners.reduce(0) { $0 + $1.acknowledged.count } >= before + 10
                }
                try await ContinuousClock().sleep(for: .milliseconds(Int.random(in: 0...80, using: &random)))
                try await happen(fault, to: broker, server, [scans, displays])
            }
            for scanner in scanners { scanner.finish() }
            try await group.waitForAll()
        }

        let acknowledged = Set(scanners.flatMap(\.acknowledged))
        #expect(acknowledged == Set(scanners.flatMap(\.published)) && acknowledged.count >= 120)
        let pipeline = try await server.drained(within: .seconds(90))
        #expect(pipeline.sinks.allSatisfy { $0.isConserved })
        let events = try await server.allEvents()
        #expect(events.map(\.seq) == Array(1...UInt64(events.count)), "seq has no gap")
        let movements = events.filter { $0.type == "inventory_updated" }.compactMap(\.data.movementId)
        #expect(movements.count == Set(movements).count, "nothing was applied twice")
        #expect(Set(movements) == acknowledged, "what is there is what was acknowledged")
        var stock: [String: Int64] = [:]
        for event in events { if event.type == "inventory_updated", let sku = event.data.sku { stock[sku] = event.data.stock } }
        #expect(stock.values.reduce(0, +) == Int64(acknowledged.count))
        try await Displays.expect(broker.url, toShow: stock)
        #expect(await server.terminate() == 0)
        let audit = try await server.run("audit", "--data", "data")
        #expect(audit.status == 0, "\(audit.output)")
        try await scans.close()
        try await displays.close()
    }

    private func happen(_ fault: Fault, to broker: TestBroker, _ server: ServerProcess, _ proxies: [FaultyProxy]) async throws {
        switch fault {
        case .brokerKilled:
            broker.kill()
            try broker.start()
        case .brokerStopped:
            broker.stop()
            try broker.start()
        case .linksCut: for proxy in proxies { proxy.cut() }
        case .halfOpen:
            let before = proxies.map(\.acceptedCount)
            for proxy in proxies { proxy.swallow() }
            // The server notices by itself, and tries again and again.
            try await eventually("the server tries another connection", within: .seconds(60)) {
                zip(proxies, before).allSatisfy { $0.acceptedCount > $1 }
            }
            for proxy in proxies { try await proxy.heal() }
        case .slow:
            for proxy in proxies { proxy.slow(by: .milliseconds(200), bytesPerSecond: 20_000) }
            try await ContinuousClock().sleep(for: .seconds(2))
            for proxy in proxies { try await proxy.heal() }
        case .serverKilled:
            await server.kill()
            try await server.start()
        }
    }

    @Test("payloads that are no scans are answered with what is wrong, and hold up nothing")
    func malformed() async throws {
        let broker = try TestBroker()
        let server = try ServerProcess(plugins: Self.plugins(broker.url, broker.url))
        try await server.start()
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG","barcodes":["4006381333931"]}"#)
        var options = MQTTClientOptions(broker: try BrokerAddress(broker.url), clientID: "fool")
        options.subscriptions = ["scanners/fool/ack"]
        options.payloadLimit = 2 << 20
        let client = try MQTTClient(options, logger: quiet)
        try await client.connected(within: .seconds(20))
        let deep = String(repeating: "[", count: 100_000)
        let nonsense: [[UInt8]] = [
            [], [0xFF, 0xFE, 0x00], Array(repeating: UInt8(ascii: "x"), count: 1 << 20), Array(deep.utf8),
            Array(#"{"sku":"MUG","quantity":99999999999999999999}"#.utf8), Array(#"{"sku":"MUG","quantity":-1}"#.utf8),
            Array(#"{"sku":"MUG","quantity":1e400}"#.utf8), Array("{".utf8), Array(#"{"sku":"MUG","sku":"TEE"}"#.utf8),
            Array("]C10104006381333932".utf8), Array(#"{"id":"\u0000","sku":"MUG"}"#.utf8),
        ]
        let rounds = 50
        let replies = try await withThrowingTaskGroup(of: [String].self) { group in
            group.addTask {
                struct Reply: Decodable { let status: String }
                var replies: [String] = []
                for await batch in client.batches {
                    replies += batch.messages.compactMap {
                        (try? JSONDecoder().decode(Reply.self, from: Data($0.payload)))?.status
                    }
                    batch.acknowledge()
                    if replies.count == rounds * (nonsense.count + 1) { break }
                }
                return replies
            }
            for _ in 0..<rounds {
                let payloads = nonsense + [Array("4006381333931".utf8)]
                _ = try await client.publish(payloads.map { MQTTMessage(topic: "scanners/fool/scan", payload: $0) })
            }
            return try await group.next() ?? []
        }
        #expect(replies.count { $0 == "rejected" } == rounds * nonsense.count)
        #expect(replies.count { $0 == "applied" } == rounds)
        let (_, stock) = try await server.call(.GET, "/api/stock?sku=MUG")
        #expect(String(decoding: stock, as: UTF8.self).contains(#""stock":\#(rounds)"#))
        await client.stop()
        #expect(await server.terminate() == 0)
    }

    private static func plugins(_ scans: String, _ displays: String) -> String {
        """
        {
          "defaultLocation": "MAIN",
          "sources": [
            { "plugin": "mqtt-scanners", "broker": "\(scans)", "keepAlive": "5s",
              "devices": { "*": { "operation": "add", "location": "MAIN" } } } ],
          "sinks": [
            { "plugin": "mqtt", "name": "displays", "broker": "\(displays)", "keepAlive": "5s", "publish": [
              { "events": ["inventory_updated"], "topic": "displays/{location}/{sku}", "retain": true, "qos": 1, "payload": "display" } ] }
          ]
        }
        """
    }
}
