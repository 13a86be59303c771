import TallywireCore

/// Finds where a text stops being JSON (RFC 8259), and members that an object has twice.
///
/// `JSONDecoder` on Linux says that a text is not valid JSON, but not where, and of two members of one name it takes one.
package struct JSONSyntax {
    /// A place in the text and what was expected there.
    struct Mistake: Equatable {
        /// Counted from 1; columns in characters.
        let line: Int
        let column: Int
        let expected: String
    }

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    /// The way to the value that is being read, and to the first member that its object has twice.
    private var path: [PathStep] = []
    private var twice: [PathStep]?

    private enum PathStep {
        case member(Range<Int>)
        case index(Int)
    }

    /// The first member that its object has twice, such as `lines[0].quantity`; `nil` if there is none, or the text is not well-formed.
    package static func memberThatIsThereTwice(in text: some Collection<UInt8>) -> String? {
        var syntax = JSONSyntax(bytes: Array(text))
        guard (try? syntax.value()) != nil, let twice = syntax.twice else { return nil }
        return twice.reduce(into: "") { text, step in
            switch step {
            case .index(let index): text += "[\(index)]"
            case .member(let range): text += (text.isEmpty ? "" : ".") + syntax.name(range).excerpt
            }
        }
    }

    /// The text of a string that stands at `range`, quotes included.
    private func name(_ range: Range<Int>) -> String {
        let raw = bytes[range.dropFirst().dropLast()]
        guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
        return (try? JSONReader.value(of: Array(bytes[range])))?.string ?? String(decoding: raw, as: UTF8.self)
    }

    private struct Expected: Error {
        let what: String
    }

    /// The first mistake of `text`, `nil` if the text is well-formed.
    static func mistake(in text: some Collection<UInt8>) -> Mistake? {
        var syntax = JSONSyntax(bytes: Array(text))
        do {
            try syntax.value()
            syntax.space()
            guard syntax.position == syntax.bytes.count else { throw Expected(what: "the end of the text") }
            return nil
        } catch {
            return syntax.mistake((error as? Expected)?.what ?? "a value")
        }
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private func mistake(_ expected: String) -> Mistake {
        let before = bytes[..<min(position, bytes.count)]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return Mistake(
            line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: String(decoding: before[lineStart...], as: UTF8.self).count + 1, expected: expected)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func space() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value() throws {
        space()
        // The decoder's own limit, so that no text can exhaust the stack.
        guard depth < 512 else { throw Expected(what: "less than 512 levels") }
        depth += 1
        defer { depth -= 1 }
        guard let byte = next else { throw Expected(what: "a value") }
        switch byte {
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): try array()
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: throw Expected(what: "a value")
        }
    }

    private mutating func object() throws {
        position += 1
        space()
        if take("}") { return }
        var names: Set<String> = []
        repeat {
            space()
            guard next == UInt8(ascii: "\"") else { throw Expected(what: "a member's name in double quotes") }
            let start = position
            try string()
            path.append(.member(start..<position))
            if !names.insert(name(start..<position)).inserted, twice == nil { twice = path }
            space()
            guard take(":") else { throw Expected(what: "a colon") }
            try value()
            path.removeLast()
            space()
        } while take(",")
        guard take("}") else { throw Expected(what: "a comma or }") }
    }

    private mutating func array() throws {
        position += 1
        space()
        if take("]") { return }
        var index = 0
        repeat {
            path.append(.index(index))
            try value()
            path.removeLast()
            index += 1
            space()
        } while take(",")
        guard take("]") else { throw Expected(what: "a comma or ]") }
    }

    private mutating func string() throws {
        position += 1
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                position += 1
                try escape()
            case 0..<0x20: throw Expected(what: "an escape for the control character")
            default: position += 1
            }
        }
        throw Expected(what: "a closing double quote")
    }

    private mutating func escape() throws {
        guard let byte = next, "\"\\/bfnrtu".utf8.contains(byte) else { throw Expected(what: "one of \"\\/bfnrtu") }
        position += 1
        guard byte == UInt8(ascii: "u") else { return }
        for _ in 0..<4 {
            guard let digit = next, Character(Unicode.Scalar(digit)).isHexDigit else {
                throw Expected(what: "four hexadecimal digits")
            }
            position += 1
        }
    }

    private mutating func word(_ word: StaticString) throws {
        let start = position
        for byte in UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount) {
            guard next == byte else {
                position = start
                throw Expected(what: "a value")
            }
            position += 1
        }
    }

    private mutating func number() throws {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws {
        guard let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { throw Expected(what: "a digit") }
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    }
}
