import TallywireCore

/// A position in a text: line and column, counted from 1. The column counts Unicode scalars.
package struct TextPosition {
    package private(set) var line = 1
    package private(set) var column = 1
    private var offset = 0

    /// The position of the byte at `offset`.
    package init(of offset: Int = 0, in bytes: [UInt8] = []) { move(to: offset, in: bytes) }

    /// Moves on to the byte at `end`. CR LF is one line break.
    mutating func move(to end: Int, in bytes: [UInt8]) {
        for index in offset..<end {
            let isBreak = bytes[index] == 0x0A || (bytes[index] == 0x0D && bytes[(index + 1)...].first != 0x0A)
            if isBreak { (line, column) = (line + 1, 1) } else if !UTF8.isContinuation(bytes[index]) { column += 1 }
        }
        offset = end
    }
}

/// Why a text is not JSON, at the first such position.
package struct SyntaxError: Error {
    package let position: TextPosition
    package let message: String

    package init(position: TextPosition, message: String) {
        self.position = position
        self.message = message
    }
}

extension SyntaxError {
    /// What a user reads of `mistake` in `bytes`.
    init(_ mistake: JSONReader.Mistake, in bytes: [UInt8]) {
        let found = Self.scalars(bytes[mistake.position...].prefix(4)).first
        var place = mistake.token
        switch mistake.expectation {
        case .endOfComment: message = "this comment has no end: */ is missing"
        case .quote: message = "this string has no end: a double quote is missing"
        case .escapedControl where found == "\n" || found == "\r":
            message = "this string has no end on its line: a double quote is missing"
        case .escapedControl, .plainCharacter:
            place = mistake.position
            let hex = found.map { String($0.value, radix: 16, uppercase: true) } ?? ""
            let code = String(repeating: "0", count: max(0, 4 - hex.count)) + hex
            let isText = found?.properties.generalCategory != .unassigned && found != "\u{FEFF}"
            message = isText ? "a control character in a string is written as \\u\(code)" : "U+\(code) is not a character of text"
        case .escape: message = "“\\\(found.map { String($0) } ?? "")” is not an escape of JSON"
        case .hexadecimal: message = "“\\u” is followed by four hexadecimal digits"
        case .secondHalf, .wholePair: message = "half of a surrogate pair is not a character"
        case .validUTF8: message = "this byte is not UTF-8"
        case .shortName: message = "a key has at most \(ConfigurationTree.keyLength) characters"
        case .level: message = "more than \(ConfigurationTree.depth) objects and lists in one another"
        case .value, .name, .colon, .commaOrBrace, .commaOrBracket, .end, .number, .digit:
            // A number's mistake is inside of the number, and letters may follow a number that is right so far.
            let rest = Self.scalars(bytes[mistake.position...]).prefix(while: Self.isWordCharacter)
            let isInside = !rest.isEmpty || mistake.expectation == .number || mistake.expectation == .digit
            let start = Self.scalars(isInside ? bytes[..<mistake.position] : []).reversed().prefix(while: Self.isWordCharacter)
            let word = String(String.UnicodeScalarView(start.reversed() + rest))
            if word.isEmpty || (try? JSONReader.value(of: Array(word.utf8))) != nil {
                message = Self.message(mistake, found, word, in: bytes)
            } else {
                place -= start.reduce(0) { $0 + UTF8.width($1) }
                message = "“\(word)” is not JSON; strings and keys stand in double quotes"
            }
        }
        position = TextPosition(of: place, in: bytes)
    }

    /// The message about a token that is JSON, but not where it stands. `found` is its first character, `word` its text if it is a
    /// literal.
    private static func message(
        _ mistake: JSONReader.Mistake, _ found: Unicode.Scalar?, _ word: String, in bytes: [UInt8]
    ) -> String {
        let container = mistake.container.map {
            (isObject: bytes[$0] == UInt8(ascii: "{"), line: TextPosition(of: $0, in: bytes).line)
        }
        let name = container?.isObject == true ? "object" : "list"
        let token = found == "\"" ? "this string" : "“\(word.isEmpty ? found.map { String($0) } ?? "" : word)”"
        switch (found, mistake.expectation) {
        case (nil, _):
            return container.map { "the file ends inside the \(name) that begins at line \($0.line)" }
                ?? "the file is empty; an object is expected: { … }"
        case ("}", _), ("]", _):
            guard let container else { return "\(token) closes nothing" }
            guard container.isObject == (found == "}") else {
                return "\(token) does not close the \(name) that begins at line \(container.line)"
            }
            switch mistake.expectation {
            case .colon: return "a colon and a value are missing before “}”"
            case .value where container.isObject: return "a value is missing before “}”"
            default: return "the comma before \(token) is one too many"
            }
        case (":", _): return "a colon stands only after a key"
        case ("/", _): return "“/” is not JSON; a comment begins with // or /*"
        case (_, _) where word.isEmpty && !["{", "[", "\"", ","].contains(found):
            let hint = found == "#" ? "; a comment begins with // or /*" : found == "'" ? "; strings stand in double quotes" : ""
            return "\(token) is not JSON\(hint)"
        case (_, .end): return "nothing may follow the end of the file's object"
        case (",", _): return "a value is missing before this comma"
        case (_, .colon): return "a colon is missing before \(token)"
        case (_, .name): return "a key in double quotes is expected, not \(token)"
        default: return "a comma is missing before \(token)"
        }
    }

    private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "+-._$".unicodeScalars.contains(scalar)
    }

    private static func scalars(_ bytes: ArraySlice<UInt8>) -> String.UnicodeScalarView {
        String(decoding: bytes, as: UTF8.self).unicodeScalars
    }
}
