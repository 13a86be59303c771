/// The check digit of GS1's numeric keys: modulo 10, weights 3 and 1 from the right.
///
/// GS1 General Specifications, section "Standard check digit calculations for GS1 data structures". The calculation is the same for
/// a GTIN of any length, an SSCC, a GLN and every other key of digits.
public enum CheckDigit {
    /// The check digit that follows `digits`, 0 to 9; nil if `digits` is empty or contains anything but digits of ASCII.
    public static func mod10(of digits: some Sequence<UInt8>) -> UInt8? {
        // From the left with both weights, since the parity of the length is known only at the end.
        var ifThreeFirst = 0
        var ifOneFirst = 0
        var count = 0
        for digit in digits {
            guard digit.isDigit else { return nil }
            let value = Int(digit &- 0x30)
            if count.isMultiple(of: 2) {
                ifThreeFirst = (ifThreeFirst + 3 * value) % 10
                ifOneFirst = (ifOneFirst + value) % 10
            } else {
                ifThreeFirst = (ifThreeFirst + value) % 10
                ifOneFirst = (ifOneFirst + 3 * value) % 10
            }
            count += 1
        }
        guard count > 0 else { return nil }
        let sum = count.isMultiple(of: 2) ? ifOneFirst : ifThreeFirst
        return UInt8((10 - sum) % 10)
    }

    /// The check digit that follows `digits`; nil if `digits` is empty or contains anything but digits.
    public static func mod10(of digits: some StringProtocol) -> UInt8? {
        mod10(of: digits.utf8)
    }

    /// The check digit that follows the decimal digits of `number`.
    static func mod10(of number: UInt64) -> UInt8 {
        var rest = number
        var sum: UInt64 = 0
        var weight: UInt64 = 3
        while rest > 0 {
            sum += weight * (rest % 10)
            rest /= 10
            weight = 4 - weight
        }
        return UInt8((10 - sum % 10) % 10)
    }

    /// Whether the last of `digits` agrees with those before it. All have to be digits.
    static func isValid(_ digits: Span<UInt8>) -> Bool {
        var sum = 0
        var weight = 1
        var index = digits.count - 1
        while index >= 0 {
            sum &+= weight &* Int(digits[index] &- 0x30)
            // A digit adds at most 27, so the sum cannot overflow: inputs are limited to a few thousand bytes.
            weight = 4 &- weight
            index -= 1
        }
        return sum % 10 == 0
    }
}
