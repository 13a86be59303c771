/// Reads numbers from bytes, most significant bit first. After the end there are zeros.
struct BitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Returns the number in the next `count` bits, at most 64.
    mutating func next(_ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<count {
            let byte = position / 8 < bytes.count ? bytes[position / 8] : 0
            value = value << 1 | UInt64(byte >> UInt8(7 - position % 8) & 1)
            position += 1
        }
        return value
    }
}

/// Writes numbers into bytes, most significant bit first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var count = 0

    /// Appends the lowest `width` bits of `value`.
    mutating func append(_ value: UInt64, _ width: Int) {
        for bit in stride(from: width - 1, through: 0, by: -1) {
            if count.isMultiple(of: 8) { bytes.append(0) }
            if value >> UInt64(bit) & 1 == 1 { bytes[count / 8] |= 0x80 >> UInt8(count % 8) }
            count += 1
        }
    }

    /// The bytes as hexadecimal digits in upper case.
    var hexadecimal: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    }
}
