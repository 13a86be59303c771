import TallywireCore

/// Which values an option may have.
///
/// A string in the file may contain `${NAME}` wherever a scalar is expected. Its text is then converted to the expected type.
public indirect enum OptionKind: Sendable {
    /// A string of at most `limit` characters. It may be empty only if `rule` says so.
    case string(limit: Int = 1_024, TextRule? = nil)
    case bool
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    /// `"500ms"`, `"30s"`, `"5m"`, `"24h"`, `"7d"`. Decoded as `Duration`.
    case duration(ClosedRange<Duration>)
    /// `"64KiB"`, `"10MB"`, an integer of bytes. Decoded as ``ByteSize``.
    case size(ClosedRange<ByteSize>)
    /// One of these strings. Decoded as `String` or as an enum with these raw values.
    case choice([String])
    case list(OptionKind, count: ClosedRange<Int> = 0...1_000)
    /// An object with free keys. Decoded as a dictionary. ``ConfigurationValue/decode(_:)`` keeps the file's order only in
    /// `KeyedDecodingContainer.allKeys`.
    case map(OptionKind, count: ClosedRange<Int> = 0...1_000, key: TextRule? = nil)
    case object(OptionSchema)
    /// The first of these kinds whose JSON type fits. Give each alternative its own JSON type, or put a string choice first.
    case oneOf([OptionKind])
    /// An absolute URL with one of these schemes and a host. Decoded as `String`.
    case url(schemes: [String])

    /// The name of an event, such as `inventory_updated`. Decoded as ``/TallywireCore/EventType``.
    public static let eventType = OptionKind.choice(EventType.allCases.map(\.rawValue))
}

extension OptionKind {
    /// What a value must be, in the words of error messages and of the reference.
    package var expectation: String {
        switch self {
        case .string(_, let rule): rule.map { "a string: \($0.description)" } ?? "a string"
        case .bool: "true or false"
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .duration(let range):
            "a duration from “\(range.lowerBound.configurationText)” to “\(range.upperBound.configurationText)”"
        case .size(let range): "a size from “\(range.lowerBound)” to “\(range.upperBound)”"
        case .choice(let choices): (choices.count == 1 ? "" : "one of ") + choices.map { "“\($0)”" }.joined(separator: ", ")
        case .list: "a list"
        case .map, .object: "an object"
        case .oneOf(let kinds): kinds.map(\.expectation).joined(separator: " or ")
        case .url(let schemes): "a URL with \(schemes.map { "\($0)://" }.joined(separator: ", "))"
        }
    }

    /// Whether a value of this kind is written in the JSON type of `value`.
    package func accepts(_ value: ConfigurationValue) -> Bool {
        switch (self, value.content) {
        case (.oneOf(let kinds), _): kinds.contains { $0.accepts(value) }
        case (.object, .object), (.map, .object), (.list, .list): true
        case (.object, _), (.map, _), (.list, _): false
        case (.string, .string), (.duration, .string), (.size, .string), (.choice, .string), (.url, .string): true
        case (.duration, .duration), (.size, .size), (.size, .integer): true
        case (.bool, .bool), (.integer, .integer), (.number, .integer), (.number, .number): true
        // The string may contain a variable whose text is such a value.
        case (.bool, .string(let text)), (.integer, .string(let text)), (.number, .string(let text)): text.contains("${")
        default: false
        }
    }
}
