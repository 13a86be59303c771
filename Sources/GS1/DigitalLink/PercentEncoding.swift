/// Percent encoding of RFC 3986.
enum PercentEncoding {
    /// Appends `text` with every character encoded that RFC 3986 does not call unreserved.
    static func append(_ text: String, to output: inout [UInt8]) {
        for byte in text.utf8 {
            if isUnreserved(byte) {
                output.append(byte)
            } else {
                output.append(UInt8(ascii: "%"))
                output.append(digits[Int(byte >> 4)])
                output.append(digits[Int(byte & 15)])
            }
        }
    }

    /// Decodes the bytes in `range`.
    ///
    /// - Parameter isQuery: whether a plus sign stands for a space, as in the query of a form
    /// - Throws: if a percent sign is not followed by two hexadecimal digits.
    static func decode(_ bytes: Span<UInt8>, _ range: Range<Int>, isQuery: Bool) throws(GS1Error) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = bytes[position]
            if byte == UInt8(ascii: "%") {
                guard position + 2 < range.upperBound, let high = bytes[position + 1].hexadecimalValue,
                    let low = bytes[position + 2].hexadecimalValue
                else {
                    throw GS1Error(.malformedURI, at: position, expected: "two hexadecimal digits after a percent sign")
                }
                output.append(high << 4 | low)
                position += 3
            } else {
                output.append(isQuery && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                position += 1
            }
        }
        return output
    }

    /// The index in the encoded bytes, from `start` on, of the character at `offset` after decoding.
    static func position(of offset: Int, in bytes: Span<UInt8>, from start: Int) -> Int {
        var position = start
        for _ in 0..<offset where position < bytes.count { position += bytes[position] == UInt8(ascii: "%") ? 3 : 1 }
        return min(position, bytes.count)
    }

    /// Whether `byte` may occur in a URI at all: RFC 3986's reserved and unreserved characters and the percent sign.
    static func isURICharacter(_ byte: UInt8) -> Bool {
        isUnreserved(byte) || reserved.contains(byte)
    }

    /// Whether `byte` may occur in the host and port of a URI, without user names and zones.
    static func isHostCharacter(_ byte: UInt8) -> Bool {
        byte.isDigit || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]")].contains(byte)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        byte.isDigit || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~")].contains(byte)
    }

    private static let reserved = Array(":/?#[]@!$&'()*+,;=%".utf8)
    private static let digits = Array("0123456789ABCDEF".utf8)
}
