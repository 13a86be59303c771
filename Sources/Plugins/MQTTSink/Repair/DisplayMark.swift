/// A hash of a display's payload: payloads with equal marks show the same.
///
/// In a JSON object the values of `seq` and `timestamp` are left out: they say when the display was published, and not what it
/// shows. A mark is valid within one process only.
struct DisplayMark: Hashable, Sendable {
    private let value: Int

    init(_ payload: [UInt8]) {
        var hasher = Hasher()
        payload.withUnsafeBytes { bytes in
            if bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") {
                Self.combine(object: bytes, into: &hasher)
            } else {
                hasher.combine(bytes: bytes)
            }
        }
        value = hasher.finalize()
    }

    /// Hashes an object without the values that are left out. A text that is not JSON is hashed as it is. It then differs from
    /// every object of the sink in at least one byte that counts.
    private static func combine(object bytes: UnsafeRawBufferPointer, into hasher: inout Hasher) {
        var depth = 0
        var start = 0
        var index = 0
        var string: Range<Int>?
        func piece(_ range: Range<Int>) { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[range])) }
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let end = endOfString(bytes, from: index)
                string = index..<end
                index = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ":"):
                if depth == 1, let key = string, isMoment(UnsafeRawBufferPointer(rebasing: bytes[key])) {
                    piece(start..<index + 1)
                    start = endOfScalar(bytes, from: index + 1)
                    index = start
                    string = nil
                    continue
                }
            default: break
            }
            index += 1
        }
        piece(start..<bytes.count)
    }

    private static func isMoment(_ key: UnsafeRawBufferPointer) -> Bool {
        key.elementsEqual(#""seq""#.utf8) || key.elementsEqual(#""timestamp""#.utf8)
    }

    /// The index after the quote that ends the string that begins at `start`.
    private static func endOfString(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, bytes.count)
    }

    /// The end of the number, word or string that begins at `start`.
    private static func endOfScalar(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard start < bytes.count else { return bytes.count }
        if bytes[start] == UInt8(ascii: "\"") { return endOfString(bytes, from: start) }
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: ","), bytes[index] != UInt8(ascii: "}") { index += 1 }
        return index
    }
}
