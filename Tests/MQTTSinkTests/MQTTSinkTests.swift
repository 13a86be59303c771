import Foundation
import Mosquitto
import PipelineHost
import Synchronization
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import MQTTSink

@Suite("The MQTT sink at a real broker")
struct MQTTSinkTests {
    @Test("a change of stock reaches the display's retained topic and the event's topic with one seq")
    func stockChange() async throws {
        let store = try await Store(broker: TestBroker())
        let watcher = try await Watcher(store.broker, "displays/#", "events/#")
        try await watcher.watching {
            try await store.serving(store.options(Store.displays, Store.events)) {
                let seq = try await store.set("RED", 50)
                try await eventually("both have come") {
                    watcher.last["displays/MAIN/RED"]?.seq == seq && watcher.last["events/inventory_updated"]?.seq == seq
                }
                let display = try #require(watcher.last["displays/MAIN/RED"])
                #expect(display.stock == 50 && display.total == 50 && display.price == 19.9 && display.status == "active")
            }
        }
        // It is retained: somebody who comes later sees it.
        let later = try await Watcher(store.broker, "displays/#", name: "later")
        try await later.watching {
            try await eventually("the retained display comes") { later.last["displays/MAIN/RED"]?.stock == 50 }
            #expect(later.messages.allSatisfy { $0.isRetained })
        }
    }

    @Test("a change at one location puts the total right at the others")
    func total() async throws {
        let store = try await Store(broker: TestBroker())
        let watcher = try await Watcher(store.broker, "displays/#")
        try await watcher.watching {
            try await store.serving(store.options(Store.displays)) {
                try await store.set("RED", 50, at: "MAIN")
                try await store.set("RED", 7, at: "SHOP")
                try await eventually("both show the total") {
                    watcher.last["displays/MAIN/RED"]?.total == 57 && watcher.last["displays/SHOP/RED"]?.total == 57
                }
                #expect(watcher.last["displays/MAIN/RED"]?.stock == 50)
                #expect(watcher.last["displays/SHOP/RED"]?.stock == 7)
            }
        }
    }

    @Test("an entry for one place shows nothing of the others")
    func onePlace() async throws {
        let store = try await Store(broker: TestBroker())
        try await store.set("RED", 50, at: "MAIN")
        try await store.set("RED", 7, at: "SHOP")
        let watcher = try await Watcher(store.broker, "displays/#")
        try await watcher.watching {
            try await store.serving(store.options(Store.displays), filter: EventFilter(locations: ["SHOP"])) {
                try await eventually("the place is shown at the start") { watcher.last["displays/SHOP/RED"]?.stock == 7 }
                try await store.set("RED", 51, at: "MAIN")
                try await store.apply(.updateProduct(ProductID(1), ProductUpdate(status: .inactive)))
                try await eventually("the change is shown") { watcher.last["displays/SHOP/RED"]?.status == "inactive" }
            }
            #expect(Set(watcher.messages.map(\.topic)) == ["displays/SHOP/RED"])
        }
    }

    @Test("price, status, name and threshold reach the displays of all locations, a removed item is taken away")
    func catalogue() async throws {
        let store = try await Store(broker: TestBroker())
        let watcher = try await Watcher(store.broker, "displays/#")
        let places = ["displays/MAIN/RED", "displays/SHOP/RED"]
        try await watcher.watching {
            try await store.serving(store.options(Store.displays)) {
                try await store.set("RED", 50, at: "MAIN")
                try await store.set("RED", 7, at: "SHOP")
                try await store.apply(.updateProduct(ProductID(1), ProductUpdate(status: .inactive, price: .some(Price("5")))))
                try await eventually("the product's values come") {
                    places.allSatisfy { watcher.last[$0]?.price == 5 && watcher.last[$0]?.status == "inactive" }
                }
                try await store.apply(.updateVariant(VariantID(11), VariantUpdate(name: "Crimson", threshold: 60)))
                try await eventually("the variant's values come") {
                    places.allSatisfy { watcher.last[$0]?.name == "Crimson" && watcher.last[$0]?.level == "low" }
                }
                try await store.set("RED", 0, at: "MAIN")
                try await store.set("RED", 0, at: "SHOP")
                try await store.apply(.removeVariant(VariantID(11)))
                try await eventually("it is taken away") { places.allSatisfy { watcher.last[$0] == nil } }
            }
        }
        let later = try await Watcher(store.broker, "displays/#", "marker", name: "later")
        try await later.watching {
            let client = try MQTTClient(
                MQTTClientOptions(broker: try BrokerAddress(store.broker.url), clientID: "m"), logger: quiet)
            try await client.connected(within: .seconds(20))
            _ = try await client.publish([MQTTMessage(topic: "marker", payload: Array("{}".utf8))])
            await client.stop()
            try await eventually("the marker comes") { later.last["marker"] != nil }
            #expect(later.messages.count == 1)
        }
    }

    @Test("a removed item is taken away even by a rule that does not want such events")
    func removal() async throws {
        let store = try await Store(broker: TestBroker())
        var rule = Store.displays
        rule.events = [.inventoryUpdated]
        let watcher = try await Watcher(store.broker, "displays/#")
        try await watcher.watching {
            try await store.serving(store.options(rule)) {
                try await store.set("RED", 1)
                try await eventually("it is shown") { watcher.last["displays/MAIN/RED"] != nil }
                try await store.set("RED", 0)
                try await store.apply(.removeVariant(VariantID(11)))
                try await eventually("it is taken away") { watcher.messages.last?.size == 0 }
            }
        }
    }

    @Test("a new sink publishes every display once, as things stand, and no older state after it")
    func firstStart() async throws {
        let store = try await Store(broker: TestBroker())
        for quantity in 1...20 { try await store.set("RED", Int64(quantity)) }
        try await store.set("BLUE", 3, at: "SHOP")
        let watcher = try await Watcher(store.broker, "displays/#", "events/#")
        try await watcher.watching {
            try await store.serving(store.options(Store.displays, Store.events)) {
                try await eventually("it has caught up") { store.isCaughtUp }
                try await store.set("RED", 100)
                try await eventually("the next change comes") {
                    watcher.last["displays/MAIN/RED"]?.stock == 100 && watcher.seqs("events/").last == store.engine.feed.head
                }
            }
        }
        // Of the twenty states before the start only the last. The change to 100 may be shown twice, for the stock and for the alert.
        let red = watcher.messages.filter { $0.topic == "displays/MAIN/RED" }.map { String(decoding: $0.payload, as: UTF8.self) }
        #expect(red.first?.contains(#""stock":20,"#) == true)
        #expect(red.dropFirst().allSatisfy { $0.contains(#""stock":100,"#) })
        #expect(watcher.messages.filter { $0.topic == "displays/SHOP/BLUE" }.count == 1)
        // The events' topic has the whole journal, in order.
        #expect(watcher.seqs("events/") == store.journal.allEvents.map(\.seq))
    }

    @Test("a sink that was here before goes on where it was, without publishing all again")
    func secondStart() async throws {
        let store = try await Store(broker: TestBroker())
        try await store.serving(store.options(Store.displays, Store.events)) {
            try await store.set("RED", 1)
            try await eventually("it has caught up") { store.isCaughtUp }
        }
        let position = try #require(store.report?.position)
        let before = store.engine.feed.head
        try await store.set("BLUE", 2)
        let watcher = try await Watcher(store.broker, "events/#", "displays/MAIN/BLUE")
        try await watcher.watching {
            try await store.serving(store.options(Store.displays, Store.events)) {
                try await eventually("both have come") {
                    watcher.last["displays/MAIN/BLUE"]?.stock == 2 && watcher.seqs("events/").last == store.engine.feed.head
                }
            }
        }
        #expect(position == before)
        #expect(watcher.seqs("events/").first == before + 1)
    }

    @Test("of a display's states in one batch only the newest is published, the others are counted as merged")
    func merges() async throws {
        let store = try await Store(broker: TestBroker())
        let sink = try MQTTSink(store.options(Store.displays))
        try await sink.start(
            SinkContext(
                name: "mqtt", logger: quiet, epoch: "e", cursor: 0, head: 0, stock: store.journal, history: store.journal,
                version: "1", now: { Timestamp(milliseconds: 0) }))
        for quantity in 1...20 { try await store.set("RED", Int64(quantity * 100)) }
        let records = store.journal.allEvents.filter { $0.type == .inventoryUpdated }
        let watcher = try await Watcher(store.broker, "displays/#")
        try await watcher.watching {
            let delivery = try await sink.deliver(EventBatch(records: records))
            #expect(delivery.merged == 19)
            #expect(delivery.rejected.isEmpty)
            try await eventually("it comes") { !watcher.messages.isEmpty }
        }
        #expect(watcher.messages.count == 1)
        #expect(watcher.last["displays/MAIN/RED"]?.stock == 2000)
        await sink.stop()
    }

    @Test("while the broker is away nothing is lost, and everything comes in order when it is back", arguments: [true, false])
    func brokerAway(kill: Bool) async throws {
        let store = try await Store(broker: TestBroker())
        let watcher = try await Watcher(store.broker, "events/#")
        try await watcher.watching {
            try await store.serving(store.options(Store.events, window: 5)) {
                try await eventually("it has caught up") { store.isCaughtUp }
                for round in 1...3 {
                    for quantity in 1...50 { try await store.set("RED", Int64(round * 1000 + quantity)) }
                    if kill { store.broker.kill() } else { store.broker.stop() }
                    try await store.set("BLUE", Int64(round))
                    try await eventually("it says so") { store.report?.state == .retrying }
                    #expect(store.report?.lastError?.contains(store.broker.url) == true)
                    try store.broker.start()
                    try await eventually("the watcher is back") {
                        store.broker.log.components(separatedBy: "Received SUBSCRIBE from watcher").count == round + 2
                    }
                    try await eventually("it has caught up") { store.isCaughtUp }
                }
                try await store.set("RED", 1)
                try await eventually("the last has come") { watcher.seqs("events/").last == store.engine.feed.head }
                let counters = try #require(store.report?.counters)
                #expect(counters.isConserved && counters.delivered == store.engine.feed.head)
            }
        }
        #expect(store.report?.position == store.engine.feed.head)
        // The watcher misses what came while it was away itself. What it gets is in order, but for what was published again.
        let seqs = watcher.seqs("events/")
        var newest: UInt64 = 0
        for seq in seqs where seq > newest { newest = seq }
        #expect(newest == seqs.last)
    }

    @Test("a broker that is away at the start is waited for")
    func awayAtStart() async throws {
        let broker = try TestBroker()
        broker.stop()
        let store = try await Store(broker: broker)
        try await store.set("RED", 4)
        try await store.serving(store.options(Store.displays)) {
            try await eventually("it says that it tries", within: .seconds(30)) {
                store.report?.lastError?.contains("does not answer") == true
            }
            try broker.start()
            try await eventually("it has caught up") { store.isCaughtUp }
        }
        let watcher = try await Watcher(broker, "displays/#")
        try await watcher.watching { try await eventually("it is shown") { watcher.last["displays/MAIN/RED"]?.stock == 4 } }
    }

    @Test("a display survives a broker that is restarted with what it kept")
    func persistence() async throws {
        let store = try await Store(broker: TestBroker(persistence: true))
        try await store.serving(store.options(Store.displays)) {
            try await store.set("RED", 5)
            try await eventually("it has caught up") { store.isCaughtUp }
            store.broker.stop()
            try store.broker.start()
            let watcher = try await Watcher(store.broker, "displays/#")
            try await watcher.watching { try await eventually("it is there") { watcher.last["displays/MAIN/RED"]?.stock == 5 } }
        }
    }

    @Test("says that it is online, and offline when it stops")
    func status() async throws {
        let store = try await Store(broker: TestBroker())
        let watcher = try await Watcher(store.broker, "tallywire/status")
        func texts() -> [String] { watcher.messages.map { String(decoding: $0.payload, as: UTF8.self) } }
        let online = #"{"status":"online","epoch":"test-epoch","version":"1.2.3"}"#
        let offline = #"{"status":"offline","epoch":"test-epoch","version":"1.2.3"}"#
        try await watcher.watching {
            try await store.serving(store.options(Store.events)) {
                try await eventually("it is online") { texts() == [online] }
            }
            try await eventually("it is offline") { texts() == [online, offline] }
        }
    }

    @Test("a message that the broker will never take goes to the dead letters, and the others go on")
    func tooLarge() async throws {
        let store = try await Store(broker: TestBroker(configuration: ["max_packet_size 1000"]))
        let watcher = try await Watcher(store.broker, "events/#")
        try await watcher.watching {
            try await store.serving(store.options(Store.events)) {
                try await eventually("it has caught up") { store.isCaughtUp }
                let line = Movement.Line(item: .sku("RED"), location: "MAIN", operation: .add, quantity: 500)
                let reason = String(repeating: "é", count: 200)
                let reference = String(repeating: "ü", count: 200)
                try await store.apply(.move(Movement(reason: reason, reference: reference, lines: [line])))
                let seq = try await store.set("RED", 600)
                try await eventually("the next one comes") { watcher.seqs("events/").last == seq }
                try await eventually("it is counted") { store.report?.counters.dropped == 1 }
            }
        }
        #expect(store.deadLetters.contains("events/inventory_updated"))
        #expect(store.report?.counters.isConserved == true)
    }

    @Test("what the access list forbids is waited for, not thrown away")
    func forbidden() async throws {
        let list = try TemporaryFolder()
        try Data("topic readwrite tallywire/#\n".utf8).write(to: URL(filePath: list.file("acl")))
        let store = try await Store(broker: TestBroker(configuration: ["acl_file \(list.file("acl"))"]))
        try await store.serving(store.options(Store.events)) {
            try await eventually("it says why") { store.report?.lastError?.contains("access list") == true }
            #expect(store.report?.counters.dropped == 0 && store.report?.counters.delivered == 0)
        }
    }

    @Test("rules that cannot be are refused with their place")
    func rules() async throws {
        let broker = try TestBroker()
        let store = try await Store(broker: broker)
        var rule = Store.displays
        for topic in ["displays/{sku}", "displays/{location}", "displays/{location}/{sku}/{event}", "displays/{where}/{sku}"] {
            rule.topic = topic
            let options = try store.options(Store.events, rule)
            let error = try #require(throws: OptionError.self) { try MQTTSink(options) }
            #expect(error.path == ["publish", "1", "topic"])
        }
    }

    @Test("does what every sink has to do", arguments: SinkConformance.checks)
    func conformance(check: SinkConformance) async throws {
        let store = try await Store(broker: TestBroker())
        let options = try store.options(Store.events)
        let watcher = try await Watcher(store.broker, "events/#")
        try await watcher.watching {
            try await check.run(
                SinkConformance.Subject(
                    make: { try MQTTSink(options) },
                    delivered: {
                        // The marker comes behind everything that was published before it.
                        let marker = "marker-\(UInt64.random(in: .min ... .max))"
                        let client = try MQTTClient(
                            MQTTClientOptions(broker: options.broker.first, clientID: marker), logger: quiet)
                        try await client.connected(within: .seconds(20))
                        _ = try await client.publish([MQTTMessage(topic: "events/\(marker)", payload: [])])
                        await client.stop()
                        try await eventually("the marker comes") { watcher.messages.contains { $0.topic == "events/\(marker)" } }
                        return watcher.seqs("events/")
                    }))
        }
    }
}
