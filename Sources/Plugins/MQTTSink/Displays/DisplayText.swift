import MQTTConnection
import TallywireCore
import TallywirePipeline

/// A text with placeholders for a display's fields, such as `{name}\n{price|ask us} EUR`.
///
/// `{field}` is the value. `{field|other}` is the value, or `other` if there is no price or no unit. Without `other`, zero units
/// are `0`, and a missing price is empty. `{{` and `}}` are braces.
struct DisplayText: Equatable, Sendable {
    private struct Place: Equatable {
        let field: DisplayField
        let other: String
    }

    private let pieces: [TemplatePiece<Place>]

    init(_ text: String) throws(TemplateMistake) {
        pieces = try TemplatePiece.pieces(of: text, "text", escapes: true, place: Self.place)
    }

    private static func place(_ text: Substring) throws(TemplateMistake) -> Place {
        let parts = text.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        guard let field = DisplayField(rawValue: name) else {
            let names = DisplayField.allCases.map(\.rawValue)
            let hint = Suggestion.hint(for: name, among: names)
            let all = hint.isEmpty ? "; these can stand there: " + names.map { "{\($0)}" }.joined(separator: " ") : hint
            throw TemplateMistake("a display has no {\(name)}\(all)")
        }
        let units = field == .stock || field == .total
        return Place(field: field, other: parts.count == 2 ? String(parts[1]) : units ? "0" : "")
    }

    func filled(with display: Display) -> String {
        pieces.reduce(into: "") { result, piece in
            switch piece {
            case .text(let text): result += text
            case .place(let place): result += display.text(place.field) ?? place.other
            }
        }
    }
}
