extension GTIN {
    /// Expands a UPC-E number: six digits, or seven that begin with the number system 0 or 1, or eight that also end with the check
    /// digit. Six digits belong to number system 0.
    ///
    /// GS1 General Specifications, section "UPC-E symbols": zeros of a GTIN-12 are left out by one of several rules, and the sixth
    /// digit says which.
    ///
    /// - Throws: ``GS1Error`` with reason `nonDigit`, `wrongDigitCount` or `checkDigit`.
    public init(upce digits: some StringProtocol) throws(GS1Error) {
        let bytes = Array(digits.utf8)
        if let wrong = bytes.firstIndex(where: { !$0.isDigit }) {
            throw GS1Error(.nonDigit, at: wrong, expected: "a UPC-E number of digits alone")
        }
        guard (6...8).contains(bytes.count), bytes.count == 6 || bytes[0] == 0x30 || bytes[0] == 0x31 else {
            throw GS1Error(.wrongDigitCount, expected: "a UPC-E number of 6 digits, or 7 or 8 that begin with 0 or 1")
        }
        let system = bytes.count == 6 ? 0 : UInt64(bytes[0] - 0x30)
        let six = (bytes.count == 6 ? bytes[...] : bytes[1..<7]).map { UInt64($0 - 0x30) }
        let (manufacturer, item): (UInt64, UInt64) =
            switch six[5] {
            case 0...2: (Self.number(six[0], six[1], six[5], 0, 0), Self.number(six[2], six[3], six[4]))
            case 3: (Self.number(six[0], six[1], six[2], 0, 0), Self.number(six[3], six[4]))
            case 4: (Self.number(six[0], six[1], six[2], six[3], 0), six[4])
            default: (Self.number(six[0], six[1], six[2], six[3], six[4]), six[5])
            }
        let body = system * 10_000_000_000 + manufacturer * 100_000 + item
        let check = UInt64(CheckDigit.mod10(of: body))
        if bytes.count == 8, UInt64(bytes[7] - 0x30) != check {
            throw GS1Error(.checkDigit, at: 7, expected: "a UPC-E number with the check digit \(check)")
        }
        self.init(verified: body * 10 + check)
    }

    /// The eight digits of a UPC-E symbol; nil unless the number has number system 0 and zeros at the right positions.
    public var upce: String? { value < 100_000_000_000 ? zeroSuppressed : nil }

    /// The eight digits of a UPC-E symbol of number system 0 or 1, as people type them; nil if no such symbol has this number, or
    /// if the digits are those of another GTIN-8.
    public var typedUPCE: String? { zeroSuppressed.flatMap { (try? GTIN($0)) == nil ? $0 : nil } }

    /// Number system 0 or 1, the six digits that remain when zeros are left out, and the check digit.
    var zeroSuppressed: String? {
        guard value < 200_000_000_000 else { return nil }
        let manufacturer = value / 1_000_000 % 100_000
        let item = value / 10 % 100_000
        let six: UInt64
        if manufacturer % 100 == 0, manufacturer / 100 % 10 <= 2, item < 1000 {
            six = manufacturer / 1000 * 10_000 + item * 10 + manufacturer / 100 % 10
        } else if manufacturer % 100 == 0, item < 100 {
            six = manufacturer / 100 * 1000 + item * 10 + 3
        } else if manufacturer % 10 == 0, item < 10 {
            six = manufacturer / 10 * 100 + item * 10 + 4
        } else if (5...9).contains(item) {
            six = manufacturer * 10 + item
        } else {
            return nil
        }
        let system = value / 100_000_000_000
        return DigitKey.write(system * 10_000_000 + six * 10 + value % 10, count: 8)
    }

    private static func number(_ digits: UInt64...) -> UInt64 {
        digits.reduce(0) { $0 * 10 + $1 }
    }
}
