/// A decimal number as the label has it: digits, and how many of them are after the point. Nothing is rounded.
///
/// Two numbers are equal if they have the same value, however many zeros they end with.
public struct ExactDecimal: Sendable {
    /// The digits as a whole number.
    public let mantissa: Int64
    /// The power of ten by which the mantissa is multiplied, 0 to -9 in GS1 data.
    public let exponent: Int

    /// `mantissa` times ten to the power of `exponent`. The exponent has to be 0 to -18.
    public init(mantissa: Int64, exponent: Int) {
        precondition((-18...0).contains(exponent), "the exponent of an ExactDecimal is 0 to -18")
        self.mantissa = mantissa
        self.exponent = exponent
    }

    /// The nearest binary floating-point number.
    public var doubleValue: Double {
        // One division by a power of ten, which is exact up to 10^22, rounds once.
        Double(mantissa) / (0..<(-exponent)).reduce(1.0) { power, _ in power * 10 }
    }

    /// The number without trailing zeros after the point.
    private var reduced: (mantissa: Int64, exponent: Int) {
        var (mantissa, exponent) = (mantissa, exponent)
        while exponent < 0, mantissa.isMultiple(of: 10) {
            mantissa /= 10
            exponent += 1
        }
        return (mantissa, exponent)
    }
}

extension ExactDecimal: Hashable {
    /// Whether both numbers have the same value.
    public static func == (left: ExactDecimal, right: ExactDecimal) -> Bool {
        left.reduced == right.reduced
    }

    /// Hashes the value, whatever zeros the number ends with.
    public func hash(into hasher: inout Hasher) {
        let reduced = reduced
        hasher.combine(reduced.mantissa)
        hasher.combine(reduced.exponent)
    }
}

extension ExactDecimal: CustomStringConvertible {
    /// The number with a point, and with as many digits after it as the label has: `1.250`.
    public var description: String {
        guard exponent < 0 else { return String(mantissa) }
        let digits = String(mantissa.magnitude)
        let padded = String(repeating: "0", count: max(0, 1 - exponent - digits.utf8.count)) + digits
        return (mantissa < 0 ? "-" : "") + padded.dropLast(-exponent) + "." + padded.suffix(-exponent)
    }
}
