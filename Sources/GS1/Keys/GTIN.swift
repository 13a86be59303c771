/// A Global Trade Item Number: GTIN-8, GTIN-12, GTIN-13 or GTIN-14, with a correct check digit.
///
/// All forms of one number are the same value: they differ only in leading zeros, and two GTINs are equal if their 14 digits are.
/// GS1 General Specifications, section "Global Trade Item Number (GTIN)".
public struct GTIN: Hashable, Sendable {
    /// The fourteen digits as a number.
    let value: UInt64

    /// - Precondition: `value` has at most 14 digits, and the last is its check digit.
    init(verified value: UInt64) {
        self.value = value
    }

    /// Reads 8, 12, 13 or 14 digits, the last of them the check digit.
    ///
    /// - Throws: ``GS1Error`` with reason `nonDigit`, `wrongDigitCount` or `checkDigit`.
    public init(_ digits: some StringProtocol) throws(GS1Error) {
        try self.init(String(digits))
    }

    /// Reads 8, 12, 13 or 14 digits, the last of them the check digit.
    ///
    /// - Throws: ``GS1Error`` with reason `nonDigit`, `wrongDigitCount` or `checkDigit`.
    public init(_ digits: String) throws(GS1Error) {
        value = try DigitKey.read(digits, counts: Self.counts, name: "a GTIN")
    }

    private static let counts = [8, 12, 13, 14]

    /// Reads 7, 11, 12 or 13 digits and adds the check digit.
    ///
    /// - Throws: ``GS1Error`` with reason `nonDigit` or `wrongDigitCount`.
    public init(withoutCheckDigit digits: some StringProtocol) throws(GS1Error) {
        guard [7, 11, 12, 13].contains(digits.utf8.count) else {
            throw GS1Error(.wrongDigitCount, expected: "a GTIN without its check digit, of 7, 11, 12, 13 digits")
        }
        guard let check = CheckDigit.mod10(of: digits), let number = UInt64(digits) else {
            throw GS1Error(.nonDigit, expected: "a GTIN of digits alone")
        }
        value = number * 10 + UInt64(check)
    }

    /// The number with leading zeros up to fourteen digits: the form to store and to compare.
    public var digits14: String { DigitKey.write(value, count: 14) }

    /// The thirteen digits of an EAN-13 symbol; nil if the number has more.
    public var gtin13: String? { value < 10_000_000_000_000 ? DigitKey.write(value, count: 13) : nil }

    /// The twelve digits of a UPC-A symbol; nil if the number has more.
    public var gtin12: String? { value < 1_000_000_000_000 ? DigitKey.write(value, count: 12) : nil }

    /// The eight digits of an EAN-8 symbol; nil if the number has more.
    ///
    /// Eight digits may also be a GTIN-12 with four leading zeros. The number does not say which of the two it is.
    public var gtin8: String? { value < 100_000_000 ? DigitKey.write(value, count: 8) : nil }

    /// All forms of the number, from fourteen digits down to the fewest, for a search in a catalogue that has GTINs as printed.
    public var allForms: [String] { [digits14, gtin13, gtin12, gtin8].compactMap(\.self) }

    /// The first of the fourteen digits, 0 to 9.
    public var indicator: Int { Int(value / 10_000_000_000_000) }

    /// The packaging, by the indicator digit.
    public var packaging: Packaging {
        switch indicator {
        case 0: .baseUnit
        case 9: .variableMeasure
        default: .pack(level: indicator)
        }
    }

    /// The packaging of an item, by the indicator digit of its GTIN.
    public enum Packaging: Hashable, Sendable {
        /// Indicator 0: the item itself, or a pack that has a GTIN-13 of its own.
        case baseUnit
        /// Indicator 1 to 8: a uniform pack of the item with the same twelve digits. The indicator tells packs apart and does not
        /// say how many items are in them.
        case pack(level: Int)
        /// Indicator 9: an item that is sold by weight or length. The measure is in another application identifier.
        case variableMeasure
    }

    /// The GTIN with the same twelve digits, another indicator and its check digit; nil unless `indicator` is 0 to 9.
    ///
    /// Packs of indicator 1 to 8 share the twelve digits of the item in them, so `withIndicator(0)` of a carton is that item.
    public func withIndicator(_ indicator: Int) -> GTIN? {
        guard (0...9).contains(indicator) else { return nil }
        let body = UInt64(indicator) * 1_000_000_000_000 + value / 10 % 1_000_000_000_000
        return GTIN(verified: body * 10 + UInt64(CheckDigit.mod10(of: body)))
    }
}

extension GTIN: CustomStringConvertible, Comparable {
    /// The fourteen digits.
    public var description: String { digits14 }

    /// In the order of the numbers.
    public static func < (left: GTIN, right: GTIN) -> Bool { left.value < right.value }
}
