/// Reads JSON (RFC 8259), strictly: nothing after the value, no comments, no trailing commas, valid UTF-8, and no deeper than
/// ``depth``. Time and memory are linear in the length.
///
/// The reader is written by hand because every scan passes through it: Foundation's decoder takes ten times as long for a scan.
public struct JSONReader {
    /// How deep arrays and objects may be nested.
    public static let depth = 32
    /// How deep Foundation's `JSONDecoder` reads. A text that the decoder reads as well is read so deep, so that nothing in it is missed.
    public static let decoderDepth = 511

    /// Why a text is not JSON, and where.
    public struct Mistake: Error, Equatable, CustomStringConvertible {
        /// Counted in bytes from 0.
        public let position: Int
        /// What should stand there, such as "a value".
        public let expected: String

        public var description: String { "byte \(position): \(expected) is expected" }

        /// Where it is in `text`, for people: both from 1, columns in characters.
        public func place(in text: some Collection<UInt8>) -> (line: Int, column: Int) {
            let before = Array(text.prefix(position))
            let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            return (before.count { $0 == UInt8(ascii: "\n") } + 1, String(decoding: before[start...], as: UTF8.self).count + 1)
        }
    }

    private let bytes: [UInt8]
    private let limit: Int
    private var index = 0

    private init(_ bytes: [UInt8], _ limit: Int) {
        self.bytes = bytes
        self.limit = limit
    }

    /// The value that `bytes` hold, with arrays and objects in it at most `depth` deep.
    public static func value(of bytes: [UInt8], depth: Int = JSONReader.depth) throws(Mistake) -> JSONValue {
        var reader = JSONReader(bytes, depth)
        let value = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.index == bytes.count else { throw reader.mistake("the end of the text") }
        return value
    }

    private func mistake(_ expected: String) -> Mistake { Mistake(position: index, expected: expected) }

    private mutating func skipBlanks() {
        while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x0A || bytes[index] == 0x0D || bytes[index] == 0x09 {
            index += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) throws(Mistake) -> JSONValue {
        guard depth <= limit else { throw mistake("less than \(limit + 1) levels") }
        skipBlanks()
        guard index < bytes.count else { throw mistake("a value") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), 48...57: return try number()
        default: throw mistake("a value")
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(Mistake) -> JSONValue {
        let count = text.utf8CodeUnitCount
        guard bytes.count - index >= count, text.withUTF8Buffer({ bytes[index..<index + count].elementsEqual($0) }) else {
            throw mistake("a value")
        }
        index += count
        return value
    }

    private mutating func object(depth: Int) throws(Mistake) -> JSONValue {
        index += 1
        var members: [JSONValue.Member] = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipBlanks()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw mistake("a member's name in double quotes") }
            let name = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw mistake("a colon") }
            members.append(JSONValue.Member(name, try value(depth: depth + 1)))
            skipBlanks()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw mistake("a comma or }") }
        }
    }

    private mutating func array(depth: Int) throws(Mistake) -> JSONValue {
        index += 1
        var items: [JSONValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(items) }
        while true {
            items.append(try value(depth: depth + 1))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(items) }
            guard take(UInt8(ascii: ",")) else { throw mistake("a comma or ]") }
        }
    }

    private mutating func digits() -> Int {
        let start = index
        while index < bytes.count, (48...57).contains(bytes[index]) { index += 1 }
        return index - start
    }

    private mutating func number() throws(Mistake) -> JSONValue {
        let start = index
        _ = take(UInt8(ascii: "-"))
        let first = index
        let count = digits()
        guard count == 1 || (count > 1 && bytes[first] != 48) else { throw mistake("a number without leading zeros") }
        if take(UInt8(ascii: ".")), digits() == 0 { throw mistake("a digit") }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if digits() == 0 { throw mistake("a digit") }
        }
        return .number(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func string() throws(Mistake) -> String {
        index += 1
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") {
            guard bytes[index] >= 0x20 else { throw mistake("an escape for the control character") }
            index += 1
        }
        // Most strings have no escape.
        if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
            defer { index += 1 }
            return try text(bytes[start..<index], at: start)
        }
        var content = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return try text(content[...], at: start)
            case UInt8(ascii: "\\"):
                index += 1
                try escape(into: &content)
            case 0..<0x20: throw mistake("an escape for the control character")
            default:
                content.append(byte)
                index += 1
            }
        }
        throw mistake("a closing double quote")
    }

    private func text(_ bytes: ArraySlice<UInt8>, at start: Int) throws(Mistake) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Mistake(position: start, expected: "valid UTF-8")
        }
        return text
    }

    private mutating func escape(into content: inout [UInt8]) throws(Mistake) {
        guard index < bytes.count else { throw mistake("one of \"\\/bfnrtu") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            var units = [try codeUnit()]
            if UTF16.isLeadSurrogate(units[0]) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                    throw mistake("the second half of a surrogate pair")
                }
                units.append(try codeUnit())
            }
            guard let text = String(validating: units, as: UTF16.self) else { throw mistake("a whole surrogate pair") }
            content += text.utf8
        default:
            index -= 1
            throw mistake("one of \"\\/bfnrtu")
        }
    }

    private mutating func codeUnit() throws(Mistake) -> UInt16 {
        guard bytes.count - index >= 4 else { throw mistake("four hexadecimal digits") }
        var unit: UInt16 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw mistake("four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
        }
        index += 4
        return unit
    }
}
