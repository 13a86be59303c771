/// A Serial Shipping Container Code: eighteen digits that identify one pallet, carton or parcel, with a correct check digit.
///
/// GS1 General Specifications, section "Serial Shipping Container Code (SSCC)". AI (00).
public struct SSCC: Hashable, Sendable {
    let value: UInt64

    /// - Precondition: `value` has at most 18 digits, and the last is its check digit.
    init(verified value: UInt64) {
        self.value = value
    }

    /// Reads eighteen digits, the last of them the check digit.
    ///
    /// - Throws: ``GS1Error`` with reason `nonDigit`, `wrongDigitCount` or `checkDigit`.
    public init(_ digits: some StringProtocol) throws(GS1Error) {
        value = try DigitKey.read(digits, counts: [18], name: "an SSCC")
    }

    /// The eighteen digits.
    public var digits: String { DigitKey.write(value, count: 18) }

    /// The first digit, which the packer chooses freely in order to have more numbers.
    public var extensionDigit: Int { Int(value / 100_000_000_000_000_000) }
}

extension SSCC: CustomStringConvertible {
    /// The eighteen digits.
    public var description: String { digits }
}
