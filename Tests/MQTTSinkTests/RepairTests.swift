import Foundation
import Mosquitto
import PipelineHost
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import MQTTSink

@Suite("The repair of displays at a real broker", .timeLimit(.minutes(5)))
struct RepairTests {
    private func message(_ topic: String, _ text: String) -> MQTTMessage {
        MQTTMessage(topic: topic, payload: Array(text.utf8), retain: true)
    }

    @Test("a broker that forgot everything shows all displays again without an event", arguments: [true, false])
    func brokerWithoutRetained(kill: Bool) async throws {
        let store = try await Store(broker: TestBroker())
        try await store.set("RED", 5)
        try await store.set("BLUE", 6, at: "SHOP")
        try await store.serving(store.options(Store.displays)) {
            try await eventually("it has caught up") { store.isCaughtUp }
            if kill { store.broker.kill() } else { store.broker.stop() }
            try store.broker.start()
            try await eventually("it is repaired") { store.metric("mqtt_repairs_total") == 2 }
            let shown = try await store.retained()
            #expect(shown["displays/MAIN/RED"]?.stock == 5 && shown["displays/SHOP/BLUE"]?.stock == 6)
            #expect(store.metric("mqtt_repaired_displays_total") == 4)
        }
    }

    @Test("a broker that kept everything is told nothing again")
    func faithfulBroker() async throws {
        let store = try await Store(broker: TestBroker(persistence: true))
        try await store.set("RED", 5)
        try await store.serving(store.options(Store.displays)) {
            try await eventually("it has caught up") { store.isCaughtUp }
            store.broker.stop()
            try store.broker.start()
            try await eventually("it is compared") { store.metric("mqtt_repairs_total") == 2 }
            #expect(store.metric("mqtt_repaired_displays_total") == 1 && store.metric("mqtt_right_displays_total") == 1)
            #expect(try await store.retained()["displays/MAIN/RED"]?.stock == 5)
        }
    }

    @Test("only what somebody changed is published, what should not be there goes, what is not ours stays")
    func tampered() async throws {
        let store = try await Store(broker: TestBroker())
        for sku in ["RED", "BLUE"] { for place in ["MAIN", "SHOP"] { try await store.set(sku, 5, at: place) } }
        let options = try store.options(Store.displays, Store.events)
        try await store.serving(options) { try await eventually("it has caught up") { store.isCaughtUp } }
        try await store.tamper(
            message("displays/MAIN/RED", #"{"sku":"RED","stock":999}"#), message("displays/MAIN/GHOST", "{}"),
            message("displays/SHOP/BLUE", ""), message("displays/SHOP/RED/note", "{}"), message("displays/SHOP", "{}"),
            message("signs/MAIN/RED", "{}"))
        let watcher = try await Watcher(store.broker, "displays/+/+")
        try await watcher.watching {
            try await eventually("the retained ones come") { watcher.messages.count == 4 }
            try await store.serving(options) {
                try await eventually("it is repaired") { store.metric("mqtt_repairs_total") == 1 }
                #expect(store.metric("mqtt_repaired_displays_total") == 2)
                #expect(store.metric("mqtt_deleted_displays_total") == 1)
                #expect(store.metric("mqtt_right_displays_total") == 2)
                try await eventually("the changes come") { watcher.messages.count == 7 }
            }
        }
        let changed = Set(watcher.messages.dropFirst(4).map(\.topic))
        #expect(changed == ["displays/MAIN/RED", "displays/MAIN/GHOST", "displays/SHOP/BLUE"])
        let shown = try await store.retained("#")
        #expect(shown["displays/MAIN/RED"]?.stock == 5 && shown["displays/SHOP/BLUE"]?.stock == 5)
        #expect(shown["displays/MAIN/GHOST"] == nil)
        for topic in ["displays/SHOP/RED/note", "displays/SHOP", "signs/MAIN/RED"] {
            #expect(shown[topic] != nil, "\(topic)")
        }
    }

    @Test("two sinks with conditions of their own share a tree, and neither deletes what the other shows")
    func sharedTree() async throws {
        let store = try await Store(broker: TestBroker())
        for place in ["MAIN", "SHOP"] { try await store.set("RED", 5, at: place) }
        try await store.tamper(message("displays/MAIN/GHOST", "{}"), message("displays/SHOP/GHOST", "{}"))
        for (place, other) in [("SHOP", "MAIN"), ("SH*", "MAIN")] {
            try await store.serving(store.options(Store.displays), filter: EventFilter(locations: [WildcardPattern(place)])) {
                try await eventually("it is repaired") { store.metric("mqtt_repairs_total") == 1 }
            }
            let shown = try await store.retained()
            #expect(shown["displays/SHOP/GHOST"] == nil && shown["displays/SHOP/RED"]?.stock == 5)
            #expect(shown["displays/\(other)/GHOST"] != nil && shown["displays/\(other)/RED"] == nil)
            try await store.tamper(message("displays/SHOP/GHOST", "{}"))
        }
    }

    @Test("an item that was removed while the sink was away is taken away")
    func removedMeanwhile() async throws {
        let store = try await Store(broker: TestBroker())
        for sku in ["RED", "BLUE"] { try await store.set(sku, 5) }
        try await store.serving(store.options(Store.displays)) {
            try await eventually("it has caught up") { store.isCaughtUp }
        }
        try await store.set("RED", 0)
        try await store.apply(.removeVariant(VariantID(11)))
        try await store.serving(store.options(Store.displays)) {
            try await eventually("it has caught up") { store.isCaughtUp }
            let shown = try await store.retained()
            #expect(shown["displays/MAIN/RED"] == nil && shown["displays/MAIN/BLUE"]?.stock == 5)
        }
    }

    @Test("a long outage costs one repair, not a replay, and every event is accounted for")
    func longOutage() async throws {
        let store = try await Store(broker: TestBroker(persistence: true))
        try await store.serving(store.options(Store.displays)) {
            try await store.set("RED", 1)
            try await eventually("it has caught up") { store.isCaughtUp }
            store.broker.stop()
            for quantity in 2...300 { try await store.set("RED", Int64(quantity)) }
            try store.broker.start()
            let watcher = try await Watcher(store.broker, "displays/#")
            try await watcher.watching {
                try await eventually("it has caught up") { store.isCaughtUp }
                try await eventually("the last comes") { watcher.last["displays/MAIN/RED"]?.stock == 300 }
            }
            let counters = try #require(store.report?.counters)
            #expect(counters.isConserved && counters.pending == 0)
            // Of 300 states two were published, or a few more while the broker was going; the others were merged into them.
            #expect(counters.merged >= 290)
            #expect(watcher.messages.count <= 4)
        }
    }

    @Test("of twenty thousand displays only those that differ are published")
    func twentyThousand() async throws {
        let store = try await Store(broker: TestBroker())
        try await store.fill(variants: 200, locations: 100)
        let options = try store.options(Store.displays, window: 1000)
        try await store.serving(options) {
            try await eventually("all are published", within: .seconds(120)) { store.metric("mqtt_repairs_total") == 1 }
            #expect(store.metric("mqtt_repaired_displays_total") == 20_000, "\(store.report?.lastError ?? "")")
        }
        let watcher = try await Watcher(store.broker, "displays/#")
        try await watcher.watching {
            try await eventually("the retained ones come", within: .seconds(60)) { watcher.messages.count == 20_000 }
            try await store.tamper(message("displays/L7/S7", "wrong"), message("displays/L8/S8", ""))
            for variant in 20..<27 { try await store.set("S\(variant)", 77, at: "L3") }
            try await eventually("the tampering comes") { watcher.messages.count == 20_002 }
            try await store.serving(options) {
                try await eventually("it is repaired", within: .seconds(120)) { store.metric("mqtt_repairs_total") == 1 }
                try await eventually("it has caught up") { store.isCaughtUp }
            }
            // Two that were tampered with, and of seven variants the totals at all of their hundred locations.
            #expect(store.metric("mqtt_repaired_displays_total") == 702)
            try await eventually("they come") { watcher.messages.count >= 20_704 }
        }
        #expect(watcher.messages.count == 20_704)
        #expect(watcher.last["displays/L3/S20"]?.stock == 77 && watcher.last["displays/L8/S8"]?.stock == 1)
    }

    @Test("a change that comes while displays are repaired is not overwritten by an older state")
    func changesMeanwhile() async throws {
        let store = try await Store(broker: TestBroker())
        try await store.fill(variants: 20, locations: 8)
        let watcher = try await Watcher(store.broker, "displays/#")
        try await watcher.watching {
            try await store.serving(store.options(Store.displays, window: 20)) {
                for quantity in 1...120 { try await store.set("S\(quantity % 20)", Int64(quantity), at: "L\(quantity % 8)") }
                try await eventually("it has caught up") { store.isCaughtUp }
            }
            try await store.tamper(MQTTMessage(topic: "displays/end", payload: Array("{}".utf8)))
            try await eventually("the end comes") { watcher.last["displays/end"] != nil }
        }
        // Versions never fall in any topic, and the last is the truth.
        var versions: [String: Int64] = [:]
        for message in watcher.messages where message.topic != "displays/end" {
            let shown = try JSONDecoder().decode(Watcher.Shown.self, from: Data(message.payload))
            let version = try #require(shown.version)
            #expect(version >= versions[message.topic] ?? 0, "\(message.topic)")
            versions[message.topic] = version
        }
        for variant in 0..<20 {
            let record = try #require(try await store.journal.variant(.sku("S\(variant)")).value?.variant)
            for balance in record.balances {
                let shown = watcher.last["displays/\(balance.location)/S\(variant)"]
                #expect(shown?.stock == balance.available && shown?.total == record.stock && shown?.version == record.version)
            }
        }
    }

    @Test("an event is not published over a state that was read after it")
    func readAhead() async throws {
        let store = try await Store(broker: TestBroker())
        for location in ["MAIN", "SHOP"] { try await store.set("RED", 5, at: location) }
        let head = try #require(store.journal.allEvents.last?.seq)
        let sink = try MQTTSink(store.options(Store.displays))
        try await sink.start(
            SinkContext(
                name: "mqtt", logger: quiet, epoch: "e", cursor: head, head: head, stock: store.journal, history: store.journal,
                version: "1", now: { Timestamp(milliseconds: 0) }))
        // The sink is behind: what it reads for the first of these is as of the last.
        try await store.set("RED", 50, at: "SHOP")
        for quantity in [60, 70] as [Int64] { try await store.set("RED", quantity) }
        let records = store.journal.allEvents.filter { $0.seq > head && $0.type == .inventoryUpdated }
        let watcher = try await Watcher(store.broker, "displays/MAIN/RED")
        try await watcher.watching {
            for record in records { _ = try await sink.deliver(EventBatch(records: [record])) }
            try await store.tamper(MQTTMessage(topic: "displays/MAIN/RED", payload: Array("{}".utf8)))
            try await eventually("the end comes") { watcher.messages.last?.payload == Array("{}".utf8) }
        }
        let stocks = try watcher.messages.dropLast().map {
            try JSONDecoder().decode(Watcher.Shown.self, from: Data($0.payload)).stock
        }
        #expect(records.count == 3 && stocks.contains(70) && !stocks.contains(60), "\(stocks)")
        await sink.stop()
    }

    /// In the second list the sink may publish its marker, but does not get it.
    @Test(
        "a broker that does not let the sink read gets all displays, and that is counted",
        arguments: ["", "topic write tallywire/status/marker\n"])
    func unreadable(more: String) async throws {
        let folder = try TemporaryFolder()
        try Data("topic write displays/#\ntopic readwrite tallywire/status\n\(more)".utf8)
            .write(to: URL(filePath: folder.file("acl")))
        let store = try await Store(broker: TestBroker(configuration: ["acl_file \(folder.file("acl"))"]))
        try await store.set("RED", 5)
        for run in 1...2 {
            try await store.serving(store.options(Store.displays)) {
                try await eventually("all are published", within: .seconds(30)) { store.metric("mqtt_repairs_total") == 1 }
                #expect(store.metric("mqtt_blind_repairs_total") == 1)
                #expect(store.metric("mqtt_repaired_displays_total") == Double(run))
                // What is removed is taken away by its event, since the broker could not be compared.
                if run == 1 { try await store.set("BLUE", 1) }
                try await eventually("it has caught up") { store.isCaughtUp }
            }
        }
    }

    @Test("a broker that refuses the subscription gets all displays too")
    func refused() async throws {
        let folder = try TemporaryFolder()
        let access = #"{"publishClientSend":true,"publishClientReceive":true,"subscribe":false,"unsubscribe":true}"#
        try Data(#"{"defaultACLAccess":\#(access),"clients":[],"groups":[],"roles":[]}"#.utf8)
            .write(to: URL(filePath: folder.file("security.json")))
        let plugin = "plugin /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so"
        let broker = try TestBroker(configuration: [plugin, "plugin_opt_config_file \(folder.file("security.json"))"])
        let store = try await Store(broker: broker)
        try await store.set("RED", 5)
        try await store.serving(store.options(Store.displays)) {
            try await eventually("all are published", within: .seconds(30)) { store.metric("mqtt_blind_repairs_total") == 1 }
            #expect(store.metric("mqtt_repaired_displays_total") == 1)
            try await store.set("RED", 6)
            try await eventually("it has caught up") { store.isCaughtUp }
        }
    }
}
