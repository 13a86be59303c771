/// The options that a plugin, or another object of plugins.json, understands.
///
/// One list serves four ends: it checks the file, it fills in the defaults, it is the reference that `tallywire plugins NAME` prints, and
/// it becomes the JSON Schema of `tallywire schema`. A plugin's options type, `Decodable`, therefore needs no optional for an option
/// that has a default.
///
/// ```swift
/// OptionSchema(
///     [
///         .required("url", .url(schemes: ["http", "https"]), "Where the events are posted."),
///         .optional("timeout", .duration(.seconds(1) ... .seconds(300)), default: "10s", "How long one request may take."),
///         .optional("rotate", .object([.optional("keep", .integer(1...100), default: 8, "Files kept.")]), default: [:], "…"),
///     ],
///     example: #"{ "plugin": "webhook", "url": "https://example.com/stock" }"#)
/// ```
public struct OptionSchema: Sendable, ExpressibleByArrayLiteral {
    public var options: [Option]
    /// An entry of plugins.json that uses them, as JSON.
    public var example: String?

    /// No options.
    public init() { self.init([]) }

    public init(_ options: [Option], example: String? = nil) {
        self.options = options
        self.example = example
    }

    public init(arrayLiteral options: Option...) { self.init(options) }

    /// The option named `key`.
    public subscript(key: String) -> Option? { options.first { $0.key == key } }
}

extension OptionSchema {
    /// One key of an object, with what may stand there.
    public struct Option: Sendable {
        public var key: String
        public var kind: OptionKind
        /// Whether its absence is a mistake.
        public var isRequired: Bool
        /// What holds when it is absent; checked and converted like a value of the file, so that `[:]` gives an object with
        /// its own defaults. Without one the key stays absent.
        public var defaultValue: ConfigurationValue?
        /// What it does, in a sentence.
        public var summary: String
        /// Whether its value (the keys of a map) names a place where events come from or go to: a topic, a room, a file.
        /// `tallywire graph` draws those.
        public var isEndpoint: Bool

        public static func required(
            _ key: String, _ kind: OptionKind, _ summary: String, isEndpoint: Bool = false
        ) -> Option {
            Option(key: key, kind: kind, isRequired: true, defaultValue: nil, summary: summary, isEndpoint: isEndpoint)
        }

        public static func optional(
            _ key: String, _ kind: OptionKind, default: ConfigurationValue? = nil, _ summary: String, isEndpoint: Bool = false
        ) -> Option {
            Option(key: key, kind: kind, isRequired: false, defaultValue: `default`, summary: summary, isEndpoint: isEndpoint)
        }
    }
}
