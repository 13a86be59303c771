import Mosquitto
import TallywirePipeline

/// A topic with placeholders in braces, such as `displays/{location}/{sku}`: the topics that one plugin publishes to or reads.
public struct TopicTemplate<Place>: Equatable, Sendable
where Place: RawRepresentable<String> & CaseIterable & Equatable & Sendable {
    /// The template as it is written.
    public let text: String
    /// The text split at its placeholders.
    public let pieces: [TemplatePiece<Place>]

    /// Reads `text`. With `rule`, that is what a mistake in its braces is called; without, the mistake names what is wrong.
    public init(_ text: String, rule: String? = nil) throws(TemplateMistake) {
        self.text = text
        do {
            pieces = try TemplatePiece.pieces(of: text, "topic")
        } catch {
            throw rule.map { TemplateMistake($0) } ?? error
        }
        // Each placeholder counts as one character. The rest has to be a valid topic.
        let fixed = pieces.map { if case .text(let text) = $0 { text } else { "x" } }.joined()
        if let problem = Topic.problem(fixed) { throw TemplateMistake(problem) }
    }

    /// Whether `place` is in the template.
    public func has(_ place: Place) -> Bool { pieces.contains(.place(place)) }

    /// Whether a level is `place` alone.
    public func hasLevel(_ place: Place) -> Bool { levels.contains { self.place(at: $0) == place } }

    /// Whether a level is plain text only. Otherwise topics of other programs could look like the template's.
    public var hasLevelOfItsOwn: Bool { levels.contains { !$0.isEmpty && !$0.contains("{") } }

    /// The topic with these values; `nil` if a value that the template needs is missing.
    @inlinable
    public func topic(_ value: (Place) -> String?) -> String? { pieces.filled(value) }

    /// A filter that matches every topic of the template with these values: for subscriptions and access lists. Any level matches
    /// where a placeholder has no value, or is not alone in its level.
    public func filter(_ value: (Place) -> String? = { _ in nil }) -> String {
        levels.map { level in
            level.contains("{") ? place(at: level).flatMap(value) ?? "+" : String(level)
        }.joined(separator: "/")
    }

    private var levels: [Substring] { text.split(separator: "/", omittingEmptySubsequences: false) }

    private func place(at level: Substring) -> Place? {
        level.hasPrefix("{") && level.hasSuffix("}") ? Place(rawValue: String(level.dropFirst().dropLast())) : nil
    }
}
