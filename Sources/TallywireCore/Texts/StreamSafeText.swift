/// Unicode's Stream-Safe Text Format (UAX #15, section 13): at most 30 combining marks in a row.
///
/// Comparing, hashing or normalizing a text sorts its marks, and the time for that grows with the square of their number. One
/// letter with 32,000 marks, which fits into a WebSocket message, takes half a second each time it is compared. No language writes
/// more than a few marks. So texts from outside are checked while they are bytes, before they are compared with anything.
public enum StreamSafeText {
    /// The most marks in a row.
    public static let longestRun = 30

    /// The mistake of a text with more marks.
    public static let mistake = "a letter has more than \(longestRun) combining marks (UAX #15, Stream-Safe Text Format)"

    /// The index in bytes of the first mark that is one too many; `nil` if there is none. `bytes` are UTF-8, or JSON in UTF-8,
    /// whose `\u` escapes count as the scalars that they stand for. Bytes that are not UTF-8 count as no marks, since decoding does
    /// not make marks of them. The time is linear in the length.
    public static func firstBreach(in bytes: some Collection<UInt8>) -> Int? {
        bytes.withContiguousStorageIfAvailable { search($0) } ?? Array(bytes).withUnsafeBufferPointer { search($0) }
    }

    /// Whether no letter has too many marks; see ``firstBreach(in:)``.
    public static func isKept(by bytes: some Collection<UInt8>) -> Bool { firstBreach(in: bytes) == nil }

    private static func search(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var run = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80, byte != UInt8(ascii: "\\") {
                run = 0
                index += 1
                continue
            }
            let (scalar, length) = byte < 0x80 ? escaped(bytes, at: index) : encoded(bytes, at: index)
            if let scalar, isMark(scalar) {
                run += 1
                if run > longestRun { return index }
            } else {
                run = 0
            }
            index += length
        }
        return nil
    }

    /// Whether normalizing moves the scalar. That is true for marks, and for a few scalars that are composed of two marks.
    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value >= 0x300 else { return false }
        switch scalar.value {
        case 0x0344, 0x0F73, 0x0F75, 0x0F81: return true
        default: return scalar.properties.canonicalCombiningClass != .notReordered
        }
    }

    /// The scalar that begins at `index` in UTF-8, and its length in bytes; `nil` and 1 if none begins there.
    private static func encoded(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (Unicode.Scalar?, Int) {
        let first = UInt32(bytes[index])
        let (length, bits): (Int, UInt32) =
            switch first {
            case 0xC2...0xDF: (2, first & 0x1F)
            case 0xE0...0xEF: (3, first & 0x0F)
            case 0xF0...0xF4: (4, first & 0x07)
            default: (1, 0)
            }
        guard length > 1, index + length <= bytes.count else { return (nil, 1) }
        var value = bits
        for next in bytes[index + 1..<index + length] {
            guard next & 0xC0 == 0x80 else { return (nil, 1) }
            value = value << 6 | UInt32(next & 0x3F)
        }
        return (Unicode.Scalar(value), length)
    }

    /// The scalar that a JSON escape at `index` stands for, and the escape's length in bytes; `nil` for an escape that stands for
    /// no mark.
    private static func escaped(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (Unicode.Scalar?, Int) {
        guard let first = unit(bytes, at: index) else { return (nil, 2) }
        guard UTF16.isLeadSurrogate(first), let second = unit(bytes, at: index + 6), UTF16.isTrailSurrogate(second) else {
            return (Unicode.Scalar(first), 6)
        }
        return (UTF16.decode(UTF16.EncodedScalar([first, second])), 12)
    }

    /// The number of an escape such as `\u0301`; `nil` if there is no such escape at `index`.
    private static func unit(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt16? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var value: UInt16 = 0
        for digit in bytes[index + 2..<index + 6] {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}
