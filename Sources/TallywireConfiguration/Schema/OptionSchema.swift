/// The options of a plugin, or of another object of plugins.json.
///
/// One list has four uses: it checks the file, fills in the defaults, is the reference that `tallywire plugins NAME` prints, and
/// becomes the JSON Schema of `tallywire schema`. So a plugin's options type, `Decodable`, needs no optional for an option with a
/// default.
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
    /// An example entry of plugins.json with these options, as JSON.
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
    /// One key of an object, with its kind, its default and its meaning.
    public struct Option: Sendable {
        public var key: String
        public var kind: OptionKind
        /// Whether the key has to be there.
        public var isRequired: Bool
        /// The value if the key is absent. It is checked and converted like a value of the file, so `[:]` gives an object with its
        /// own defaults. Without a default the key stays absent.
        public var defaultValue: ConfigurationValue?
        /// What the option does, in a sentence.
        public var summary: String
        /// Whether the value (of a map, its keys) names where events come from or go to: a topic, a room, a file. `tallywire graph`
        /// draws these values.
        public var isEndpoint: Bool
        /// What of the value `GET /api/configuration` hides.
        public var secrecy: Secrecy

        public static func required(
            _ key: String, _ kind: OptionKind, _ summary: String, isEndpoint: Bool = false, secrecy: Secrecy = .none
        ) -> Option {
            Option(
                key: key, kind: kind, isRequired: true, defaultValue: nil, summary: summary, isEndpoint: isEndpoint,
                secrecy: secrecy)
        }

        public static func optional(
            _ key: String, _ kind: OptionKind, default: ConfigurationValue? = nil, _ summary: String, isEndpoint: Bool = false,
            secrecy: Secrecy = .none
        ) -> Option {
            Option(
                key: key, kind: kind, isRequired: false, defaultValue: `default`, summary: summary, isEndpoint: isEndpoint,
                secrecy: secrecy)
        }
    }

    /// Where an option's value may hold a secret.
    public enum Secrecy: Sendable {
        /// Nowhere.
        case none
        /// Everywhere: in each text of the value, but not in the keys of an object.
        case whole
        /// In a URL, except for its scheme, host and port.
        case url
        /// In a list, except for its first element: the arguments of a program.
        case arguments
    }
}
