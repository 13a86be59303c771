import GS1
import Testing

/// The examples of docs/GS1.md.
@Suite("Documentation")
struct DocumentationTests {
    @Test("a scan")
    func scan() throws {
        let scan = try Scan("]C1010952123454321317271200" + "10AB-123\u{1D}" + "21SER7")
        #expect(scan.symbology == .gs1Code128)
        #expect(scan.message?.gtin?.digits14 == "09521234543213")
        #expect(scan.message?.batch == "AB-123")
        #expect(scan.message?.expiry(referenceYear: 2026)?.description == "2027-12")
        #expect(scan.message?.expiry(referenceYear: 2026)?.lastDay.description == "2027-12-31")
    }

    @Test("what a message says")
    func message() throws {
        let pallet = try GS1Message(bracketed: "(00)106141411234567897(02)09521234543213(37)24(10)L-7")
        #expect(pallet.sscc?.digits == "106141411234567897")
        #expect(pallet.gtin?.digits14 == "09521234543213")
        #expect(pallet.count == 24)
        #expect(pallet[.batch] == "L-7")
        let cheese = try GS1Message(bracketed: "(01)99521234543216(3103)001250(3932)9781999")
        #expect(cheese.netWeight?.value.description == "1.250")
        #expect(cheese.netWeight?.value.mantissa == 1250)
        #expect(cheese.netWeight?.value.exponent == -3)
        #expect(cheese.netWeight?.unit == .kilograms)
        #expect(cheese.elements[2].amount?.value.description == "19.99")
        #expect(cheese.elements[2].amount?.currency == "978")
    }

    @Test("the other forms")
    func forms() throws {
        let message = try GS1Message(bracketed: "(01)09521234543213(10)AB-123(17)271231")
        #expect(message.elementString == "010952123454321310AB-123\u{1D}17271231")
        #expect(message.bracketed == "(01)09521234543213(10)AB-123(17)271231")
        #expect(
            try message.digitalLink(stem: "https://example.com") == "https://example.com/01/09521234543213/10/AB-123?17=271231")
        #expect(try message.scanData(in: .dataMatrix) == "]d2010952123454321310AB-123\u{1D}17271231")
    }

    @Test("keys")
    func keys() throws {
        let gtin = try GTIN("4006381333931")
        #expect(gtin.digits14 == "04006381333931")
        #expect(gtin.allForms == ["04006381333931", "4006381333931"])
        #expect(gtin.withIndicator(1)?.digits14 == "14006381333938")
        #expect(gtin.withIndicator(1)?.packaging == .pack(level: 1))
        #expect(try GTIN(upce: "04252614").gtin12 == "042100005264")
        #expect(try GTIN(withoutCheckDigit: "400638133393").digits14 == "04006381333931")
        #expect(CheckDigit.mod10(of: "37610425002123456") == 9)
    }

    @Test("RFID tags")
    func tags() throws {
        let tag = try SGTIN(hexadecimal: "3074257BF7194E4000001A85")
        #expect(tag.gtin.digits14 == "80614141123458")
        #expect(tag.serial == "6789")
        #expect(tag.uri == "urn:epc:id:sgtin:0614141.812345.6789")
        #expect(try tag.sgtin96() == "3074257BF7194E4000001A85")
    }

    @Test("errors")
    func errors() throws {
        do throws(GS1Error) {
            _ = try GS1Message(elementString: "010952123454321317271331")
            Issue.record("a month of 13 is read")
        } catch {
            #expect(error.applicationIdentifier == .expiry)
            #expect(error.position == 20)
            #expect(error.reason.code == "month")
            #expect(error.expected == "a date as YYMMDD, where DD may be 00")
            #expect(
                "\(error)" == "(17) at byte 20: the month is not 01 to 12; expected a date as YYMMDD, where DD may be 00")
        }
    }
}
