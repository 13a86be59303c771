extension JSONText {
    /// Replaces the comment that begins here by blanks.
    mutating func comment() throws(SyntaxError) {
        let start = position
        switch peek {
        case "/":
            while let scalar = current, scalar != "\n", scalar != "\r" {
                output.append(" ")
                advance()
            }
        case "*":
            blankOut(2)
            while !(current == "*" && peek == "/") {
                guard let scalar = current else {
                    throw SyntaxError(position: start, message: "this comment has no end: */ is missing")
                }
                if scalar == "\n" || scalar == "\r" { blank() } else { blankOut(1) }
            }
            blankOut(2)
        default: throw error("“/” is not JSON; a comment begins with // or /*")
        }
    }

    /// Copies the string that begins here. Returns by how many characters the copy is shorter.
    mutating func copyString() throws(SyntaxError) -> Int {
        let start = position
        var surplus = 0
        copy()
        while let scalar = current {
            switch scalar {
            case "\"":
                copy()
                return surplus
            case "\\": surplus += try copyEscape()
            case "\n", "\r":
                throw SyntaxError(position: start, message: "this string has no end on its line: a double quote is missing")
            case _ where scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}":
                throw error("a control character in a string is written as \\u\(Self.hex(scalar.value))")
            case _ where scalar.value & 0xFFFE == 0xFFFE || scalar == "\u{FEFF}":
                throw error("U+\(Self.hex(scalar.value)) is not a character of text")
            default: copy()
            }
        }
        throw SyntaxError(position: start, message: "this string has no end: a double quote is missing")
    }

    /// Copies an escape sequence. A surrogate pair becomes YAML's `\U`, which is two characters shorter.
    private mutating func copyEscape() throws(SyntaxError) -> Int {
        let start = position
        guard let kind = peek, "\"\\/bfnrtu".unicodeScalars.contains(kind) else {
            throw error("“\\\(peek.map { String($0) } ?? "")” is not an escape of JSON")
        }
        guard kind == "u" else {
            copy()
            copy()
            return 0
        }
        let unit = try hexUnit(start)
        switch unit {
        case 0xD800...0xDBFF:
            guard current == "\\", peek == "u" else { break }
            let low = try hexUnit(start)
            guard case 0xDC00...0xDFFF = low else { break }
            let code = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            output.append(contentsOf: "\\U\(Self.hex(code, width: 8))".unicodeScalars)
            return 2
        case 0xDC00...0xDFFF: break
        default:
            output.append(contentsOf: "\\u\(Self.hex(unit))".unicodeScalars)
            return 0
        }
        throw SyntaxError(position: start, message: "half of a surrogate pair is not a character")
    }

    private mutating func hexUnit(_ start: TextPosition) throws(SyntaxError) -> UInt32 {
        let digits = scalars[min(index + 2, scalars.count)..<min(index + 6, scalars.count)]
        guard digits.count == 4, digits.allSatisfy({ $0.properties.isASCIIHexDigit }),
            let unit = UInt32(String(String.UnicodeScalarView(digits)), radix: 16)
        else { throw SyntaxError(position: start, message: "“\\u” is followed by four hexadecimal digits") }
        for _ in 0..<6 { advance() }
        return unit
    }

    private static func hex(_ value: UInt32, width: Int = 4) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
