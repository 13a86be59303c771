import Foundation
import Mosquitto
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import Testing

@testable import MQTTSink

@Suite("Confirmations of displays at a real broker", .timeLimit(.minutes(5)))
struct ConfirmationTests {
    private static let second = MQTTSinkOptions.Confirm(within: .seconds(1))

    private func confirm(_ version: Int64, at topic: String = "displays/MAIN/RED", retain: Bool = false) -> MQTTMessage {
        MQTTMessage(topic: topic + "/shown", payload: Array(#"{"version":\#(version)}"#.utf8), retain: retain)
    }

    private func changes(_ store: Store) throws -> [DisplayChanged] {
        try store.journal.allEvents.compactMap { record in
            if case .displayChanged(let change) = try record.event().body { change } else { nil }
        }
    }

    /// Sets a stock and gives the version that its display has to show.
    private func set(_ quantity: Int64, in store: Store) async throws -> Int64 {
        try await store.set("RED", quantity)
        try await eventually("it has caught up") { store.isCaughtUp }
        return try #require(try await store.journal.variant(.sku("RED")).value?.variant.version)
    }

    @Test(
        "a display that confirms is listed; one that stops is stale after the time, and current once it confirms",
        arguments: [false, true])
    func lifeOfADisplay(retain: Bool) async throws {
        let store = try await Store(broker: TestBroker())
        try await store.serving(store.options(Store.displays, confirm: Self.second)) {
            let first = try await set(100, in: store)
            try await store.tamper(confirm(first, retain: retain))
            try await eventually("it is listed") { store.displays.all.first?.shownVersion == first }
            let record = try #require(store.displays.all.first)
            #expect(record.sink == "mqtt" && record.location == "MAIN" && record.sku == "RED" && record.wantedVersion == first)
            let second = try await set(200, in: store)
            #expect(store.displays.all.first?.wantedVersion == second)
            store.clock.advance(by: 999)
            #expect(store.displays.all.first?.isStale == false)
            store.clock.advance(by: 1)
            try await eventually("it is stale") { store.displays.all.first?.isStale == true }
            #expect(store.metric("mqtt_stale_displays") == 1 && store.metric("mqtt_confirming_displays") == 1)
            try await store.tamper(confirm(second, retain: retain))
            try await eventually("it is current") { store.displays.all.first?.isStale == false }
            let expected = [(true, second, first), (false, second, second)].map {
                DisplayChanged(
                    sku: "RED", location: "MAIN", sink: "mqtt", isStale: $0.0, wantedVersion: $0.1, shownVersion: $0.2)
            }
            #expect(try changes(store) == expected)
            #expect(store.metric("mqtt_confirmations_total") == 2 && store.metric("mqtt_stale_displays") == 0)
        }
        #expect(store.displays.all.isEmpty)
    }

    @Test("a report of which nobody knows whether it was taken is repeated, and told once")
    func unknownReport() async throws {
        let store = try await Store(broker: TestBroker())
        try await store.serving(store.options(Store.displays, confirm: Self.second)) {
            let version = try await set(100, in: store)
            try await store.tamper(confirm(version))
            try await eventually("it is listed") { store.displays.all.first?.shownVersion == version }
            _ = try await set(200, in: store)
            store.journal.failAppends(with: JournalError(.uncertain, "the disk fails"))
            store.clock.advance(by: 1_000)
            try await eventually("a report was refused") { store.engine.statistics.failedCommits > 0 }
            store.journal.failAppends(with: nil)
            try await eventually("it is told") { try changes(store).map(\.isStale) == [true] }
        }
        #expect(try changes(store).map(\.isStale) == [true])
    }

    @Test("a display that never confirmed anything is not tracked, and another sink's is not this one's")
    func silentDisplays() async throws {
        let store = try await Store(broker: TestBroker())
        try await store.set("RED", 5, at: "SHOP")
        let filter = EventFilter(locations: ["MAIN"])
        try await store.serving(store.options(Store.displays, confirm: Self.second), filter: filter) {
            let version = try await set(100, in: store)
            try await store.tamper(confirm(version, at: "displays/SHOP/RED"), confirm(1, at: "displays/MAIN/GHOST"))
            try await store.set("BLUE", 3)
            let blue = try #require(try await store.journal.variant(.sku("BLUE")).value?.variant.version)
            try await store.tamper(confirm(blue, at: "displays/MAIN/BLUE"))
            try await eventually("the last is listed") { !store.displays.all.isEmpty }
            #expect(store.displays.all.map(\.sku) == ["BLUE"])
        }
    }

    @Test("a version that is higher than it can be is stale")
    func fromElsewhere() async throws {
        let store = try await Store(broker: TestBroker())
        try await store.serving(store.options(Store.displays, confirm: Self.second)) {
            let version = try await set(100, in: store)
            try await store.tamper(confirm(version + 1000))
            try await eventually("it is listed") { store.displays.all.first?.shownVersion == version + 1000 }
            store.clock.advance(by: 1_000)
            try await eventually("it is stale") { store.displays.all.first?.isStale == true }
        }
        #expect(try changes(store).map(\.isStale) == [true])
    }

    @Test(
        "a stale display stays stale over a restart, is not reported again, and its recovery is", arguments: [false, true])
    func restart(retain: Bool) async throws {
        let store = try await Store(broker: TestBroker())
        let options = try store.options(Store.displays, confirm: Self.second)
        func record(_ sku: String, at location: String = "MAIN") -> DisplayRecord? {
            store.displays.all.first { $0.sku == sku && $0.location == location }
        }
        for location in ["MAIN", "SHOP"] { try await store.set("BLUE", 50, at: location) }
        var version: Int64 = 0
        try await store.serving(options) {
            version = try await set(100, in: store)
            try await store.tamper(confirm(version - 1, retain: retain))
            try await eventually("it is listed") { record("RED") != nil }
            store.clock.advance(by: 1_000)
            try await eventually("it is stale") { record("RED")?.isStale == true }
        }
        for location in ["MAIN", "SHOP"] {
            try await store.serving(options) {
                try await eventually("it is known") { record("RED") != nil }
                #expect(record("RED")?.isStale == true)
                version = try await set(version * 100, in: store)
                // Another one is reported, and with it all that there is to report.
                try await store.tamper(confirm(1, at: "displays/\(location)/BLUE", retain: retain))
                try await eventually("the other is listed") { record("BLUE", at: location) != nil }
                store.clock.advance(by: 100_000)
                try await eventually("the other is stale") { record("BLUE", at: location)?.isStale == true }
                #expect(record("RED")?.isStale == true && record("RED")?.wantedVersion == version)
            }
        }
        #expect(try changes(store).filter { $0.sku == "RED" }.map(\.isStale) == [true])
        #expect(try changes(store).filter { $0.sku == "BLUE" }.map(\.isStale) == [true, true])
        // It confirms while the server is away; that waits at the broker.
        try await store.tamper(confirm(version, retain: retain))
        try await store.serving(options) {
            try await eventually("it is current") { record("RED")?.isStale == false }
        }
        #expect(try changes(store).filter { $0.sku == "RED" }.map(\.isStale) == [true, false])
    }

    @Test("a display that is taken away is not tracked any more")
    func removed() async throws {
        let store = try await Store(broker: TestBroker())
        try await store.serving(store.options(Store.displays, confirm: Self.second)) {
            let version = try await set(100, in: store)
            try await store.tamper(confirm(version))
            try await eventually("it is listed") { store.displays.all.count == 1 }
            try await store.set("RED", 0)
            try await store.apply(.removeVariant(VariantID(11)))
            try await eventually("it is gone") { store.displays.all.isEmpty }
        }
    }

    @Test("what is no confirmation is counted, and the next one is taken")
    func malformed() async throws {
        let store = try await Store(broker: TestBroker())
        let bad: [[UInt8]] = [
            Array("".utf8), Array("57".utf8), Array(#"{"version":"57"}"#.utf8), Array(#"{"version":-1}"#.utf8),
            Array(#"{"version":1e400}"#.utf8), Array("{}".utf8), [0xff, 0xfe, 0x00],
            Array(repeating: UInt8(ascii: "["), count: 1000),
            Array(repeating: UInt8(ascii: " "), count: 100_000),
        ]
        try await store.serving(store.options(Store.displays, confirm: Self.second)) {
            let version = try await set(100, in: store)
            for payload in bad { try await store.tamper(MQTTMessage(topic: "displays/MAIN/RED/shown", payload: payload)) }
            try await store.tamper(confirm(version))
            try await eventually("the good one is taken") { store.displays.all.first?.shownVersion == version }
            // An empty payload is one that was taken back.
            #expect(store.metric("mqtt_malformed_confirmations_total") == Double(bad.count - 1))
        }
    }

    @Test("confirmations without a display are a mistake of the configuration")
    func withoutDisplays() throws {
        let options = MQTTSinkOptions(
            broker: BrokerAddresses(try BrokerAddress("mqtt://127.0.0.1:1")), clientId: nil, publish: [Store.events], window: 1,
            keepAlive: .seconds(60), statusTopic: "s", confirm: Self.second)
        let error = try #require(throws: OptionError.self) { try MQTTSink(options) }
        #expect(error.path == ["confirm"])
    }
}
