import Foundation
import Mosquitto
import PipelineHost
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import MQTTSink
@testable import TallywirePipeline

@Suite("The payloads of a rule", .timeLimit(.minutes(5)))
struct PayloadTests {
    private func events(_ payload: PayloadOption) -> MQTTSinkOptions.Rule {
        MQTTSinkOptions.Rule(
            events: [.inventoryUpdated], topic: "events/{event}", retain: false, qos: .atLeastOnce, payload: payload)
    }

    private func display(_ payload: PayloadOption) -> MQTTSinkOptions.Rule {
        var rule = Store.displays
        rule.payload = payload
        return rule
    }

    /// The first message of a change of stock, and its seq.
    private func first(_ rule: MQTTSinkOptions.Rule, _ filter: String) async throws -> (InboundMessage, UInt64) {
        let store = try await Store(broker: TestBroker())
        let watcher = try await Watcher(store.broker, filter)
        return try await watcher.watching {
            var seq: UInt64 = 0
            try await store.serving(store.options(rule)) {
                seq = try #require(try await store.set("RED", 50))
                try await eventually("it comes") { !watcher.messages.isEmpty }
            }
            return (try #require(watcher.messages.first), seq)
        }
    }

    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test("a CloudEvent in the structured mode has all attributes and the data in its payload")
    func structured() async throws {
        let (message, seq) = try await first(events(.cloudEvents), "events/#")
        #expect(message.contentType == "application/cloudevents+json; charset=utf-8")
        #expect(message.userProperties.isEmpty)
        let event = try object(message.payload)
        #expect(
            Set(event.keys) == ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"])
        let texts = event.compactMapValues { $0 as? String }
        #expect(texts["specversion"] == "1.0" && texts["id"] == "test-epoch:\(seq)" && texts["source"] == "/tallywire/test-epoch")
        #expect(texts["type"] == "inventory_updated" && texts["subject"] == "RED")
        #expect(texts["datacontenttype"] == "application/json" && texts["time"].flatMap { Timestamp($0) } != nil)
        #expect((event["data"] as? [String: Any])?["stock"] as? Int == 50)
    }

    @Test("a CloudEvent in the binary mode has its attributes as user properties, and the data as its payload")
    func binary() async throws {
        let (message, seq) = try await first(events(.cloudEventsBinary), "events/#")
        #expect(message.contentType == "application/json")
        #expect(message.userProperties.map(\.name) == ["specversion", "id", "source", "type", "subject", "time"])
        #expect(
            message.userProperties.map(\.value).dropLast()
                == ["1.0", "test-epoch:\(seq)", "/tallywire/test-epoch", "inventory_updated", "RED"])
        let data = try object(message.payload)
        #expect(data["stock"] as? Int == 50 && data["sku"] as? String == "RED" && data["seq"] == nil)
    }

    @Test("every event has data that is the JSON of its own, byte for byte")
    func data() async throws {
        let store = try await Store(broker: TestBroker())
        try await store.set("RED", 5)
        for record in store.journal.allEvents {
            let data = Array(try #require(record.data))
            let whole = try object(record.json)["data"] as? NSDictionary
            #expect(whole == (try object(data) as NSDictionary))
        }
    }

    @Test("a source and a prefix of one's own stand in the attributes")
    func named() async throws {
        let store = try await Store(broker: TestBroker())
        var options = try store.options(events(.cloudEvents))
        options.cloudEvents = CloudEvent.Options(source: "https://example.com/wh", typePrefix: "com.example.")
        let watcher = try await Watcher(store.broker, "events/#")
        try await watcher.watching {
            try await store.serving(options) {
                try await store.set("RED", 50)
                try await eventually("it comes") { !watcher.messages.isEmpty }
            }
        }
        let event = try object(try #require(watcher.messages.first).payload)
        #expect(
            event["source"] as? String == "https://example.com/wh" && event["type"] as? String == "com.example.inventory_updated")
    }

    @Test("a connection of MQTT 3.1.1 takes the structured mode, and is said to have no place for the binary one")
    func oldProtocol() async throws {
        let broker = try TestBroker()
        let proxy = try BrokerProxy(to: broker, refusesVersion5: true)
        let store = try await Store(broker: broker)
        try await store.serving(store.options(events(.cloudEventsBinary), url: proxy.url)) {
            try await eventually("it says so") {
                let error = store.report?.lastError ?? ""
                return error.contains("publish.0.payload") && error.contains("needs MQTT 5") && error.contains("cloudevents")
            }
            #expect(store.report?.counters.delivered == 0)
        }
        let watcher = try await Watcher(broker, "events/#")
        try await watcher.watching {
            try await store.serving(store.options(events(.cloudEvents), url: proxy.url)) {
                try await store.set("RED", 50)
                try await eventually("it comes") { !watcher.messages.isEmpty }
            }
        }
        #expect(watcher.messages.first?.contentType == nil)
    }

    @Test("a display gets the fields that it wants, in their order")
    func fields() async throws {
        let (message, _) = try await first(display(.form(fields: [.price, .sku, .location, .stock], text: nil)), "displays/#")
        #expect(String(decoding: message.payload, as: UTF8.self) == #"{"price":19.90,"sku":"RED","location":"MAIN","stock":50}"#)
    }

    @Test("a display gets its text, and a text that is right is not published again")
    func text() async throws {
        let store = try await Store(broker: TestBroker())
        let options = try store.options(display(.form(fields: nil, text: "{name}\n{price} €\n{stock|sold out} at {location}")))
        for run in 1...2 {
            try await store.serving(options) {
                if run == 1 { try await store.set("RED", 50) }
                try await eventually("it is compared") { store.isCaughtUp && store.metric("mqtt_repairs_total") == 1 }
                if run == 2 { #expect(store.metric("mqtt_right_displays_total") == 1) }
            }
        }
        let watcher = try await Watcher(store.broker, "displays/#")
        try await watcher.watching {
            try await eventually("it is there") { !watcher.messages.isEmpty }
            #expect(watcher.messages.map { String(decoding: $0.payload, as: UTF8.self) } == ["Red\n19.90 €\n50 at MAIN"])
        }
    }
}
