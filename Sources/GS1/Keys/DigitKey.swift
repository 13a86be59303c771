/// Reading, checking and writing for all keys with a fixed number of digits.
enum DigitKey {
    /// Reads `text` as a number of digits whose last is its check digit.
    ///
    /// - Parameters:
    ///   - counts: the allowed numbers of digits, none above 18
    ///   - name: what is read, for the error
    static func read(_ text: some StringProtocol, counts: [Int], name: String) throws(GS1Error) -> UInt64 {
        var value: UInt64 = 0
        var count = 0
        for byte in text.utf8 {
            guard byte.isDigit else { throw GS1Error(.nonDigit, at: count, expected: "\(name) of digits alone") }
            guard count < 18 else { count += 1; break }
            value = value * 10 + UInt64(byte - 0x30)
            count += 1
        }
        guard counts.contains(count) else {
            throw GS1Error(
                .wrongDigitCount, expected: "\(name) of \(counts.map(String.init).joined(separator: ", ")) digits")
        }
        try verify(value, name: name, lastDigitAt: count - 1)
        return value
    }

    private static func verify(_ value: UInt64, name: String, lastDigitAt position: Int) throws(GS1Error) {
        let right = CheckDigit.mod10(of: value / 10)
        guard UInt64(right) == value % 10 else {
            throw GS1Error(.checkDigit, at: position, expected: "\(name) with the check digit \(right)")
        }
    }

    /// `value` with leading zeros up to `count` digits.
    static func write(_ value: UInt64, count: Int) -> String {
        var rest = value
        return String(unsafeUninitializedCapacity: count) { buffer in
            for index in stride(from: count - 1, through: 0, by: -1) {
                buffer[index] = UInt8(0x30 + rest % 10)
                rest /= 10
            }
            return count
        }
    }
}
