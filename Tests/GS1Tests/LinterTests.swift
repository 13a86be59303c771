import GS1
import Testing

@Suite("Linters")
struct LinterTests {
    @Test(
        "a linter says what is wrong and where",
        arguments: [
            (Linter.csum, "4006381333930", Violation.checkDigit, 12), (.csumalpha, "1987654Ad4X4bL5ttr2310c2X", .checkPair, 23),
            (.yymmd0, "271301", .month, 2), (.yymmd0, "270230", .day, 4), (.yymmdd, "270200", .day, 4), (.hhmi, "2360", .minute, 2),
            (.iso3166, "999", .country, 0), (.iso4217, "000", .currency, 0), (.iban, "GB99MIDL07009312345678", .ibanChecksum, 2),
            (.pieceoftotal, "0302", .pieceExceedsTotal, 0), (.posinseqslash, "1/02", .leadingZero, 2),
            (.cset82, "AB~", .notCharacterSet82, 2), (.cset39, "ab", .notCharacterSet39, 0), (.cset64, "ABC=", .base64Padding, 3),
            (.packagetype, "zz", .packageType, 0), (.pcenc, "AB%2", .percentSequence, 2), (.latitude, "1800000001", .latitude, 0),
            (.couponcode, "0", .coupon(.truncated, .companyPrefix), 1), (.gcppos2, "112a4", .companyPrefix, 3),
        ])
    func findings(linter: Linter, text: String, violation: Violation, offset: Int) throws {
        let finding = try #require(linter.finding(in: text))
        #expect(finding.violation == violation)
        #expect(finding.offset == offset)
    }

    @Test("every linter takes every byte and nothing at all")
    func everyByte() {
        for linter in Linter.allCases {
            _ = linter.finding(in: "")
            #expect(!linter.description.isEmpty)
            for byte in UInt8.min...UInt8.max {
                for count in [1, 2, 3, 6, 10, 200] {
                    let finding = linter.finding(in: [UInt8](repeating: byte, count: count))
                    if let finding { #expect((0...count).contains(finding.offset), "\(linter) \(byte)") }
                }
            }
        }
    }
}
