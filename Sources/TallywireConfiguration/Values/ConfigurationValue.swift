/// A value of plugins.json, with its origin.
///
/// Defaults can be written as literals: `"64MiB"`, `8`, `true`, `[]`, `[:]`.
public struct ConfigurationValue: Sendable {
    public var content: Content
    public var origin: Origin
    /// The text in the file, such as `${file:/run/secrets/mqtt}`, if a variable or a file was filled into it; `nil` if not.
    public internal(set) var written: String?

    public enum Content: Sendable {
        case null
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case string(String)
        /// A string that the schema knows to be a duration, such as `"30s"`.
        case duration(Duration)
        /// A string or an integer that the schema knows to be a size, such as `"64KiB"`.
        case size(ByteSize)
        case list([ConfigurationValue])
        /// In the order of the file, each key once.
        case object([Member])
    }

    /// A key of an object with its value.
    public struct Member: Sendable {
        public var key: String
        /// Where the key stands. The value may stand on another line.
        public var keyOrigin: Origin
        public var value: ConfigurationValue

        public init(_ key: String, keyOrigin: Origin = .builtIn, _ value: ConfigurationValue) {
            self.key = key
            self.keyOrigin = keyOrigin
            self.value = value
        }
    }

    /// Where a value came from.
    public enum Origin: Equatable, Sendable {
        /// A position in the file. Both are counted from 1; the column counts characters (Unicode scalars), not bytes.
        case file(line: Int, column: Int)
        /// The command line: the whole option as it was given, and the text of the value in it.
        case override(option: String, text: String)
        /// A default.
        case builtIn
    }

    public init(_ content: Content, origin: Origin = .builtIn) {
        self.content = content
        self.origin = origin
    }

    /// The value of `key`; `nil` if this is not an object, or has no such key.
    public subscript(key: String) -> ConfigurationValue? {
        guard case .object(let members) = content else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The text; `nil` if this is not a string.
    public var string: String? {
        guard case .string(let text) = content else { return nil }
        return text
    }

    /// Whether `other` has the same content, wherever it stands and whatever the order of its keys.
    package func isSame(as other: ConfigurationValue) -> Bool {
        switch (content, other.content) {
        case (.list(let elements), .list(let others)):
            elements.count == others.count && zip(elements, others).allSatisfy { $0.isSame(as: $1) }
        case (.object(let members), .object(let others)):
            members.count == others.count && members.allSatisfy { member in other[member.key].map(member.value.isSame) ?? false }
        default: json == other.json
        }
    }

    /// Reads this value as a `T`.
    ///
    /// `Duration` and ``ByteSize`` are read too. A value that was checked against an ``OptionSchema`` decodes if the type agrees
    /// with the schema; otherwise `DecodingError` names the path.
    public func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try ConfigurationDecoder(value: self, codingPath: []).decode(type)
    }
}

extension ConfigurationValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self.init(.null) }
    public init(booleanLiteral value: Bool) { self.init(.bool(value)) }
    public init(integerLiteral value: Int) { self.init(.integer(value)) }
    public init(floatLiteral value: Double) { self.init(.number(value)) }
    public init(stringLiteral value: String) { self.init(.string(value)) }
    public init(arrayLiteral elements: ConfigurationValue...) { self.init(.list(elements)) }
    public init(dictionaryLiteral elements: (String, ConfigurationValue)...) {
        self.init(.object(elements.map { Member($0.0, $0.1) }))
    }
}
