import Mosquitto
import TallywireCore
import Testing

@testable import MQTTScanners

@Suite("What a message means")
struct ScanInterpreterTests {
    private let interpreter: ScanInterpreter

    init() throws {
        interpreter = ScanInterpreter(
            source: "mqtt-scanners", topic: try ScanTopic(template: "scanners/{device}/scan"),
            devices: DeviceSettingsTable(["*": DeviceSettings(operation: .subtract), "gate*": DeviceSettings(gateway: true)]),
            defaultLocation: "MAIN", lineLimit: 10,
            clockSkew: .seconds(300))
    }

    private let now = Timestamp(milliseconds: 1_795_365_600_000)

    private func meaning(_ message: InboundMessage) -> ScanInterpreter.Meaning {
        var interpreter = interpreter
        return interpreter.meaning(of: message, now: now) { "made" }
    }

    private func message(_ payload: String, device: String = "dock-1", configure: (inout InboundMessage) -> Void = { _ in })
        -> InboundMessage
    {
        var message = InboundMessage(topic: "scanners/\(device)/scan", payload: Array(payload.utf8), packetID: 1)
        configure(&message)
        return message
    }

    @Test("a scan is submitted with its device as the source, and with its own id or one that is made")
    func submits() throws {
        let line = Movement.Line(item: .barcode("123"), location: "MAIN", operation: .subtract, quantity: 1)
        let command = Command(
            id: "made", source: "mqtt-scanners/dock-1", clockSkew: .seconds(300), action: .move(Movement(lines: [line])))
        let bare = try #require(meaning(message("123")).scans)
        let given = try #require(meaning(message(#"{"id":"own","sku":"A"}"#)).scans)
        #expect(bare.commands == [command] && !bare.items[0].idIsGiven && bare.sender.name == "dock-1")
        #expect(given.commands.map(\.id) == ["own"] && given.items[0].idIsGiven)
        #expect(given.commands.map(\.device) == ["dock-1"], "an id that the device gave is the device's own")
    }

    @Test("each read of a batch is a movement with an id of its own, the same when the message comes again")
    func batches() throws {
        let payload = String(decoding: try Fixture.bytes("zebra-sled"), as: UTF8.self)
        let order = try #require(meaning(message(payload)).scans)
        #expect(order.commands.map(\.id) == ["made-0", "made-1", "made-2"] && order.id == "made")
        #expect(order.items.map(\.isTag) == [false, false, true])
    }

    @Test("a gateway's scanners are known by their own names")
    func gateway() throws {
        let payload = String(decoding: try Fixture.bytes("proglove-plain"), as: UTF8.self)
        let order = try #require(meaning(message(payload, device: "gateway")).scans)
        #expect(order.sender.device == "gateway" && order.sender.name == "M2MR111100928")
        #expect(order.commands.map(\.source) == ["mqtt-scanners/M2MR111100928"])
    }

    @Test("a payload of somebody who is no gateway cannot say that another device scanned")
    func impersonation() throws {
        let scan =
            #"{"api_version":"1.0","event_type":"scan","event_id":"imp-1","device_serial":"dock-1","scan_code":"4006381333931"}"#
        let order = try #require(meaning(message(scan, device: "till-1")).scans)
        #expect(order.sender.name == "till-1")
        #expect(order.commands.map(\.source) == ["mqtt-scanners/till-1"])
        #expect(order.commands.map(\.device) == ["till-1"])
    }

    @Test("a gateway's scanner has a name as a device has")
    func gatewayNames() {
        for name in [String(repeating: "d", count: 65), "a/b", "a\\u0007", "e" + String(repeating: "\u{301}", count: 30_000)] {
            let scan =
                #"{"api_version":"1.0","event_type":"scan","event_id":"x","device_serial":"\#(name)","scan_code":"1"}"#
            #expect(meaning(message(scan, device: "gateway")).scans == nil, "\(name.prefix(8))")
        }
    }

    @Test("a device's name has 1 to 64 scalars, whatever makes a character of them, and no control characters")
    func deviceNames() throws {
        func isTaken(_ device: String) -> Bool { meaning(message("123", device: device)).scans != nil }
        #expect(isTaken(String(repeating: "d", count: 64)) && !isTaken(String(repeating: "d", count: 65)))
        #expect(!isTaken("e" + String(repeating: "\u{301}", count: 29_000)), "one character, and 58 KB")
        #expect(!isTaken("a\u{7}b") && !isTaken("\u{A0}"))
        let own = try #require(meaning(message("123", device: "SU\u{308}D")).scans)
        #expect(Array(own.sender.name.utf8) == Array("SÜD".utf8), "a name has one form")
    }

    @Test("a retained scan is ignored")
    func ignores() {
        #expect(meaning(message("123") { $0.isRetained = true }) == .nothing)
    }

    @Test("what is no scan is refused, with the sender's id if it can be read")
    func refuses() {
        func reply(_ message: InboundMessage) -> ScanReply? {
            if case .refusal(let reply, _) = meaning(message) { reply } else { nil }
        }
        #expect(reply(message(""))?.id == "made")
        #expect(reply(message(#"{"id":"own","sku":3}"#))?.id == "own")
        let large = reply(message("") { $0.size = 70_000 })
        #expect(large?.results == [.rejected(Rejection(.invalidRequest, "the payload has 70000 bytes, which is over the limit"))])
        #expect(reply(message("123", device: "")) != nil)
        #expect(reply(message("123", device: String(repeating: "d", count: 200))) != nil)
    }

    @Test("the reply goes where the sender wants it, unless that cannot be")
    func replies() throws {
        let reply = ScanReply(id: "m", outcome: .applied(Receipt(movementID: "m", seq: nil)))
        func topic(_ response: String?) -> String? {
            interpreter.messages(
                for: reply, to: message("1") { $0.responseTopic = response }, ScanSender(device: "dock-1", name: "dock-1"), now: now
            ).first?.topic
        }
        #expect(topic(nil) == "scanners/dock-1/ack")
        #expect(topic("scanners/dock-1/mine") == "scanners/dock-1/mine", "what is the device's own")
        #expect(topic("scanners/dock-1") == "scanners/dock-1")
        for foreign in [
            "my/answers", "displays/MAIN/TEE", "scanners/dock-2/ack", "scanners/dock-2/status", "tallywire/status",
            "events/inventory_updated", "plant/dock-9/scan", "$SYS/x", "scanners/dock-1/scan",
        ] {
            #expect(topic(foreign) == "scanners/dock-1/ack", "\(foreign)")
        }
        #expect(topic("my/#") == "scanners/dock-1/ack")
        #expect(topic("") == "scanners/dock-1/ack")
        // It would come back as a scan.
        #expect(topic("scanners/dock-2/scan") == "scanners/dock-1/ack")
        let published = try #require(
            interpreter.messages(
                for: reply, to: message("1") { $0.correlationData = [7, 0] }, ScanSender(device: "dock-1", name: "dock-1"), now: now
            ).first)
        #expect(published.correlationData == [7, 0])
        #expect(published.quality == .atLeastOnce && !published.retain)
    }

    @Test("where only those get replies that ask, the others get none")
    func asked() {
        let quiet = ScanInterpreter(
            source: "s", topic: interpreter.topic, devices: interpreter.devices, defaultLocation: "MAIN", lineLimit: 10,
            clockSkew: .zero,
            replies: .asked)
        let reply = ScanReply(id: "m", outcome: .applied(Receipt(movementID: "m", seq: nil)))
        let sender = ScanSender(device: "dock-1", name: "dock-1")
        #expect(quiet.messages(for: reply, to: message("1"), sender, now: now).isEmpty)
        #expect(
            quiet.messages(for: reply, to: message("1") { $0.responseTopic = "scanners/dock-1/a" }, sender, now: now).map(
                \.topic) == [
                    "scanners/dock-1/a"
                ])
    }

    @Test("an id that is made fits the engine and tells packets and contents apart")
    func makesIDs() {
        let name = String(repeating: "n", count: 64)
        let id = ScanIdentity.id(source: name, number: 7, message("1"))
        #expect(Command.validate(id: id) == nil)
        #expect(id == ScanIdentity.id(source: name, number: 7, message("1") { $0.isRedelivery = true }))
        let others = [
            ScanIdentity.id(source: name, number: 8, message("1")), ScanIdentity.id(source: name, number: 7, message("2")),
            ScanIdentity.id(source: name, number: 7, message("1", device: "other")),
            ScanIdentity.id(source: name, number: 7, message("1") { $0.correlationData = [1] }),
            ScanIdentity.random(source: name), ScanIdentity.random(source: name),
        ]
        #expect(Set(others + [id]).count == 7)
        #expect(Command.validate(id: ScanIdentity.random(source: name)) == nil)
        // Ids of later packets sort later, which keeps the index of ids cheap.
        #expect(ScanIdentity.id(source: name, number: 255, message("z")) < ScanIdentity.id(source: name, number: 256, message("a")))
    }
}

extension ScanInterpreter.Meaning {
    /// The scans that are to be submitted; `nil` if none are.
    var scans: ScanOrder? { if case .order(let order) = self { order } else { nil } }
}

extension ScanOrder {
    var commands: [Command] { items.map(command) }
}
