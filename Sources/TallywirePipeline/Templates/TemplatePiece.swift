/// A piece of a text with placeholders in braces.
public enum TemplatePiece<Place: Equatable & Sendable>: Equatable, Sendable {
    case text(String)
    case place(Place)

    /// The pieces of `text`.
    ///
    /// - Parameters:
    ///   - what: what the text is, for people.
    ///   - escapes: whether `{{` and `}}` are braces.
    ///   - place: reads the text between two braces.
    public static func pieces(
        of text: String, _ what: String, escapes: Bool, place: (Substring) throws(TemplateMistake) -> Place
    ) throws(TemplateMistake) -> [Self] {
        var pieces: [Self] = []
        var plain = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if character != "{" && character != "}" {
                plain.append(character)
            } else if escapes, rest.first == character {
                plain.append(rest.removeFirst())
            } else if character == "{", let close = rest.firstIndex(of: "}") {
                if !plain.isEmpty { pieces.append(.text(plain)) }
                plain = ""
                pieces.append(.place(try place(rest[..<close])))
                rest = rest[rest.index(after: close)...]
            } else {
                let hint = escapes ? "; a brace that is to be shown is written \(character)\(character)" : ""
                throw TemplateMistake("the \(what) has a \(character) without a \(character == "{" ? "}" : "{")\(hint)")
            }
        }
        if !plain.isEmpty { pieces.append(.text(plain)) }
        return pieces
    }
}

extension TemplatePiece where Place: RawRepresentable<String> & CaseIterable {
    /// The pieces of `text`, whose placeholders are the names of `Place`. `what` is what the text is, for people.
    public static func pieces(of text: String, _ what: String) throws(TemplateMistake) -> [Self] {
        try pieces(of: text, what, escapes: false) { name throws(TemplateMistake) in
            if let place = Place(rawValue: String(name)) { return place }
            let names = Place.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
            throw TemplateMistake("the \(what) cannot have {\(name)}; these can stand there: \(names)")
        }
    }
}

extension Sequence {
    /// The text of a template with these values; `nil` if a value that it needs is missing.
    @inlinable
    public func filled<Place>(_ value: (Place) -> String?) -> String? where Element == TemplatePiece<Place> {
        var text = ""
        for piece in self {
            switch piece {
            case .text(let plain): text += plain
            case .place(let place):
                guard let value = value(place) else { return nil }
                text += value
            }
        }
        return text
    }
}

/// Why a template cannot be used, for people.
public struct TemplateMistake: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
