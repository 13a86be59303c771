import Foundation
import NIOHTTP1
import TallywireTesting
import Testing

/// Everything at once, by the dice of a seed: writes, joins, storms of reconnects, slow clients, malformed frames.
///
/// Run with `STRESS_SEED` for another course of events, and with `STRESS_ROUNDS` for longer.
@Suite("Under stress", .timeLimit(.minutes(10)))
struct StressTests {
    private static let plugins = """
        { "journal": { "ring": { "events": 512 } },
          "sinks": [{ "plugin": "websocket", "broadcast": { "events": ["inventory_updated"], "fields": ["sku", "stock"] }, "limits": { "buffer": "16MiB" }, "rooms": {
            "whole": { "events": ["inventory_updated", "stock_alert", "product_status_changed"], "replay": 1000000 },
            "slim": { "events": ["inventory_updated", "stock_alert", "product_status_changed"], "fields": ["sku", "stock"], "replay": 400 } } }] }
        """

    private static func number(_ name: String, _ otherwise: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } ?? otherwise
    }

    @Test("no client misses an event or gets one twice, every copy ends right, and nothing is left behind")
    func stress() async throws {
        let seed = Self.number("STRESS_SEED", 20_261_122)
        let server = try ServerProcess(plugins: Self.plugins)
        try await server.start()
        let stage = try await StressStage(server)
        var resources: [StressStage.Resources] = []
        for round in 0..<max(2, Self.number("STRESS_ROUNDS", 2)) {
            let copies = try await stage.play(seed: seed &+ round)
            for (name, copy) in copies.map({ ($0.name, $0.copy) }) {
                #expect(copy.mistakes == [], "\(name), seed \(seed &+ round)")
                let wrong = copy.items.filter { stage.stock[$0.key] != $0.value.stock }
                #expect(wrong.isEmpty, "\(name), seed \(seed &+ round)")
                #expect(copy.items.count == stage.stock.count || copy.isPartial, "\(name), seed \(seed &+ round)")
            }
            // Each kind of recovery has to have been tried.
            #expect(copies.contains { $0.copy.replays > 0 } && copies.contains { $0.copy.snapshots > 1 })
            #expect(copies.contains { $0.copy.merged > 0 }, "nobody was so slow that events were merged")
            try await eventually("all connections are gone", within: .seconds(60)) { try await stage.connections() == 0 }
            resources.append(try await stage.resources())
        }
        let (first, last) = (try #require(resources.first), try #require(resources.last))
        #expect(last.files <= first.files + 4, "\(resources)")
        // What the first round has filled stays filled: what the allocator keeps.
        #expect(last.memory <= first.memory + first.memory / 10 + (8 << 20), "\(resources)")
        #expect(await server.terminate() == 0)
    }
}
