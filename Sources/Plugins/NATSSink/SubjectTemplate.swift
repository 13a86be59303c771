import TallywirePipeline

/// A subject with placeholders in braces, such as `stock.{location}.{sku}`.
///
/// Each value is a part of one token. What a token cannot have is written as in a URL, `%` and two hexadecimal digits for each byte,
/// so every value can be read back.
struct SubjectTemplate: Equatable, Sendable {
    let text: String
    private let pieces: [TemplatePiece<EventPlace>]

    /// Stands for a value that the event does not have.
    static let absent = "_"
    /// The most bytes of a subject. A server closes the connection at a line of more than 4,096 bytes, in which more stands.
    static let limit = 3_500

    init(_ text: String) throws(TemplateMistake) {
        self.text = text
        pieces = try TemplatePiece.pieces(of: text, "subject")
        let fixed = pieces.map { if case .text(let text) = $0 { text } else { "x" } }.joined()
        if let problem = Self.problem(fixed) { throw TemplateMistake(problem) }
    }

    /// Why nobody can publish to `subject`; `nil` if it can be done.
    private static func problem(_ subject: String) -> String? {
        let tokens = subject.split(separator: ".", omittingEmptySubsequences: false)
        if tokens.contains(where: \.isEmpty) { return "a subject cannot be empty, and neither can a part of it between two dots" }
        if subject.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0.value < 0x21 || $0.value == 0x7F }) {
            return "a subject cannot contain spaces and control characters"
        }
        if subject.contains(where: { "*>\"\\".contains($0) }) { return "a subject to publish to cannot contain * > \" and \\" }
        if subject.hasPrefix("$") { return "subjects that begin with $ are the server's own" }
        return nil
    }

    /// The subject of an event; `nil` if it would be longer than ``limit``.
    func subject(_ values: EventValues) -> String? {
        guard let subject = pieces.filled({ Self.token(values[$0]) }), subject.utf8.count <= Self.limit else { return nil }
        return subject
    }

    /// A value as a part of a token.
    private static func token(_ value: String?) -> String {
        guard let value, !value.isEmpty else { return absent }
        if value == absent { return "%5F" }
        return percentEncoded(value) { $0 > 0x20 && $0 != 0x7F && !".*>%$".utf8.contains($0) }
    }

    /// The subjects of all events, as a pattern: `stock.*.*`.
    var pattern: String {
        let tokens = text.split(separator: ".", omittingEmptySubsequences: false)
        return tokens.map { $0.contains("{") ? "*" : String($0) }.joined(separator: ".")
    }

    /// Whether some subject is in both patterns.
    static func overlap(_ left: String, _ right: String) -> Bool {
        var (left, right) = (left.split(separator: ".")[...], right.split(separator: ".")[...])
        while let one = left.popFirst(), let other = right.popFirst() {
            if one == ">" || other == ">" { return true }
            if one != other, one != "*", other != "*" { return false }
            if left.isEmpty || right.isEmpty { break }
        }
        return left.isEmpty && right.isEmpty
    }
}

/// `text` with `%` and two hexadecimal digits for each byte of its UTF-8 that is not allowed (RFC 3986, section 2.1).
func percentEncoded(_ text: String, allowed: (UInt8) -> Bool) -> String {
    if text.utf8.allSatisfy(allowed) { return text }
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        if allowed(byte) {
            bytes.append(byte)
        } else {
            let digits = Array("0123456789ABCDEF".utf8)
            bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
