import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

/// What acknowledgements promise, tried with the real program, a real broker and SIGKILL.
///
/// It prints the seed that the moments of the kills come from; `CRASH_SEED` gives one.
@Suite("Crashes")
struct CrashTests {
    static let skus = (1...8).map { "SKU-\($0)" }

    @Test(
        "killed at any moment while scanners publish, nothing acknowledged is lost and nothing is applied twice",
        .timeLimit(.minutes(5)))
    func killed() async throws {
        let seed = ProcessInfo.processInfo.environment["CRASH_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
        print("Crashes: CRASH_SEED=\(seed)")
        let broker = try TestBroker(persistence: true)
        let server = try ServerProcess(plugins: Self.plugins(broker.url))
        try await server.start()
        for (index, sku) in Self.skus.enumerated() {
            let (status, _) = try await server.call(
                .POST, "/api/products",
                #"{"name":"Product \#(index)","sku":"\#(sku)","barcodes":["\#(RepeatingScanner.barcode(of: index))"]}"#)
            #expect(status == 201)
        }
        let scanners = try (1...4).map { try RepeatingScanner(broker.url, number: $0, items: Self.skus.count) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for scanner in scanners { group.addTask { try await scanner.run() } }
            var random = SplitMix(state: seed)
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
        try await Displays.expect(broker.url, toShow: stock)

        #expect(await server.terminate() == 0)
        #expect(server.output.contains("Stopped at event \(events.count)"))
        let audit = try await server.run("audit", "--data", "data")
        #expect(audit.status == 0, "\(audit.output)")
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
