import TallywireCore

/// What may stand as the value of an option.
///
/// A string in the file may contain `${NAME}` wherever a scalar is wanted; if it does, its text is converted to what is wanted.
public indirect enum OptionKind: Sendable {
    /// A string of at most `limit` characters, that is not empty unless `rule` says otherwise.
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
    /// An object with free keys. Decoded as a dictionary; ``ConfigurationValue/decode(_:)`` keeps the file's order only in
    /// `KeyedDecodingContainer.allKeys`.
    case map(OptionKind, count: ClosedRange<Int> = 0...1_000, key: TextRule? = nil)
    case object(OptionSchema)
    /// The first of these whose JSON type fits: give each alternative a JSON type of its own, or a string choice first.
    case oneOf([OptionKind])
    /// An absolute URL with one of these schemes and a host. Decoded as `String`.
    case url(schemes: [String])

    /// The name of an event, such as `inventory_updated`. Decoded as ``/TallywireCore/EventType``.
    public static let eventType = OptionKind.choice(EventType.allCases.map(\.rawValue))
}
