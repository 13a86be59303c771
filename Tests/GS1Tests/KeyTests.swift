import GS1
import Testing

@Suite("Keys")
struct KeyTests {
    @Test(
        "GTINs of 8, 12, 13 and 14 digits are one number of fourteen",
        arguments: [
            ("4006381333931", "04006381333931"), ("04006381333931", "04006381333931"), ("96385074", "00000096385074"),
            ("036000291452", "00036000291452"), ("14006381333938", "14006381333938"), ("0036000291452", "00036000291452"),
        ])
    func normalised(written: String, digits14: String) throws {
        #expect(try GTIN(written).digits14 == digits14)
        #expect(try GTIN(withoutCheckDigit: written.dropLast()).digits14 == digits14)
        #expect(try GTIN(written) == GTIN(digits14))
    }

    @Test("a GTIN knows the short forms it has and no others")
    func shortForms() throws {
        let ean8 = try GTIN("96385074")
        #expect(ean8.allForms == ["00000096385074", "0000096385074", "000096385074", "96385074"])
        let ean13 = try GTIN("4006381333931")
        #expect(ean13.gtin13 == "4006381333931")
        #expect(ean13.gtin12 == nil)
        #expect(ean13.gtin8 == nil)
        #expect(try GTIN("14006381333938").gtin13 == nil)
        #expect(try GTIN("036000291452").gtin12 == "036000291452")
    }

    @Test("the indicator digit tells items, packs and variable measure apart")
    func indicator() throws {
        let item = try GTIN("4006381333931")
        #expect(item.packaging == .baseUnit)
        let carton = try #require(item.withIndicator(1))
        #expect(carton.digits14 == "14006381333938")
        #expect(carton.packaging == .pack(level: 1))
        #expect(carton.withIndicator(0) == item)
        #expect(item.withIndicator(9)?.packaging == .variableMeasure)
        #expect(item.withIndicator(10) == nil)
    }

    @Test(
        "UPC-E expands by each of its rules, and comes back",
        arguments: [
            ("01234505", "012000003455"), ("04252614", "042100005264"), ("01234531", "012300000451"), ("01234543", "012340000053"),
            ("01234558", "012345000058"), ("01234565", "012345000065"),
        ])
    func upce(short: String, long: String) throws {
        let gtin = try GTIN(upce: short)
        #expect(gtin.gtin12 == long)
        #expect(gtin.upce == short)
        #expect(try GTIN(upce: short.dropLast()) == gtin)
        #expect(try GTIN(upce: short.dropFirst().dropLast()) == gtin)
    }

    @Test("every UPC-E number of six digits comes back from the number it stands for")
    func upceRoundTrip() throws {
        var back = 0
        for number in stride(from: 0, to: 1_000_000, by: 37) {
            let digits = String(number)
            let six = String(repeating: "0", count: 6 - digits.count) + digits
            let gtin = try GTIN(upce: six)
            // Some numbers have two short forms; what counts is that both are the same GTIN.
            #expect(try GTIN(upce: #require(gtin.upce)) == gtin)
            // GS1 knows no symbol of number system 1, but people have some, and type their digits.
            let other = try GTIN(upce: "1" + six)
            #expect(other.upce == nil)
            if let typed = other.typedUPCE {
                #expect(try GTIN(upce: typed) == other)
                back += 1
            }
        }
        // What ends in 5 to 9 is an EAN-8 as well, since both check digits are of the same sum then, and is not taken for UPC-E.
        #expect((12_000...13_500).contains(back))
    }

    @Test("a GTIN that UPC-E cannot carry has no short form of it")
    func noUPCE() throws {
        #expect(try GTIN("036000291452").upce == nil)
        #expect(try GTIN("4006381333931").upce == nil)
    }

    @Test(
        "what is no GTIN is refused, with the reason in plain words",
        arguments: [
            ("4006381333930", "check_digit", "byte 12: the check digit is wrong; expected a GTIN with the check digit 1"),
            ("400638133393", "check_digit", "byte 11: the check digit is wrong; expected a GTIN with the check digit 0"),
            ("40063813339", "wrong_digit_count", "the number of digits is wrong; expected a GTIN of 8, 12, 13, 14 digits"),
            ("400638133393x", "non_digit", "byte 12: there is a character that is not a digit; expected a GTIN of digits alone"),
            ("", "wrong_digit_count", "the number of digits is wrong; expected a GTIN of 8, 12, 13, 14 digits"),
            ("٤٠٠٦٣٨١٣", "non_digit", "byte 0: there is a character that is not a digit; expected a GTIN of digits alone"),
            (
                "99999999999999999999999999999999999999999", "wrong_digit_count",
                "the number of digits is wrong; expected a GTIN of 8, 12, 13, 14 digits"
            ),
        ])
    func refused(text: String, code: String, description: String) throws {
        let error = try #require(throws: GS1Error.self) { try GTIN(text) }
        #expect(error.reason.code == code)
        #expect(error.description == description)
    }

    @Test("an SSCC has eighteen digits and a GLN thirteen, both with a check digit")
    func otherKeys() throws {
        #expect(try SSCC("106141411234567897").digits == "106141411234567897")
        #expect(try SSCC("106141411234567897").extensionDigit == 1)
        #expect(try SSCC("006141411234567890").description == "006141411234567890")
        #expect(try GLN("9520123456788").digits == "9520123456788")
        #expect(throws: GS1Error.self) { try SSCC("106141411234567890") }
        #expect(throws: GS1Error.self) { try SSCC("06141411234567897") }
        #expect(throws: GS1Error.self) { try GLN("9520123456789") }
        #expect(throws: GS1Error.self) { try GLN("09520123456788") }
    }

    @Test("check digits and check pairs are calculated as in the General Specifications")
    func checks() {
        #expect(CheckDigit.mod10(of: "629104150021") == 3)
        #expect(CheckDigit.mod10(of: "37610425002123456") == 9)
        #expect(CheckDigit.mod10(of: "") == nil)
        #expect(CheckDigit.mod10(of: "12a") == nil)
        #expect(CheckPair.mod1021(of: "1987654Ad4X4bL5ttr2310c") == "2K")
        #expect(CheckPair.mod1021(of: " ") == nil)
        #expect(CheckPair.mod1021(of: String(repeating: "z", count: CheckPair.maximumLength)) == "UA")
        #expect(CheckPair.mod1021(of: String(repeating: "z", count: CheckPair.maximumLength + 1)) == nil)
    }
}
