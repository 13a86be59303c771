/// A Global Location Number: thirteen digits that identify a location or a party, with a correct check digit.
///
/// GS1 General Specifications, section "Global Location Number (GLN)". AIs (410) to (417).
public struct GLN: Hashable, Sendable {
    let value: UInt64

    /// - Precondition: `value` has at most 13 digits, and the last is its check digit.
    init(verified value: UInt64) {
        self.value = value
    }

    /// Reads thirteen digits, the last of them the check digit.
    ///
    /// - Throws: ``GS1Error`` with reason `nonDigit`, `wrongDigitCount` or `checkDigit`.
    public init(_ digits: some StringProtocol) throws(GS1Error) {
        value = try DigitKey.read(digits, counts: [13], name: "a GLN")
    }

    /// The thirteen digits.
    public var digits: String { DigitKey.write(value, count: 13) }
}

extension GLN: CustomStringConvertible {
    /// The thirteen digits.
    public var description: String { digits }
}
