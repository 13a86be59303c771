import Foundation
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import MQTTSink

@Suite("Displays of items with another SKU, and of locations that were removed", .timeLimit(.minutes(5)))
struct PlacesTests {
    private func rule(_ topic: String) -> MQTTSinkOptions.Rule {
        var rule = Store.displays
        rule.topic = topic
        return rule
    }

    /// What is shown by topic: SKU and stock, as `RED 5`.
    private func shown(_ store: Store, _ filter: String = "displays/#") async throws -> [String: String] {
        try await store.retained(filter).mapValues { "\($0.sku ?? "") \($0.stock ?? -1)" }
    }

    @Test("a renamed item's displays are emptied under the old SKU and shown under the new one")
    func renamed() async throws {
        let store = try await Store(broker: TestBroker())
        try await store.serving(store.options(Store.displays, rule("tags/{location}/{variant}"))) {
            for place in ["MAIN", "SHOP"] { try await store.set("RED", 5, at: place) }
            try await store.set("BLUE", 7)
            try await eventually("it has caught up") { store.isCaughtUp }
            // Two items exchange their SKUs.
            for (id, sku) in [(11, "GREEN"), (12, "RED"), (11, "BLUE")] as [(Int64, String)] {
                try await store.apply(.updateVariant(VariantID(id), VariantUpdate(sku: sku)))
            }
            try await eventually("it has caught up") { store.isCaughtUp }
            #expect(
                try await shown(store) == [
                    "displays/MAIN/BLUE": "BLUE 5", "displays/SHOP/BLUE": "BLUE 5", "displays/MAIN/RED": "RED 7",
                ])
            #expect(
                try await shown(store, "tags/#") == ["tags/MAIN/11": "BLUE 5", "tags/SHOP/11": "BLUE 5", "tags/MAIN/12": "RED 7"])
            let versions = try await store.retained().mapValues(\.version)
            #expect(versions["displays/MAIN/RED"] == 2, "the SKU's version does not fall")
        }
    }

    @Test("a display that confirmed under the old SKU is not listed any more")
    func confirmations() async throws {
        let store = try await Store(broker: TestBroker())
        let rules = rule("tags/{location}/{variant}")
        try await store.serving(store.options(rules, confirm: MQTTSinkOptions.Confirm(within: .seconds(1)))) {
            try await store.set("RED", 5)
            try await eventually("it has caught up") { store.isCaughtUp }
            try await store.tamper(MQTTMessage(topic: "tags/MAIN/11/shown", payload: Array(#"{"version":1}"#.utf8)))
            try await eventually("it is listed") { store.displays.all.map(\.sku) == ["RED"] }
            try await store.apply(.updateVariant(VariantID(11), VariantUpdate(sku: "CRIMSON")))
            try await eventually("it is forgotten") { store.displays.all.isEmpty }
        }
    }

    @Test("the displays of a removed location are emptied, and shown again where it is made anew")
    func removedLocation() async throws {
        let store = try await Store(broker: TestBroker())
        try await store.serving(store.options(Store.displays)) {
            for sku in ["RED", "BLUE"] { try await store.set(sku, 5, at: "SHOP") }
            try await store.set("RED", 3)
            for sku in ["RED", "BLUE"] { try await store.set(sku, 0, at: "SHOP") }
            try await eventually("it has caught up") { store.isCaughtUp }
            try await store.apply(.removeLocation("SHOP"))
            try await eventually("it has caught up") { store.isCaughtUp }
            #expect(try await shown(store) == ["displays/MAIN/RED": "RED 3"])
            try await store.apply(.createLocation(Location(code: "SHOP", name: "Shop")))
            try await eventually("it has caught up") { store.isCaughtUp }
            #expect(
                try await shown(store) == [
                    "displays/MAIN/RED": "RED 3", "displays/SHOP/RED": "RED 0", "displays/SHOP/BLUE": "BLUE 0",
                ])
        }
    }

    @Test(
        "what was renamed or removed while the sink or the broker was away is put right",
        arguments: ["displays/{location}/{sku}", "{location}/{sku}"], [false, true])
    func away(topic: String, isBrokerAway: Bool) async throws {
        let store = try await Store(broker: TestBroker(persistence: true))
        let options = try store.options(rule(topic))
        func change() async throws {
            try await store.set("RED", 0, at: "SHOP")
            try await store.apply(.removeLocation("SHOP"))
            try await store.apply(.updateVariant(VariantID(12), VariantUpdate(sku: "NAVY")))
        }
        try await store.serving(options) {
            try await store.set("RED", 5, at: "SHOP")
            try await store.set("BLUE", 7)
            try await eventually("it has caught up") { store.isCaughtUp }
            guard isBrokerAway else { return }
            store.broker.stop()
            try await change()
            try store.broker.start()
            try await eventually("it has caught up") { store.isCaughtUp }
        }
        if !isBrokerAway { try await change() }
        try await store.serving(options) { try await eventually("it has caught up") { store.isCaughtUp } }
        let filter = topic.hasPrefix("displays") ? "displays/#" : "+/+"
        var shown = try await shown(store, filter)
        shown["tallywire/status"] = nil
        #expect(Array(shown.values) == ["NAVY 7"], "\(shown)")
    }

    @Test(
        "whatever happens, and however late it is delivered, the broker retains what there is in the end", arguments: 1...UInt64(6))
    func random(seed: UInt64) async throws {
        let store = try await Store(broker: TestBroker())
        let sink = try MQTTSink(store.options(Store.displays))
        var delivered = store.engine.feed.head
        try await sink.start(
            SinkContext(
                name: "mqtt", logger: quiet, epoch: "e", cursor: delivered, head: delivered, stock: store.journal,
                history: store.journal, version: "1", now: { Timestamp(milliseconds: 0) }))
        var commands = RandomCommands(seed: seed)
        for round in 1...40 {
            for _ in 0..<Int.random(in: 1...8, using: &commands.random) {
                _ = await store.engine.submit(Command(source: "test", action: commands.next(in: try store.journal.load())))
            }
            let pending = store.journal.allEvents.filter { $0.seq > delivered }
            let count = round == 40 ? pending.count : Int.random(in: 0...pending.count, using: &commands.random)
            guard count > 0 else { continue }
            #expect(try await sink.deliver(EventBatch(records: Array(pending.prefix(count)))).rejected.isEmpty)
            delivered = pending[count - 1].seq
        }
        var expected: [String: String] = [:]
        for record in try await store.journal.variants(after: nil, limit: 1_000).value {
            for balance in record.variant.balances {
                let (sku, location) = (record.variant.sku, balance.location)
                expected["displays/\(location)/\(sku)"] = "\(sku) \(balance.available)"
            }
        }
        #expect(try await shown(store) == expected)
        #expect(delivered > 60, "hardly anything happened")
        await sink.stop()
    }
}
