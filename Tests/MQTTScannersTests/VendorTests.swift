import GS1
import TallywireCore
import Testing

@testable import MQTTScanners

@Suite("Scanners as they are sold")
struct VendorTests {
    private let time = Timestamp(milliseconds: 1_795_365_599_000)

    private func items(_ payload: ScanPayload) throws -> [ScanOrder.Item] {
        try payload.items(
            ScanDefaults(device: "d", settings: DeviceSettings(operation: .add), location: "MAIN", year: 2026))
    }

    @Test("a ProGlove scan is known by its shape, with its own id, time and serial number")
    func proGlove() throws {
        let payload = try #require(try PayloadFormat.automatic.read(try Fixture.bytes("proglove-scan"), limit: 10))
        #expect(payload.id == "02114da8-feae-46e3-8b00-a3f7ea8672df" && payload.device == "M2MR111100928")
        #expect(payload.feedback == .proGlove(gateway: "PGGW402650394", device: "M2MR111100928"))
        let item = try #require(try items(payload).first)
        #expect(item.movement.occurredAt == time)
        let line = try #require(item.movement.lines.first)
        #expect(line.item == .barcode("04006381333931") && line.quantity == 1)
        #expect(line.trace == Trace(batch: "L-7", serial: "S-7", expiry: CalendarDate("2026-12-31")))
        let plain = try #require(try PayloadFormat.vendor(ProGlove.self).read(try Fixture.bytes("proglove-plain"), limit: 10))
        #expect(try items(plain).first?.movement.lines.first?.item == .barcode("4006381333931"))
        #expect(plain.feedback == .proGlove(gateway: nil, device: "M2MR111100928"))
    }

    @Test(
        "a member that is there twice is refused, in every format and at every depth",
        arguments: [
            #"{"api_version":"1.0","event_type":"scan","event_id":"e","device_serial":"d","scan_code":"1","scan_code":"2","time_created":1}"#,
            #"{"type":"dataEVT","data":{"barcodeData":[{"data":"1","data":"2"}]}}"#, #"{"sku":"A","quantity":1,"quantity":5}"#,
            #"[{"data":{"idHex":"30340F5C0C2E3C0000000007","x":{"y":1,"y":2}}}]"#,
        ])
    func twice(text: String) throws {
        let error = try #require(throws: MalformedScan.self) { try PayloadFormat.automatic.read(Array(text.utf8), limit: 10) }
        #expect(error.description.hasSuffix("is there twice"), "\(error)")
    }

    @Test("a pressed button is no scan, and no mistake")
    func button() throws {
        #expect(try PayloadFormat.automatic.read(try Fixture.bytes("proglove-button"), limit: 10) == nil)
    }

    @Test("a sled's barcodes and tags are a movement each, and tags without an EPC none")
    func sled() throws {
        let payload = try #require(try PayloadFormat.automatic.read(try Fixture.bytes("zebra-sled"), limit: 10))
        #expect(payload.grouping == .apart && payload.scans.count == 3)
        let items = try items(payload)
        #expect(items.map(\.index) == [0, 1, 2] && items.map(\.isTag) == [false, false, true])
        #expect(items.allSatisfy { $0.movement.occurredAt == time })
        let tag = try SGTIN(hexadecimal: "30340F5C0C2E3C0000000007")
        #expect(items.last?.movement.lines.first?.item == .barcode(tag.gtin.digits14))
        #expect(items.last?.movement.lines.first?.trace == Trace(serial: "7"))
    }

    @Test("a fixed reader's tags are decoded; those of nobody's catalogue are left out")
    func reader() throws {
        let payload = try #require(try PayloadFormat.automatic.read(try Fixture.bytes("zebra-reader"), limit: 10))
        #expect(payload.scans.count == 2)
        let items = try items(payload)
        #expect(items.count == 1 && items[0].movement.occurredAt?.milliseconds == 1_795_365_599_120)
    }

    @Test("of a device that nobody knows, pointers say where things stand")
    func fields() throws {
        let fields = PayloadFields(
            items: JSONPointer("/reads"), code: try #require(JSONPointer("/bc")), id: JSONPointer("/key"),
            quantity: JSONPointer("/n"), time: JSONPointer("/at"), device: JSONPointer("/sensor/name"))
        let payload = try #require(try PayloadFormat.fields(fields).read(try Fixture.bytes("other-device"), limit: 10))
        #expect(payload.device == "cell-4" && payload.grouping == .apart)
        #expect(payload.scans.map(\.item) == [.code("4006381333931"), .code("2")])
        #expect(payload.scans.map(\.quantity) == [2, 1] && payload.scans.map(\.id) == ["71", "72"])
        #expect(payload.scans.map { $0.occurredAt?.milliseconds } == [1_795_365_599_000, 1_795_365_599_500])
    }

    @Test(
        "what is wrong in them is said, and where",
        arguments: [
            (PayloadFormat.vendor(ProGlove.self), #"{"event_type":"scan"}"#, "event_id is missing"),
            (.vendor(ProGlove.self), #"{"event_type":"scan","event_id":"x"}"#, "device_serial is missing"),
            (.vendor(ProGlove.self), #"{"event_type":"scan","event_id":"x","device_serial":"d"}"#, "scan_code is missing"),
            (
                .vendor(ProGlove.self), #"{"event_type":"scan","event_id":"x","device_serial":"d","scan_bytes":"%"}"#,
                "scan_bytes is not Base64 of UTF-8"
            ),
            (.vendor(ProGlove.self), "4006381333931", "event_type is missing"),
            (.vendor(ZebraSled.self), #"{"type":"x"}"#, "data is missing"),
            (.vendor(ZebraSled.self), #"{"data":{"barcodeData":[{}]}}"#, "data.barcodeData[0].decodedBarcode is missing"),
            (.vendor(ZebraReader.self), #"[{"data":{"format":"epc"}}]"#, "[0].data.idHex is missing"),
            (.fields(PayloadFields(code: JSONPointer("/a/b")!)), #"{"a":1}"#, "there is no string or number at code"),
            (.fields(PayloadFields(items: JSONPointer("/x"), code: JSONPointer("")!)), #"{"x":[]}"#, "the array at items is empty"),
            (
                .fields(PayloadFields(code: JSONPointer("/c")!, quantity: JSONPointer("/q")!)), #"{"c":"1","q":"two"}"#,
                "what stands at quantity is no whole number"
            ),
        ])
    func malformed(format: PayloadFormat, payload: String, problem: String) throws {
        let error = try #require(throws: MalformedScan.self) { try format.read(Array(payload.utf8), limit: 10) }
        #expect(error.description.hasPrefix(problem), "\(error)")
    }

    @Test("more scans than a message may have are refused")
    func limit() throws {
        let error = try #require(throws: MalformedScan.self) {
            try PayloadFormat.automatic.read(try Fixture.bytes("zebra-sled"), limit: 2)
        }
        #expect(error.description == "a message has at most 2 scans, not 3")
    }

    @Test("times are read as devices write them")
    func times() {
        let expected = Timestamp(milliseconds: 1_795_365_599_000)
        for value in [
            JSONValue.string("2026-11-22T16:39:59Z"), .string("2026-11-22T17:39:59.000+0100"), .number("1795365599"),
            .number("1795365599000"), .number("1795365599.0"), .number("1.795365599e9"),
        ] {
            #expect(DeviceTime.timestamp(value) == expected, "\(value)")
        }
        for value in [JSONValue.string("today"), .string("+0100"), .bool(true), .number("1e300")] {
            #expect(DeviceTime.timestamp(value) == nil, "\(value)")
        }
    }
}
