import Foundation
import GS1
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import Testing

@testable import MQTTScanners

@Suite("Devices in the field, at a real broker")
struct FieldTests {
    private func json(_ message: InboundMessage?) throws -> JSONValue {
        try JSONReader.value(of: try #require(message).payload)
    }

    @Test("a code that bounces counts once, and is answered with what became of it; later it counts again")
    func bounce() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        let options = try shop.options { $0.devices["*"]?.bounce = .seconds(30) }
        try await shop.serving(options) { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.collecting {
                // What comes right after a connection may have waited, so it counts; then there has to be a pause.
                try await till.scan(Shop.code, Shop.code)
                try await till.answered(2)
                try await eventually("a moment without scans") { try await till.isQuiet(for: .milliseconds(400)) }
                try await till.scan(Shop.code)
                try await till.answered(3)
                try await till.scan(Shop.code)
                try await till.scan("2")
                try await till.scan(Shop.code)
                try await till.answered(6)
            }
            #expect(
                till.replies.map(\.status) == ["applied", "applied", "applied", "duplicate", "applied", "applied"])
            #expect(till.replies[3].code == "bounced" && till.replies[3].stock == 997)
            #expect(try await shop.stock() == 996)
            #expect(shop.devices.record(of: "till", at: "mqtt-scanners")?.counters.bounced == 1)
        }
    }

    @Test("the first scan after a silence longer than the window bounces like any other")
    func bounceAfterSilence() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        let options = try shop.options { $0.devices["*"]?.bounce = .seconds(3) }
        try await shop.serving(options) { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.collecting {
                try await eventually("a silence") { try await till.isQuiet(for: .milliseconds(3500)) }
                try await till.scan(Shop.code)
                try await till.answered(1)
                try await till.scan(Shop.code)
                try await till.answered(2)
            }
            #expect(till.replies.map(\.status) == ["applied", "duplicate"])
            #expect(till.replies.last?.code == "bounced")
        }
    }

    @Test("what many devices say at once, as after a broker's restart, is told together and not one by one")
    func manyStatuses() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        func say(_ word: String) -> [MQTTMessage] {
            (1...200).map { MQTTMessage(topic: "scanners/device-\($0)/status", payload: Array(word.utf8)) }
        }
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            _ = try await till.client.publish(say("online"))
            try await eventually("all are known") { shop.devices.all.count { $0.presence == .online } == 200 }
            let before = shop.engine.statistics.commits
            _ = try await till.client.publish(say("offline"))
            try await eventually("all have gone") { shop.journal.allEvents.count { $0.type == .deviceOffline } == 200 }
            let commits = shop.engine.statistics.commits - before
            // How many come together is up to the broker; one by one would be 200.
            #expect(commits < 180, "\(commits) commits for 200 devices")
            try await eventually("all are shown so") { shop.devices.all.count { $0.presence == .offline } == 200 }
        }
        await till.client.stop()
    }

    @Test("scans with their own times bounce by those")
    func bounceByTime() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        let options = try shop.options { $0.devices["*"]?.bounce = .milliseconds(500) }
        // The scans were a minute ago: what is older than the ids that are kept is refused.
        let begin = Timestamp.now.milliseconds - 60_000
        func scan(_ milliseconds: Int64) -> String {
            #"{"barcode":"2","occurredAt":"\#(Timestamp(milliseconds: begin + milliseconds))"}"#
        }
        try await shop.serving(options) { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.collecting {
                try await till.scan(scan(0), scan(400), scan(600), scan(9_000))
                try await till.answered(4)
            }
            #expect(till.replies.map(\.status) == ["applied", "duplicate", "applied", "applied"])
            #expect(try await shop.stock("CAP") == 997)
        }
    }

    @Test("a ProGlove scanner is answered on its own display, with what is left or why not")
    func proGlove() async throws {
        let shop = try await Shop(broker: TestBroker())
        let gateway = try await Scanner("gateway", at: shop.broker, replyTopic: "main/gateway/#")
        let options = try shop.options {
            $0.devices["gateway"] = DeviceSettings(gateway: true)
            $0.devices["*"]?.feedback = FeedbackOptions(
                topic: try! FeedbackTopic("main/gateway/{gateway}/{event}"), applied: "Gebucht", left: "Rest",
                repeated: "Schon gebucht",
                rejected: "Fehler")
        }
        // The fixture's time would be too long ago one day.
        let now = "\(Timestamp.now.milliseconds)"
        let scan = String(decoding: try Fixture.bytes("proglove-scan"), as: UTF8.self).replacing("1795365599000", with: now)
        let unknown = #"""
            {"api_version":"1.0","event_type":"scan","event_id":"x-1","time_created":\#(now),"device_serial":"M2MR111100928","gateway_serial":"PGGW402650394","scan_code":"unknown"}
            """#
        try await shop.serving(options) { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await gateway.collecting {
                try await gateway.scan(scan, unknown)
                try await eventually("four messages, not \(gateway.messages.count)") { gateway.messages.count == 4 }
            }
            #expect(
                gateway.messages.map(\.topic) == [
                    "main/gateway/PGGW402650394/feedback!", "main/gateway/PGGW402650394/display!",
                    "main/gateway/PGGW402650394/feedback!", "main/gateway/PGGW402650394/display!",
                ])
            let good = try json(gateway.messages[0])
            #expect(good["feedback_action_id"] == .string("FEEDBACK_POSITIVE") && good["device_serial"] == .string("M2MR111100928"))
            let display = try json(gateway.messages[1])
            let fields = try #require(display["display_fields"]?.array)
            #expect(display["display_template_id"] == .string("PG2") && display["event_type"] == .string("display!"))
            #expect(fields.map { $0["display_field_content"] } == [.string("TEE"), .string("999")])
            #expect(fields.map { $0["display_field_header"] } == [.string("Gebucht"), .string("Rest")])
            #expect(try json(gateway.messages[2])["feedback_action_id"] == .string("FEEDBACK_NEGATIVE"))
            let error = try json(gateway.messages[3])
            #expect(error["display_template_id"] == .string("PG1E"))
            #expect(error["display_fields"]?.array?.first?["display_field_content"]?.string?.contains("unknown") == true)
            // The movement bears the event's own id.
            #expect(
                try shop.journal.answer(to: Command.key(id: "02114da8-feae-46e3-8b00-a3f7ea8672df", device: "M2MR111100928")) != nil
            )
            #expect(shop.devices.record(of: "M2MR111100928", at: "mqtt-scanners")?.counters.applied == 1)
        }
    }

    @Test("a reader's tags count once while they are in sight; one that is unknown holds up no other, and is tried again")
    func tags() async throws {
        let shop = try await Shop(broker: TestBroker())
        let gate = try await Scanner("gate", at: shop.broker)
        let time = Timestamp(milliseconds: Timestamp.now.milliseconds - 60_000).description.replacing("Z", with: "+0000")
        func tag(_ code: String, _ serial: String) throws -> String {
            let epc = try SGTIN(gtin: try GTIN(code), serial: serial, companyPrefixLength: 7).sgtin96()
            return #"{"data":{"format":"epc","idHex":"\#(epc)"},"timestamp":"\#(time)","type":"SIMPLE"}"#
        }
        let (one, two, other) = (try tag(Shop.code, "1"), try tag(Shop.code, "2"), try tag("96385074", "1"))
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await gate.collecting {
                try await gate.scan("[\(one),\(other)]")
                try await gate.answered(1)
                try await gate.scan("[\(one),\(two),\(other)]", one)
                try await gate.answered(3)
            }
            #expect(gate.replies.map(\.status) == ["applied", "applied", "duplicate"])
            #expect(gate.replies.last?.code == "seen")
            let results = try json(gate.messages[1])["results"]?.array
            #expect(results?.map { $0["status"] } == [.string("applied"), .string("rejected")])
            #expect(try await shop.stock() == 998)
            let event = try #require(shop.journal.allEvents.last { $0.type == .inventoryUpdated })
            #expect(String(decoding: event.json, as: UTF8.self).contains(#""serial":"2""#))
        }
    }

    @Test("a serial number that is scanned out twice is told to the scanner and to everybody")
    func serials() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.collecting {
                let label = "]C10104006381333931" + "10L-7\u{1D}21S-9"
                try await till.scan(label, label)
                try await till.answered(2)
            }
            #expect(try json(till.messages[0])["warnings"] == nil)
            #expect(try json(till.messages[1])["warnings"]?.array?.first?["code"] == .string("serial_repeated"))
            #expect(shop.journal.allEvents.last?.type == .serialRepeated)
        }
    }

    @Test("devices are known by what they say of themselves, and one that goes is reported once, also across restarts")
    func presence() async throws {
        let shop = try await Shop(broker: TestBroker())
        let options = try shop.options { $0.devices["dock-9"] = DeviceSettings() }
        let device = try await Scanner("dock-1", at: shop.broker)
        func say(_ text: String) async throws {
            _ = try await device.client.publish([
                MQTTMessage(topic: "scanners/dock-1/status", payload: Array(text.utf8), retain: true)
            ])
        }
        func record() -> DeviceRecord? { shop.devices.record(of: "dock-1", at: "mqtt-scanners") }
        func reports() -> [EventType] { shop.journal.allEvents.map(\.type).filter { $0 == .deviceOffline || $0 == .deviceOnline } }
        try await shop.serving(options) { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            #expect(shop.devices.all.map(\.device) == ["dock-9"] && shop.devices.all.first?.isConfigured == true)
            // The first word that is offline is no news.
            try await say("offline")
            try await eventually("it is offline") { record()?.presence == .offline }
            #expect(reports() == [])
            try await say(#"{"status":"online","session":7,"battery":81,"firmware":"1.4"}"#)
            try await eventually("it is online") { record()?.presence == .online }
            #expect(record()?.battery == 81 && record()?.firmware == "1.4" && record()?.lastSeen != nil)
            // A late will of an older session changes nothing; that of this one does.
            try await say(#"{"status":"offline","session":6}"#)
            try await say("nonsense")
            try await eventually("nonsense was counted") { status.current.malformed == 1 }
            #expect(record()?.presence == .online && record()?.lastError?.hasPrefix("its status: ") == true)
            try await say(#"{"status":"offline","session":7}"#)
            try await eventually("it is offline") { record()?.presence == .offline }
            #expect(reports() == [.deviceOnline, .deviceOffline])
        }
        // The retained status comes again with each connection, and after a restart.
        try await shop.serving(options) { status in
            try await eventually("it is offline still") { record()?.presence == .offline && status.current.received > 0 }
            try await device.collecting {
                try await device.scan(Shop.code)
                try await device.answered(1)
            }
            #expect(record()?.presence == .online)
            #expect(reports() == [.deviceOnline, .deviceOffline, .deviceOnline])
        }
    }

    @Test("a status that cannot be told waits, and nothing after it is acknowledged before")
    func presenceWaits() async throws {
        let shop = try await Shop(broker: TestBroker())
        let device = try await Scanner("dock-1", at: shop.broker)
        func say(_ text: String) async throws {
            _ = try await device.client.publish([MQTTMessage(topic: "scanners/dock-1/status", payload: Array(text.utf8))])
        }
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await say("online")
            try await eventually("it is online") {
                shop.devices.record(of: "dock-1", at: "mqtt-scanners")?.presence == .online
            }
            shop.journal.failAppends(with: JournalError(.storage, "full"))
            try await say("offline")
            try await eventually("it waits") { status.current.state == "waiting" }
            shop.journal.failAppends(with: nil)
            try await eventually("it is told") { shop.journal.allEvents.last?.type == .deviceOffline }
        }
    }
}

extension Scanner {
    /// Whether no reply came for so long.
    func isQuiet(for time: Duration) async throws -> Bool {
        let count = messages.count
        try await ContinuousClock().sleep(for: time)
        return messages.count == count
    }
}
