import GS1
import TallywireCore
import Testing

@Suite("What a code says")
struct CodeReadingTests {
    private static let gtin = "04006381333931"
    private static let label = "0104006381333931" + "17270228" + "10L-7\u{1D}" + "21S-1"

    private func read(_ code: String, _ options: CodeOptions = CodeOptions()) throws -> CodeReading {
        try CodeReading(code: code, options, year: 2026)
    }

    @Test(
        "white space, line ends and NUL around a code are no part of it",
        arguments: [
            "4006381333931\r\n", " 4006381333931 ", "4006381333931\0", "\0\04006381333931\t", "]C10104006381333931\r",
            "(01)04006381333931\r\n",
            "\u{1D}0104006381333931\r\n", "\u{FEFF}4006381333931",
        ])
    func blanks(code: String) throws {
        let item = try CodeReading(code: code, year: 2026).item
        #expect(item == .barcode("4006381333931") || item == .barcode("04006381333931"), "\(item)")
    }

    @Test("a serial number ends before the line does")
    func serialAtTheEnd() throws {
        let reading = try CodeReading(code: "0104006381333931" + "10AB\u{1D}21S\r\n", year: 2026)
        #expect(reading.trace == Trace(batch: "AB", serial: "S"))
    }

    @Test(
        "a plain code is a barcode as it stands",
        arguments: [
            "4006381333931", "A-17", "https://example.com/p/17", "01", "(X)1", "]Q1https://example.com/p/17", "010400638133393199",
            "01234567890123456789",
        ])
    func plain(code: String) throws {
        let text = code.hasPrefix("]Q1") ? String(code.dropFirst(3)) : code
        #expect(try read(code) == CodeReading(item: .barcode(text), trace: Trace()))
    }

    @Test(
        "a GS1 code gives GTIN, batch, serial number and expiry, however it is written",
        arguments: [
            "]C1" + label, "]d2" + label, "\u{1D}" + label, label, "(01)04006381333931(17)270228(10)L-7(21)S-1",
            "https://example.com/01/04006381333931/10/L-7/21/S-1?17=270228",
            "]Q1https://example.com/01/04006381333931/10/L-7/21/S-1?17=270228",
        ])
    func elementString(code: String) throws {
        #expect(
            try read(code)
                == CodeReading(
                    item: .barcode(Self.gtin), trace: Trace(batch: "L-7", serial: "S-1", expiry: CalendarDate("2027-02-28"))))
    }

    @Test("a retail code with its AIM prefix is a GTIN, also with fewer digits")
    func retail() throws {
        #expect(try read("]E04006381333931").item == .barcode(Self.gtin))
        #expect(try read("]E496385074").item == .barcode("00000096385074"))
        #expect(try read("]E0036000291452").item == .barcode("00036000291452"))
        #expect(try read("]E004252614").item == .barcode("00042100005264"), "UPC-E")
        #expect(try read("]A0HELLO").item == .barcode("HELLO"))
    }

    @Test("a month without a day lasts to its end")
    func openDay() throws {
        #expect(try read("]C1010400638133393117280200").trace.expiry == CalendarDate("2028-02-29"))
    }

    @Test("how many are in it is counted: 37 of what a logistic unit holds, 30 of a variable item")
    func counts() throws {
        let pallet = try read("]C100" + "340123450000000000" + "0204006381333931" + "3724")
        #expect(pallet.item == .barcode(Self.gtin) && pallet.count == 24)
        #expect(try read("]C1" + "01940063813339342".prefix(0) + "0104006381333931" + "3012").count == 12)
    }

    @Test(
        "what is no item is refused with a reason",
        arguments: [
            ("]C100340123450000000000", "names a pallet or a parcel"), ("]C110L-7", "the code is no proper GS1 code: "),
            ("]C10104006381333932", "the code is no proper GS1 code: (01)"), ("\u{1D}xx", "the code is no proper GS1 code: "),
            ("", "the code is empty"), ("]C1414" + "4012345000009", "it has no GTIN"),
        ])
    func refused(code: String, problem: String) throws {
        let error = try #require(throws: MalformedCode.self) { try read(code) }
        #expect(error.description.contains(problem), "\(error)")
    }

    @Test("devices may write GS otherwise, put something around codes, send no prefix, or drop zeros")
    func options() throws {
        let trace = Trace(batch: "L-7", serial: "S-1", expiry: CalendarDate("2027-02-28"))
        let piped = Self.label.replacing("\u{1D}", with: "|")
        #expect(try read(piped, CodeOptions(separator: "|")).trace == trace)
        #expect(try read(piped.replacing("|", with: "{GS}"), CodeOptions(separator: "{GS}")).trace == trace)
        #expect(try read("<]C1" + Self.label + ">", CodeOptions(prefix: "<", suffix: ">")).trace == trace)
        #expect(try read("<4006381333931>", CodeOptions(prefix: "<", suffix: ">")).item == .barcode("4006381333931"))
        // Without a prefix and a GTIN, an element string is one only if the device says that all are.
        #expect(try read("10L-7").item == .barcode("10L-7"))
        #expect(throws: MalformedCode.self) { try read("10L-7", CodeOptions(elementStrings: .always)) }
        #expect(try read("4006381333931", CodeOptions(elementStrings: .always)).item == .barcode("4006381333931"))
        #expect(try read(Self.label, CodeOptions(elementStrings: .never)).item == .barcode(Self.label))
        #expect(try read("36000291452", CodeOptions(dropsZeros: true)).item == .barcode("00036000291452"))
        #expect(try read("36000291452").item == .barcode("36000291452"))
        #expect(try read(String(Self.label.dropFirst()), CodeOptions(dropsZeros: true)).trace == trace)
    }

    @Test("a tag's EPC gives GTIN and serial number; other tags are no item's")
    func tags() throws {
        let epc = try SGTIN(gtin: try GTIN("4006381333931"), serial: "4711", companyPrefixLength: 7).sgtin96()
        #expect(CodeReading(tag: epc) == CodeReading(item: .barcode(Self.gtin), trace: Trace(serial: "4711")))
        for other in ["", "zz", "E2801191A503006545332D6E", String(epc.dropLast())] {
            #expect(CodeReading(tag: other) == nil, "\(other)")
        }
    }

    @Test("options of a device are filled up from those of *")
    func filled() {
        let own = CodeOptions(separator: "|", dropsZeros: false)
        let all = CodeOptions(separator: "^", prefix: "<", elementStrings: .always, dropsZeros: true)
        #expect(own.filled(from: all) == CodeOptions(separator: "|", prefix: "<", elementStrings: .always, dropsZeros: false))
    }
}
