import TallywireCore
import TallywirePipeline

/// A text with places for a display's fields, such as `{name}\n{price|ask us} EUR`.
///
/// `{field}` is the value; `{field|other}` the value, or `other` where there is none: no price, or not a single unit. `{field}` of no
/// units is `0`, of no price nothing. `{{` and `}}` are braces.
struct DisplayText: Equatable, Sendable {
    private enum Piece: Equatable, Sendable {
        case text(String)
        case field(DisplayField, orElse: String)
    }

    private let pieces: [Piece]

    /// Why a text cannot be used, for people.
    struct Mistake: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    init(_ text: String) throws(Mistake) {
        var pieces: [Piece] = []
        var plain = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if character != "{" && character != "}" {
                plain.append(character)
            } else if rest.first == character {
                rest.removeFirst()
                plain.append(character)
            } else if character == "}" {
                throw Mistake(description: "the text has a } without a {; a brace that is to be shown is written }}")
            } else {
                guard let close = rest.firstIndex(of: "}") else {
                    throw Mistake(description: "the text has a { without a }; a brace that is to be shown is written {{")
                }
                if !plain.isEmpty { pieces.append(.text(plain)) }
                plain = ""
                pieces.append(try Self.place(rest[..<close]))
                rest = rest[rest.index(after: close)...]
            }
        }
        if !plain.isEmpty { pieces.append(.text(plain)) }
        self.pieces = pieces
    }

    private static func place(_ text: Substring) throws(Mistake) -> Piece {
        let parts = text.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        guard let field = DisplayField(rawValue: name) else {
            let names = DisplayField.allCases.map(\.rawValue)
            let hint = Suggestion.hint(for: name, among: names)
            let all = hint.isEmpty ? "; these can stand there: " + names.map { "{\($0)}" }.joined(separator: " ") : hint
            throw Mistake(description: "a display has no {\(name)}\(all)")
        }
        let units = field == .stock || field == .total
        return .field(field, orElse: parts.count == 2 ? String(parts[1]) : units ? "0" : "")
    }

    func filled(with display: Display) -> String {
        pieces.reduce(into: "") { result, piece in
            switch piece {
            case .text(let text): result += text
            case .field(let field, let other): result += display.text(field) ?? other
            }
        }
    }
}
