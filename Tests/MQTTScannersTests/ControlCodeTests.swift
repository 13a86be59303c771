import Mosquitto
import TallywireCore
import Testing

@testable import MQTTScanners

@Suite("Control codes over MQTT")
struct ControlCodeTests {
    private let now = Timestamp(milliseconds: 1_795_365_600_000)

    private func interpreter(_ devices: [String: DeviceSettings] = ["*": DeviceSettings(operation: .subtract, location: "MAIN")])
        throws -> ScanInterpreter
    {
        ScanInterpreter(
            source: "mqtt-scanners", topic: try ScanTopic(template: "scanners/{device}/scan"),
            devices: DeviceSettingsTable(devices, defaults: DeviceSettings(undo: .seconds(60))), defaultLocation: "MAIN",
            lineLimit: 10, clockSkew: .seconds(300))
    }

    /// What the messages mean, one after the other.
    private func meanings(_ payloads: String..., devices: [String: DeviceSettings]? = nil, device: String = "dock-1") throws
        -> [ScanInterpreter.Meaning]
    {
        var interpreter = try devices.map { try self.interpreter($0) } ?? self.interpreter()
        return payloads.enumerated().map { index, payload in
            let message = InboundMessage(
                topic: "scanners/\(device)/scan", payload: Array(payload.utf8), packetID: UInt16(index + 1))
            return interpreter.meaning(
                of: message, now: now, ModeTable.Moment(number: UInt64(index + 1), sent: now, now: now)
            ) { "made-\(index)" }
        }
    }

    private func line(_ meaning: ScanInterpreter.Meaning?) -> Movement.Line? {
        guard case .order(let order)? = meaning else { return nil }
        return order.items.first?.movement.lines.first
    }

    private func refusal(_ meaning: ScanInterpreter.Meaning?) -> String? {
        guard case .refusal(let reply, _)? = meaning else { return nil }
        return reply.results.first?.rejection?.message
    }

    @Test("place, operation and destination fill in what a scan leaves out, until the end; what the payload says goes first")
    func modes() throws {
        let meanings = try meanings(
            "TW:AT:WH1", "TW:TO:STORE-7", "1", #"{"sku":"A","location":"WH2","operation":"add"}"#, "TW:OP:add", "1", "TW:END", "1")
        #expect(
            line(meanings[2])
                == Movement.Line(item: .barcode("1"), location: "WH1", operation: .transfer, quantity: 1, destination: "STORE-7"))
        #expect(line(meanings[3]) == Movement.Line(item: .sku("A"), location: "WH2", operation: .add, quantity: 1))
        #expect(line(meanings[5]) == Movement.Line(item: .barcode("1"), location: "WH1", operation: .add, quantity: 1))
        #expect(line(meanings[7]) == Movement.Line(item: .barcode("1"), location: "MAIN", operation: .subtract, quantity: 1))
    }

    @Test("a reservation makes captures of the next scans")
    func reservation() throws {
        let meanings = try meanings(
            "TW:RES:basket-7", "1", #"{"sku":"A","operation":"add"}"#, devices: ["*": DeviceSettings(operation: .subtract)])
        #expect(
            line(meanings[1])
                == Movement.Line(item: .barcode("1"), location: nil, operation: .capture, quantity: 1, reservation: "basket-7"))
        #expect(line(meanings[2]) == Movement.Line(item: .sku("A"), location: "MAIN", operation: .add, quantity: 1))
    }

    @Test("a control code is answered like a scan, with the mode; a repeat says so; a scan in a mode has it too")
    func answers() throws {
        var interpreter = try interpreter()
        func answer(_ payload: String, number: UInt64, again: Bool = false) throws -> String? {
            let message = InboundMessage(topic: "scanners/dock-1/scan", payload: Array(payload.utf8), packetID: 1)
            let moment = ModeTable.Moment(number: number, isRedelivery: again, sent: now, now: now)
            guard case .control(let reply, let sender) = interpreter.meaning(of: message, now: now, moment, makeID: { "m" }) else {
                return nil
            }
            #expect(sender.name == "dock-1")
            return String(decoding: reply.json, as: UTF8.self)
        }
        #expect(try answer("]Q1TW:AT:WH1\r\n", number: 1) == #"{"id":"m","status":"applied","mode":{"location":"WH1"}}"#)
        #expect(
            try answer(#"{"id":"own","barcode":"TW:OP:add"}"#, number: 2)
                == #"{"id":"own","status":"applied","mode":{"location":"WH1","operation":"add"}}"#)
        #expect(try answer("TW:AT:WH1", number: 1, again: true) == #"{"id":"m","status":"duplicate","mode":{"location":"WH1"}}"#)
        #expect(try answer("TW:END", number: 3) == #"{"id":"m","status":"applied","mode":{}}"#)
        let scan = ScanReply(
            id: "s", results: [], mode: DeviceMode(location: "WH1", operation: .transfer, destination: "S", reservation: nil))
        #expect(
            String(decoding: scan.json, as: UTF8.self)
                == #"{"id":"s","status":"duplicate","mode":{"location":"WH1","operation":"transfer","to":"S"}}"#)
    }

    @Test("TW:UNDO takes back the last movement of the device's source, within its time")
    func undo() throws {
        let meanings = try meanings("TW:AT:WH1", #"{"id":"u","barcode":"TW:UNDO","reason":"oops"}"#, "TW:UNDO")
        guard case .order(let given) = meanings[1], case .order(let made) = meanings[2] else {
            Issue.record("\(meanings)")
            return
        }
        let last = Reversal.Subject.last(source: "mqtt-scanners/dock-1", device: "dock-1", within: .seconds(60))
        #expect(given.commands.map(\.action) == [.reverse(Reversal(last, reason: "oops"))])
        #expect(given.commands.map(\.device) == ["dock-1"] && made.commands.map(\.id) == ["made-2"])
        #expect(given.mode.location == "WH1")
        let never = try self.meanings("TW:UNDO", devices: ["dock-1": DeviceSettings(operation: .add, undo: .zero)])
        #expect(refusal(never[0])?.contains("undo") == true)
        let own = try self.meanings("TW:UNDO", devices: ["dock-1": DeviceSettings(undo: .seconds(5))])
        guard case .order(let order) = own[0] else { return }
        #expect(order.items.map(\.undo) == [.seconds(5)])
    }

    @Test("what begins with TW: and is no control code is refused, with those that there are")
    func unknown() throws {
        for code in [
            "TW:", "TW:NO", "TW:END:x", "TW:UNDO:", "TW:OP:move", "TW:OP:set", "TW:OP:", "TW:AT", "TW:AT:", "TW:TO:a/b", "TW:RES:",
            "]Q3TW:OP:fly",
        ] {
            let refused = try #require(refusal(try meanings(code)[0]), "\(code)")
            #expect(refused.contains("TW:"), "\(code): \(refused)")
        }
        let refused = try #require(refusal(try meanings("TW:OP:move")[0]))
        #expect(
            refused.contains("“TW:OP:move” is no control code")
                && refused.contains("TW:OP:count, TW:OP:add, TW:OP:subtract, TW:OP:transfer"))
        let wrapped = try meanings(
            "<TW:AT:NO/>", "<TW:END>", devices: ["*": DeviceSettings(codes: CodeOptions(prefix: "<", suffix: ">"))])
        #expect(refusal(wrapped[0])?.contains("“TW:AT:NO/”") == true && refusal(wrapped[1]) == nil)
        for code in ["tw:end", "XTW:END", "TWEED", "T"] { #expect(line(try meanings(code)[0])?.item == .barcode(code)) }
    }

    @Test("a control code stands alone in its message")
    func alone() throws {
        for payload in [
            #"[{"barcode":"1"},{"barcode":"TW:END"}]"#, #"{"barcode":"TW:END","quantity":2}"#,
            #"{"barcode":"TW:UNDO","location":"WH1"}"#,
            #"{"barcode":"TW:AT:WH1","operation":"add"}"#, #"{"barcode":"TW:END","serial":"S-1"}"#,
            #"{"barcode":"TW:END","expected":1}"#,
        ] {
            #expect(refusal(try meanings(payload)[0])?.contains("alone") == true, "\(payload)")
        }
        #expect(refusal(try meanings(#"{"barcode":"TW:END","colour":"red"}"#)[0])?.contains("colour") == true)
    }

    @Test("each control code is read from what is printed for it")
    func texts() throws {
        let codes: [ControlCode] = [
            .undo, .end, .location("WH 1"), .destination("Lager:3"), .reservation("a:b"), .operation(.transfer),
        ]
        for code in codes { #expect(try ControlCode(code.text) == code) }
        #expect(try ControlCode(" TW:AT: WH1 ") == .location("WH1"))
        #expect(ControlCode.forms.count == 5 + ControlCode.operations.count)
    }
}
