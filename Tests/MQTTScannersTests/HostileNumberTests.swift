import Foundation
import TallywireCore
import Testing

@testable import MQTTScanners

@Suite("Numbers from outside meet no arithmetic that traps")
struct HostileNumberTests {
    private static let numbers = [
        "-9223372036854775808", "-9223372036854775807", "9223372036854775807", "9223372036854775806", "-62135596800001",
        "253402300800000",
        "-99999999999", "99999999999", "100000000000", "-100000000000", "1e18", "-1e18", "1e308", "-1e308", "1e-308", "0", "-0",
        "0.5",
        "99999999999.9", "18446744073709551616", "1e400",
    ]

    private func payload(_ format: PayloadFormat, _ json: String) throws -> ScanPayload? {
        try format.read(Array(json.utf8), limit: 10)
    }

    @Test("a time of any format is one of the years 1 to 9999, or none", arguments: Self.numbers)
    func times(number: String) throws {
        let fields = PayloadFields(code: try #require(JSONPointer("/code")), time: JSONPointer("/time"))
        let texts: [(PayloadFormat, String)] = [
            (
                .automatic,
                #"{"api_version":"1.0","event_type":"scan","event_id":"e","device_serial":"d","scan_code":"1","time_created":\#(number)}"#
            ),
            (.vendor(ZebraSled.self), #"{"data":{"barcodeData":[{"decodedBarcode":"1"}]},"timestamp":\#(number)}"#),
            (.vendor(ZebraReader.self), #"{"data":{"idHex":"30340F5C0C2E3C0000000007"},"timestamp":\#(number)}"#),
            (.fields(fields), #"{"code":"1","time":\#(number)}"#),
        ]
        for (format, text) in texts {
            let times = (try? payload(format, text))??.scans.compactMap(\.occurredAt) ?? []
            #expect(times.allSatisfy { Timestamp.range.contains($0.milliseconds) }, "\(format)")
        }
    }

    @Test("seconds and milliseconds are told apart, also before 1970")
    func units() {
        func time(_ number: String) -> Int64? { DeviceTime.timestamp(.number(number))?.milliseconds }
        #expect(time("1795365599") == 1_795_365_599_000 && time("1795365599123") == 1_795_365_599_123)
        #expect(time("-1") == -1_000 && time("1795365599.5") == 1_795_365_599_500)
        #expect(time("-9223372036854775808") == nil && time("9223372036854775807") == nil)
    }

    @Test("any two times can be compared for a bounce")
    func bounces() {
        func span(_ milliseconds: Int64) -> TimeSpan {
            TimeSpan(earliest: Timestamp(milliseconds: milliseconds), latest: Timestamp(milliseconds: milliseconds))
        }
        #expect(!span(.min).isFollowed(by: span(.max), within: .seconds(3)))
        #expect(!span(.min + 3_000).isFollowed(by: span(1_795_365_599_000), within: .seconds(3)))
        #expect(span(1_000).isFollowed(by: span(2_000), within: .seconds(3)))
    }

    @Test(
        "a letter with any number of marks is refused before it is compared with anything",
        arguments: ["aX", #"{"X":1}"#, #"{"sku":"A","operation":"X"}"#, #"{"event_type":"X","api_version":"1"}"#, #""X""#])
    func marks(template: String) {
        for mark in ["\u{301}\u{316}", #"\u0301\u0316"#] {
            let text = template.replacing("X", with: "a" + String(repeating: mark, count: 64_000 / mark.utf8.count))
            let error = #expect(throws: MalformedScan.self) { try payload(.automatic, text) }
            #expect(error?.description.contains("combining marks") == true)
            #expect(throws: MalformedScan.self) { try DeviceStatus(Array(text.utf8)) }
            #expect(ScanPayload.id(inMalformed: Array(text.utf8)) == nil)
        }
    }

    @Test("nor does Base64 hide such a letter")
    func hiddenMarks() {
        let code = Data(("a" + String(repeating: "\u{301}\u{316}", count: 10_000)).utf8).base64EncodedString()
        let error = #expect(throws: MalformedScan.self) {
            try payload(
                .automatic,
                #"{"api_version":"1.0","event_type":"scan","event_id":"e","device_serial":"d","scan_bytes":"\#(code)"}"#)
        }
        #expect(error?.description.contains("combining marks") == true)
    }

    @Test("a quantity of null is refused: it would count one")
    func nullQuantity() throws {
        #expect(throws: MalformedScan.self) { try payload(.tallywire, #"{"sku":"A","quantity":null}"#) }
        #expect(try payload(.tallywire, #"{"sku":"A","location":null}"#)?.scans.first?.location == nil)
        let fields = PayloadFields(code: try #require(JSONPointer("/code")), quantity: JSONPointer("/n"))
        #expect(throws: MalformedScan.self) { try payload(.fields(fields), #"{"code":"1","n":null}"#) }
        #expect(try payload(.fields(fields), #"{"code":"1"}"#)?.scans.first?.quantity == nil)
    }
}
