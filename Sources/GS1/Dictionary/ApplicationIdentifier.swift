/// A GS1 Application Identifier: the two to four digits that say what the data after them means, like 01 for a GTIN.
///
/// A value of this type need not be an allocated identifier: ``definition`` says whether it is.
public struct ApplicationIdentifier: Hashable, Sendable {
    /// The digits as a number, 0 to 9999. Among the allocated identifiers, no two of different lengths have the same number.
    let number: UInt16

    /// How many digits the identifier has: 2, 3 or 4.
    let digitCount: UInt8

    init(number: UInt16, digitCount: UInt8) {
        self.number = number
        self.digitCount = digitCount
    }

    /// Reads two to four digits; nil if `text` is anything else.
    public init?(_ text: some StringProtocol) {
        var number: UInt16 = 0
        var count: UInt8 = 0
        for byte in text.utf8 {
            guard byte.isDigit, count < 4 else { return nil }
            number = number * 10 + UInt16(byte - 0x30)
            count += 1
        }
        guard count >= 2 else { return nil }
        self.init(number: number, digitCount: count)
    }

    /// Reads the digits in `range`; nil if other characters are among them, or there are not two to four.
    init?(_ bytes: Span<UInt8>, in range: Range<Int>) {
        guard (2...4).contains(range.count) else { return nil }
        var number: UInt16 = 0
        for index in range {
            guard bytes[index].isDigit else { return nil }
            number = number &* 10 &+ UInt16(bytes[index] &- 0x30)
        }
        self.init(number: number, digitCount: UInt8(range.count))
    }

    /// The definition in the GS1 General Specifications; nil if they have none.
    public var definition: Definition? {
        let table = SyntaxDictionary.standard
        return table.index(of: self).map { table.definitions[$0] }
    }

    /// Appends the digits to `output` as bytes of ASCII.
    func append(to output: inout [UInt8]) {
        var divisor: UInt16 = digitCount == 2 ? 10 : digitCount == 3 ? 100 : 1000
        while divisor > 0 {
            output.append(UInt8(0x30 + number / divisor % 10))
            divisor /= 10
        }
    }
}

extension ApplicationIdentifier: CustomStringConvertible, Comparable {
    /// The digits, without brackets.
    public var description: String {
        DigitKey.write(UInt64(number), count: Int(digitCount))
    }

    /// In the order of the digits as text, which is the order of the tables of the General Specifications.
    public static func < (left: ApplicationIdentifier, right: ApplicationIdentifier) -> Bool {
        let scale: [UInt32] = [0, 0, 100, 10, 1]
        let leftKey = UInt32(left.number) * scale[Int(left.digitCount)]
        let rightKey = UInt32(right.number) * scale[Int(right.digitCount)]
        return (leftKey, left.digitCount) < (rightKey, right.digitCount)
    }
}
