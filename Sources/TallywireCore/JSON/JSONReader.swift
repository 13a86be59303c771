/// Reads JSON (RFC 8259), strictly: nothing after the value, no comments, no trailing commas, valid UTF-8, and no deeper than
/// ``depth``. ``document(of:depth:nameLength:)`` reads what people write by hand. Time and memory are linear in the length.
///
/// The reader is written by hand because every scan passes through it: Foundation's decoder takes ten times as long for a scan.
public struct JSONReader {
    /// How deep arrays and objects may be nested.
    public static let depth = 32
    /// How deep Foundation's `JSONDecoder` reads. A text that the decoder reads as well is read so deep, so that nothing in it is missed.
    public static let decoderDepth = 511

    /// What should stand where a mistake is.
    public enum Expectation: String, Sendable {
        case value = "a value"
        case name = "a member's name in double quotes"
        case colon = "a colon"
        case commaOrBrace = "a comma or }"
        case commaOrBracket = "a comma or ]"
        case end = "the end of the text"
        case number = "a number without leading zeros"
        case digit = "a digit"
        case escapedControl = "an escape for the control character"
        case plainCharacter = "a character of text"
        case quote = "a closing double quote"
        case validUTF8 = "valid UTF-8"
        case escape = "one of \"\\/bfnrtu"
        case hexadecimal = "four hexadecimal digits"
        case secondHalf = "the second half of a surrogate pair"
        case wholePair = "a whole surrogate pair"
        case endOfComment = "the end of the comment"
        case shortName = "a shorter name"
        case level = "fewer levels"
    }

    /// Why a text is not JSON, and where.
    public struct Mistake: Error, Equatable, CustomStringConvertible {
        /// Counted in bytes from 0.
        public let position: Int
        public let expectation: Expectation
        /// Where the string, the escape sequence or the comment begins in which the mistake is; otherwise ``position``.
        public let token: Int
        /// Where the innermost array or object begins that is open there; `nil` if none is.
        public let container: Int?
        fileprivate let limit: Int

        /// What should stand there, such as "a value".
        public var expected: String { expectation == .level ? "less than \(limit + 1) levels" : expectation.rawValue }

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
    /// The most characters in a name of a document; `nil` if the text is not read as a document.
    private let nameLength: Int?
    private var index = 0
    private var container: Int?
    /// Where the names and values of a document begin, in the order of the text.
    private var places: [Int] = []

    /// The value that `bytes` hold, with arrays and objects in it at most `depth` deep.
    public static func value(of bytes: [UInt8], depth: Int = JSONReader.depth) throws(Mistake) -> JSONValue {
        var reader = JSONReader(bytes: bytes, limit: depth, nameLength: nil)
        return try reader.whole()
    }

    /// The value that `bytes` hold as people write JSON by hand, and where each name and each value in it begins: offsets of bytes,
    /// in the order of the text, a member's name before its value.
    ///
    /// Comments (`//` and `/* */`) may stand between tokens. Characters that nobody sees (controls, line separators, noncharacters)
    /// are refused in strings unless they are escaped. At most `depth` arrays and objects are in one another, and a name has at
    /// most `nameLength` Unicode scalars as it is written.
    public static func document(
        of bytes: [UInt8], depth: Int, nameLength: Int
    ) throws(Mistake) -> (value: JSONValue, places: [Int]) {
        var reader = JSONReader(bytes: bytes, limit: depth, nameLength: nameLength)
        return (try reader.whole(), reader.places)
    }

    private mutating func whole() throws(Mistake) -> JSONValue {
        let value = try value(depth: 0)
        try skipBlanks()
        guard index == bytes.count else { throw mistake(.end) }
        return value
    }

    private func mistake(_ expectation: Expectation, at position: Int? = nil, in token: Int? = nil) -> Mistake {
        let position = position ?? index
        return Mistake(
            position: position, expectation: expectation, token: token ?? position, container: container, limit: limit)
    }

    private mutating func skipBlanks() throws(Mistake) {
        skipSpace()
        if nameLength != nil { while try skipComment() { skipSpace() } }
    }

    private mutating func skipSpace() {
        while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x0A || bytes[index] == 0x0D || bytes[index] == 0x09 {
            index += 1
        }
    }

    /// Returns whether a comment begins here, and skips it.
    private mutating func skipComment() throws(Mistake) -> Bool {
        let start = index
        if bytes[index...].starts(with: "//".utf8) {
            index = bytes[index...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
            return true
        }
        guard bytes[index...].starts(with: "/*".utf8) else { return false }
        index += 2
        while !bytes[index...].starts(with: "*/".utf8) {
            guard index < bytes.count else { throw mistake(.endOfComment, in: start) }
            index += 1
        }
        index += 2
        return true
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) throws(Mistake) -> JSONValue {
        guard depth <= limit else { throw mistake(.level) }
        try skipBlanks()
        guard index < bytes.count else { throw mistake(.value) }
        if nameLength != nil { places.append(index) }
        switch bytes[index] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            // A document's limit is one of arrays and objects, not of the values in the innermost one.
            guard nameLength == nil || depth < limit else { throw mistake(.level) }
            let outer = container
            container = index
            defer { container = outer }
            return bytes[index] == UInt8(ascii: "{") ? try object(depth: depth) : try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), 48...57: return try number()
        default: throw mistake(.value)
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(Mistake) -> JSONValue {
        let count = text.utf8CodeUnitCount
        guard bytes.count - index >= count, text.withUTF8Buffer({ bytes[index..<index + count].elementsEqual($0) }) else {
            throw mistake(.value)
        }
        index += count
        return value
    }

    private mutating func object(depth: Int) throws(Mistake) -> JSONValue {
        index += 1
        var members: [JSONValue.Member] = []
        try skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            try skipBlanks()
            let name = try name()
            try skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw mistake(.colon) }
            members.append(JSONValue.Member(name, try value(depth: depth + 1)))
            try skipBlanks()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw mistake(.commaOrBrace) }
        }
    }

    private mutating func name() throws(Mistake) -> String {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw mistake(.name) }
        guard let nameLength else { return try string() }
        let start = index
        places.append(start)
        let name = try string()
        guard bytes[start..<index].count(where: { !UTF8.isContinuation($0) }) <= nameLength + 2 else {
            throw mistake(.shortName, at: start)
        }
        return name
    }

    private mutating func array(depth: Int) throws(Mistake) -> JSONValue {
        index += 1
        var items: [JSONValue] = []
        try skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(items) }
        while true {
            items.append(try value(depth: depth + 1))
            try skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(items) }
            guard take(UInt8(ascii: ",")) else { throw mistake(.commaOrBracket) }
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
        guard count == 1 || (count > 1 && bytes[first] != 48) else { throw mistake(.number) }
        if take(UInt8(ascii: ".")), digits() == 0 { throw mistake(.digit) }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if digits() == 0 { throw mistake(.digit) }
        }
        return .number(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func string() throws(Mistake) -> String {
        let token = index
        index += 1
        try plain(of: token)
        // Most strings have no escape.
        if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
            defer { index += 1 }
            return try text(bytes[(token + 1)..<index], at: token + 1)
        }
        var content = Array(bytes[(token + 1)..<index])
        while index < bytes.count {
            if take(UInt8(ascii: "\"")) { return try text(content[...], at: token + 1) }
            try escape(into: &content)
            let start = index
            try plain(of: token)
            content += bytes[start..<index]
        }
        throw mistake(.quote, in: token)
    }

    /// Moves to the next double quote or backslash, or to the end of the text.
    private mutating func plain(of token: Int) throws(Mistake) {
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\"), bytes[index] >= 0x20 {
            index += 1
        }
        if nameLength != nil { try checkPlain(start..<index) }
        guard index == bytes.count || bytes[index] >= 0x20 else { throw mistake(.escapedControl, in: token) }
    }

    /// Checks that nothing in a document's string is invisible.
    private func checkPlain(_ range: Range<Int>) throws(Mistake) {
        var position = range.lowerBound
        for scalar in String(decoding: bytes[range], as: UTF8.self).unicodeScalars {
            let isSeparator = scalar == "\u{2028}" || scalar == "\u{2029}" || scalar == "\u{FEFF}"
            if isSeparator || scalar.properties.generalCategory == .control || scalar.value & 0xFFFE == 0xFFFE {
                throw mistake(.plainCharacter, at: position)
            }
            position += UTF8.width(scalar)
        }
    }

    private func text(_ bytes: ArraySlice<UInt8>, at start: Int) throws(Mistake) -> String {
        do { return String(copying: try UTF8Span(validating: bytes.span)) } catch { throw mistake(.validUTF8, at: start) }
    }

    /// Reads the escape sequence that begins here.
    private mutating func escape(into content: inout [UInt8]) throws(Mistake) {
        let token = index
        index += 1
        guard index < bytes.count else { throw mistake(.escape, in: token) }
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
            var units = [try codeUnit(of: token)]
            if UTF16.isLeadSurrogate(units[0]) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw mistake(.secondHalf, in: token) }
                units.append(try codeUnit(of: token))
            }
            guard let text = String(validating: units, as: UTF16.self) else { throw mistake(.wholePair, in: token) }
            content += text.utf8
        default: throw mistake(.escape, at: index - 1, in: token)
        }
    }

    private mutating func codeUnit(of token: Int) throws(Mistake) -> UInt16 {
        let digits = bytes[index...].prefix(4)
        // `UInt16` takes signs too.
        guard digits.count == 4, digits.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw mistake(.hexadecimal, in: token) }
        index += 4
        return unit
    }
}
