/// Checks that a text is JSON with comments, and turns it into a text that a YAML parser reads as the same values at the same
/// positions.
///
/// Yams gives values with positions. But YAML is both more than JSON (unquoted strings, anchors, trailing commas) and a little less
/// (surrogate pairs in escapes, a key and its colon on two lines). So this type checks the grammar of RFC 8259 token by token.
/// Comments become blanks, so that every position stays right.
struct JSONText {
    /// The text for the YAML parser.
    var yaml: String { String(String.UnicodeScalarView(output)) }
    /// Keys that occurred before in their object, at the second occurrence. ``yaml`` is without these members.
    private(set) var repeatedKeys: [SyntaxError] = []

    /// The most characters in a key; libyaml takes at most 1024 bytes.
    static let keyLength = 256
    /// The deepest nesting of objects and lists.
    static let depth = 64

    /// The tokens that the grammar allows next.
    private enum Expectation {
        case value
        case valueOrEnd
        case keyOrEnd
        case key
        case colon
        case commaOrEnd
        case nothing
    }

    private struct Container {
        let isObject: Bool
        let start: TextPosition
        /// The keys so far, each with its line.
        var keys: [String: Int] = [:]
        /// The index of the last comma in ``output``.
        var comma = 0
        /// Whether the current member repeats a key.
        var isRepeating = false
    }

    let scalars: [Unicode.Scalar]
    private(set) var index = 0
    private(set) var position = TextPosition()
    var output: [Unicode.Scalar] = []
    private var expectation = Expectation.value
    private var containers: [Container] = []
    /// The index in ``output`` at which the last key ends, and the key's line.
    private var keyEnd: (offset: Int, line: Int)?

    /// Checks `text`, whose size the caller has limited. Throws the first mistake.
    init(_ text: String) throws(SyntaxError) {
        scalars = Array(text.unicodeScalars)
        // A byte order mark does not count as a character of the first line.
        if scalars.first == "\u{FEFF}" { index = 1 }
        while let scalar = current { try scan(scalar) }
        if let open = containers.last {
            throw error("the file ends inside the \(open.isObject ? "object" : "list") that begins at line \(open.start.line)")
        }
        if expectation == .value { throw error("the file is empty; an object is expected: { … }") }
    }

    private mutating func scan(_ scalar: Unicode.Scalar) throws(SyntaxError) {
        switch scalar {
        case " ", "\t", "\n", "\r": blank()
        case "/": try comment()
        case "{", "[": try open(isObject: scalar == "{")
        case "}", "]": try close(isObject: scalar == "}")
        case ",": try comma()
        case ":": try colon()
        case "\"": try string()
        default: try word()
        }
    }

    // MARK: Tokens

    /// Tabs become blanks too, since YAML restricts where they may stand.
    mutating func blank() {
        guard let scalar = current else { return }
        output.append(scalar == "\n" || scalar == "\r" ? scalar : " ")
        advance()
    }

    private mutating func open(isObject: Bool) throws(SyntaxError) {
        try beginValue(isObject ? "{" : "[")
        guard containers.count < Self.depth else { throw error("more than \(Self.depth) objects and lists in one another") }
        containers.append(Container(isObject: isObject, start: position))
        expectation = isObject ? .keyOrEnd : .valueOrEnd
        copy()
    }

    private mutating func close(isObject: Bool) throws(SyntaxError) {
        let bracket = isObject ? "}" : "]"
        guard let container = containers.last else { throw error("“\(bracket)” closes nothing") }
        guard container.isObject == isObject else {
            throw error(
                "“\(bracket)” does not close the \(container.isObject ? "object" : "list") that begins at line \(container.start.line)"
            )
        }
        switch expectation {
        case .commaOrEnd, .keyOrEnd, .valueOrEnd: break
        case .key: throw error("the comma before “\(bracket)” is one too many")
        case .value: throw error(isObject ? "a value is missing before “}”" : "the comma before “]” is one too many")
        case .colon: throw error("a colon and a value are missing before “}”")
        case .nothing: throw error("“\(bracket)” closes nothing")
        }
        containers.removeLast()
        copy()
        endValue()
    }

    private mutating func comma() throws(SyntaxError) {
        guard expectation == .commaOrEnd, let container = containers.last else {
            throw error(
                expectation == .nothing ? "nothing may follow the end of the file's object" : "a value is missing before this comma"
            )
        }
        expectation = container.isObject ? .key : .value
        containers[containers.count - 1].comma = output.count
        copy()
    }

    private mutating func colon() throws(SyntaxError) {
        guard expectation == .colon, let key = keyEnd else { throw error("a colon stands only after a key") }
        // YAML wants the colon on the key's line. Directly after the key it is always valid, and the blanks keep the positions
        // right.
        output.insert(":", at: key.offset)
        if key.line != position.line { output.append(" ") }
        advance()
        expectation = .value
    }

    private mutating func word() throws(SyntaxError) {
        let start = position
        var word = String.UnicodeScalarView()
        while let scalar = current, Self.isWordCharacter(scalar) {
            word.append(scalar)
            advance()
        }
        let text = String(word)
        switch text {
        case "":
            let found = String(scalars[index])
            let hint = found == "#" ? "; a comment begins with // or /*" : found == "'" ? "; strings stand in double quotes" : ""
            throw error("“\(found)” is not JSON\(hint)")
        case "true", "false", "null": break
        case _ where text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil: break
        default: throw SyntaxError(position: start, message: "“\(text)” is not JSON; strings and keys stand in double quotes")
        }
        try beginValue(text, at: start)
        output.append(contentsOf: word)
        endValue()
    }

    private mutating func string() throws(SyntaxError) {
        let isKey = expectation == .key || expectation == .keyOrEnd
        let start = position
        if !isKey { try beginValue("this string") }
        let begin = output.count
        let surplus = try copyString()
        if isKey {
            let text = String(String.UnicodeScalarView(output[begin...]))
            guard text.unicodeScalars.count <= Self.keyLength + 2 else {
                throw SyntaxError(position: start, message: "a key has at most \(Self.keyLength) characters")
            }
            keyEnd = (output.count, start.line)
            expectation = .colon
            note(key: String(text.dropFirst().dropLast()), at: start)
        } else {
            endValue()
        }
        for _ in 0..<surplus { output.append(" ") }
    }

    private mutating func note(key: String, at position: TextPosition) {
        if let line = containers[containers.count - 1].keys.updateValue(position.line, forKey: key) {
            containers[containers.count - 1].isRepeating = true
            repeatedKeys.append(
                SyntaxError(position: position, message: "the key “\(key)” is repeated; it stands at line \(line) already"))
        }
    }

    // MARK: Grammar

    private mutating func beginValue(_ token: String, at place: TextPosition? = nil) throws(SyntaxError) {
        let place = place ?? position
        switch expectation {
        case .value, .valueOrEnd: break
        case .commaOrEnd: throw SyntaxError(position: place, message: "a comma is missing before \(Self.quoted(token))")
        case .colon: throw SyntaxError(position: place, message: "a colon is missing before \(Self.quoted(token))")
        case .key, .keyOrEnd:
            throw SyntaxError(position: place, message: "a key in double quotes is expected, not \(Self.quoted(token))")
        case .nothing: throw SyntaxError(position: place, message: "nothing may follow the end of the file's object")
        }
    }

    private mutating func endValue() {
        guard let container = containers.last else {
            expectation = .nothing
            return
        }
        expectation = .commaOrEnd
        guard container.isRepeating else { return }
        // The repeated member is replaced by blanks, with its comma, so that the rest can be read and checked.
        for index in container.comma..<output.count where output[index] != "\n" && output[index] != "\r" { output[index] = " " }
        containers[containers.count - 1].isRepeating = false
    }

    private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "+-._$".unicodeScalars.contains(scalar)
    }

    private static func quoted(_ token: String) -> String { token == "this string" ? token : "“\(token)”" }

    // MARK: Pieces

    var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }
    var peek: Unicode.Scalar? { index + 1 < scalars.count ? scalars[index + 1] : nil }

    mutating func advance() {
        position.advance(over: scalars[index], next: peek)
        index += 1
    }

    mutating func copy() {
        output.append(scalars[index])
        advance()
    }

    mutating func blankOut(_ count: Int) {
        for _ in 0..<count {
            output.append(" ")
            advance()
        }
    }

    func error(_ message: String) -> SyntaxError { SyntaxError(position: position, message: message) }
}
