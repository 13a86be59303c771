/// An exact amount of money in a currency's hundredths, without the currency.
///
/// A price is a whole number of hundredths and never a binary fraction, so that sums and comparisons are exact. On the wire a price
/// is a JSON number with two decimals (`19.90`).
public struct Price: Hashable, Comparable, Sendable {
    /// The amount in hundredths: `1990` is 19.90. Between 0 and ``Limits/largestPrice``.
    public let hundredths: Int64

    /// A price of so many hundredths, or `nil` outside 0 ... ``Limits/largestPrice``.
    public init?(hundredths: Int64) {
        guard (0...Limits.largestPrice).contains(hundredths) else { return nil }
        self.hundredths = hundredths
    }

    /// Reads a plain decimal such as `19`, `19.9` or `19.90`. Returns `nil` for more than two decimals other than zeros, a sign, an
    /// exponent, or a value above ``Limits/largestPrice``.
    public init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.count <= 12 else { return nil }
        var fraction = parts.count == 2 ? Array(parts[1]) : []
        if parts.count == 2 && fraction.isEmpty { return nil }
        while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        guard fraction.count <= 2 else { return nil }
        while fraction.count < 2 { fraction.append(UInt8(ascii: "0")) }
        var value: Int64 = 0
        for digit in Array(whole) + fraction {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        self.init(hundredths: value)
    }

    /// The price that a JSON number stands for. A double distinguishes all numbers of at most two decimals within the limit, so its
    /// shortest text is the text that was sent.
    public init?(_ number: Double) {
        guard number.isFinite, number >= 0, number <= Double(Limits.largestPrice) / 100 else { return nil }
        if number < 0.005 {
            guard number == 0 else { return nil }
            self.init(hundredths: 0)
        } else {
            self.init(number.description)
        }
    }

    public static func < (a: Price, b: Price) -> Bool { a.hundredths < b.hundredths }
}

extension Price: CustomStringConvertible {
    /// The amount with two decimals, as on the wire.
    public var description: String {
        let cents = hundredths % 100
        return "\(hundredths / 100).\(cents < 10 ? "0" : "")\(cents)"
    }
}

extension Price: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let price = Price(try container.decode(Double.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a price is a number from 0 to 99999999999.99 with at most two decimals")
        }
        self = price
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Double(hundredths) / 100)
    }
}
