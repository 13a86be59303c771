import Foundation
import GS1
import TallywireCore
import Testing

@testable import MQTTScanners

@Suite("The payload of a scan")
struct ScanPayloadTests {
    private func read(_ text: String, lineLimit: Int = 100) throws -> ScanPayload {
        try #require(try PayloadFormat.automatic.read(Array(text.utf8), limit: lineLimit))
    }

    private func movement(_ text: String, of device: String = "d", _ settings: DeviceSettings) throws -> Movement {
        let items = try read(text).items(ScanDefaults(device: device, settings: settings, location: "MAIN", year: 2026))
        #expect(items.count == 1)
        return try #require(items.first).movement
    }

    @Test(
        "is a bare code if it is not JSON of a scan",
        arguments: [
            ("4006381333931", "4006381333931"), (" 4006381333931\r\n", "4006381333931"), ("\"4006381333931\"", "4006381333931"),
            ("]d2010400638133393117261231\u{1D}10ABC", "]d2010400638133393117261231\u{1D}10ABC"), ("ABC 123", "ABC 123"),
            ("4006381333931\0", "4006381333931"), ("true", "true"), ("-1", "-1"), ("\"", "\""),
        ])
    func bareCode(payload: String, code: String) throws {
        #expect(try read(payload) == ScanPayload(scans: [Scan(item: .code(code))]))
    }

    @Test("is an object with everything that a scan can say")
    func object() throws {
        let payload = try read(
            """
            {"id":"a-1","sku":"TEE","operation":"transfer","quantity":3,"location":"WH1","to":"WH2","reason":"move",
             "occurredAt":"2026-11-22T17:40:00+01:00","expected":7,"batch":"L","serial":"S","expiry":"2027-01-31"}
            """)
        var scan = Scan(item: .named(.sku("TEE")))
        scan.id = "a-1"
        scan.operation = .transfer
        scan.quantity = 3
        scan.location = "WH1"
        scan.destination = "WH2"
        scan.reason = "move"
        scan.occurredAt = Timestamp(milliseconds: 1_795_365_600_000)
        scan.expected = 7
        scan.trace = Trace(batch: "L", serial: "S", expiry: CalendarDate("2027-01-31"))
        #expect(payload == ScanPayload(scans: [scan]))
        #expect(payload.id == "a-1")
    }

    @Test("says between which states units go, and the device whether more can leave than is there")
    func states() throws {
        let move = try movement(
            #"{"sku":"TEE","operation":"move","from":"incoming","to":"inspection"}"#, DeviceSettings(destination: "WH2"))
        #expect(move.lines[0].fromState == .incoming && move.lines[0].toState == .inspection && move.lines[0].destination == nil)
        let ship = try movement(#"{"sku":"TEE","toState":"incoming"}"#, DeviceSettings(operation: .transfer, destination: "WH2"))
        #expect(ship.lines[0].toState == .incoming && ship.lines[0].destination == "WH2")
        let allowing = DeviceSettings(operation: .subtract, negative: .allow)
        #expect(try movement("4006381333931", allowing).lines[0].allowsNegative)
        #expect(try !movement(#"{"sku":"TEE","fromState":"damaged"}"#, allowing).lines[0].allowsNegative, "only available ones")
        #expect(try !movement(#"{"sku":"TEE","operation":"add"}"#, allowing).lines[0].allowsNegative)
        let refusing = DeviceSettingsTable(["till": DeviceSettings(negative: .refuse)], defaults: DeviceSettings(negative: .allow))
        #expect(refusing.settings(of: "till").negative == .refuse && refusing.settings(of: "other").negative == .allow)
        for (text, mistake) in [
            (#"{"sku":"T","operation":"move","from":"x","to":"damaged"}"#, "from of a move has to be one of available, damaged"),
            (#"{"sku":"T","operation":"move","from":"damaged"}"#, "to of a move has to be one of"),
            (#"{"sku":"T","operation":"move","from":"damaged","to":"safety","toState":"safety"}"#, "a move has from and to"),
            (#"{"sku":"T","operation":"add","from":"damaged"}"#, "from is for a move alone"),
            (#"{"sku":"T","operation":"add","toState":"x"}"#, "toState has to be one of"),
            (#"{"sku":"T","operation":"add","fromState":7}"#, "fromState has to be one of"),
            (#"{"sku":"T","operation":"move","from":7}"#, "from has to be a string"),
            (#"{"sku":"T","operation":"subtract","negative":"allow"}"#, "negative is not a key of a scan"),
        ] {
            let error = #expect(throws: MalformedScan.self) { try movement(text, DeviceSettings()) }
            #expect(error?.description.contains(mistake) == true, "\(error?.description ?? "nothing")")
        }
    }

    @Test("names its item by barcode, as a string or a number, by SKU or by variant")
    func items() throws {
        #expect(try read(#"{"barcode":"0012"}"#).scans.first?.item == .code("0012"))
        #expect(try read(#"{"barcode":4006381333931}"#).scans.first?.item == .code("4006381333931"))
        #expect(try read(#"{"variantId":11}"#).scans.first?.item == .named(.variant(VariantID(11))))
        #expect(try read(#"{"sku":"A","barcode":null}"#).scans.first?.item == .named(.sku("A")))
    }

    @Test("is an array that is one movement, with the first one's id")
    func array() throws {
        let payload = try read(#" [{"id":"m","sku":"A"},{"sku":"B"}]"#)
        #expect(payload.grouping == .together)
        #expect(payload.scans.map(\.item) == [.named(.sku("A")), .named(.sku("B"))])
        #expect(payload.id == "m")
        #expect(try read(#"[{"sku":"A"}]"#).grouping == .together)
    }

    @Test(
        "says what is wrong and where",
        arguments: [
            ("", "the payload is empty: a code is expected, or JSON"),
            (" \r\n", "the payload is empty: a code is expected, or JSON"),
            (#"{"sku":"A","colour":"red"}"#, "colour is not a key of a scan; these are: id, barcode, sku, variantId,"),
            (#"{"sku":"A","quantity":"3"}"#, "quantity has to be a whole number"),
            (#"{"sku":"A","quantity":1.5}"#, "quantity has to be a whole number"),
            (#"{"sku":"A","operation":"steal"}"#, "operation has to be one of set, count, add, subtract, transfer"),
            (#"{"sku":"A","occurredAt":"yesterday"}"#, "occurredAt has to be a time with a zone"),
            (#"{"quantity":1}"#, "a scan needs one of barcode, sku and variantId"),
            (#"{"sku":"A","barcode":"B"}"#, "a scan needs one of barcode, sku and variantId, not 2"),
            (#"[{"sku":"A"},{"sku":"B","id":7}]"#, "[1].id has to be a string"),
            (#"[{"sku":"A"},{}]"#, "[1] needs one of barcode, sku and variantId"), (#"[1]"#, "[0] is not an object"),
            (#"{"sku":"A","sku":"B"}"#, "sku is there twice"), (#"{"sku":"A","expiry":"2027-02-30"}"#, "expiry has to be a day"),
            ("[]", "an array of scans cannot be empty"), (#"{"sku":"A""#, "the payload is not JSON: "),
        ])
    func malformed(payload: String, problem: String) throws {
        let error = try #require(throws: MalformedScan.self) { try read(payload) }
        #expect(error.description.hasPrefix(problem), "\(error)")
    }

    @Test("has limits: of a code's length and of an array's lines")
    func limits() throws {
        let settings = DeviceSettings(operation: .add)
        _ = try movement(String(repeating: "1", count: 256), settings)
        #expect(throws: MalformedScan("a code has at most 256 characters")) {
            try movement(String(repeating: "1", count: 257), settings)
        }
        _ = try read(#"[{"sku":"A"},{"sku":"B"}]"#, lineLimit: 2)
        #expect(throws: MalformedScan("a message has at most 1 scans, not 2")) {
            try read(#"[{"sku":"A"},{"sku":"B"}]"#, lineLimit: 1)
        }
        #expect(throws: MalformedScan("the payload is not UTF-8")) { try PayloadFormat.automatic.read([0xFF, 0xFE], limit: 1) }
    }

    @Test("whose other keys are wrong keeps its id, so that the sender recognises the reply")
    func idOfMalformed() {
        #expect(ScanPayload.id(inMalformed: Array(#"{"id":"x","quantity":"?"}"#.utf8)) == "x")
        #expect(ScanPayload.id(inMalformed: Array(#"[{"id":"x"},{"quantity":"?"}]"#.utf8)) == "x")
        #expect(ScanPayload.id(inMalformed: Array(#"{"id":"\u0007"}"#.utf8)) == nil)
        #expect(ScanPayload.id(inMalformed: Array("[]".utf8)) == nil)
    }

    @Test("becomes a movement with the device's settings where it says nothing")
    func movement() throws {
        let settings = DeviceSettings(operation: .transfer, location: "WH1", destination: "WH2", reason: "move", quantity: 2)
        let bare = try movement("123", settings)
        #expect(
            bare
                == Movement(
                    reason: "move",
                    lines: [
                        Movement.Line(item: .barcode("123"), location: "WH1", operation: .transfer, quantity: 2, destination: "WH2")
                    ]))
        let own = try movement(#"{"sku":"A","operation":"add","quantity":5,"location":"X","reason":"r"}"#, settings)
        #expect(
            own == Movement(reason: "r", lines: [Movement.Line(item: .sku("A"), location: "X", operation: .add, quantity: 5)]))
        let plain = try movement("123", DeviceSettings(operation: .add))
        #expect(plain.lines == [Movement.Line(item: .barcode("123"), location: "MAIN", operation: .add, quantity: 1)])
    }

    @Test(
        "is refused if it is no one movement",
        arguments: [
            (#"[{"sku":"A","reason":"x"},{"sku":"B","reason":"y"}]"#, "[1].reason is another than before"),
            (#"[{"sku":"A","id":"x"},{"sku":"B","id":"y"}]"#, "[1].id is another than the first scan's"),
            (
                #"[{"sku":"A","occurredAt":"2026-01-01T00:00:00Z"},{"sku":"B","occurredAt":"2026-01-02T00:00:00Z"}]"#,
                "[1].occurredAt is another than before"
            ),
        ])
    func noOneMovement(payload: String, problem: String) throws {
        let settings = DeviceSettings(operation: .add)
        let error = try #require(throws: MalformedScan.self) {
            try movement(payload, settings)
        }
        #expect(error.description.hasPrefix(problem), "\(error)")
    }

    @Test("of a device without an operation says where to give one")
    func noOperation() throws {
        let error = try #require(throws: MalformedScan.self) {
            try movement("1", of: "dock-1", DeviceSettings())
        }
        #expect(error.description == "operation is missing, and the device “dock-1” has none under devices in plugins.json")
    }
}
