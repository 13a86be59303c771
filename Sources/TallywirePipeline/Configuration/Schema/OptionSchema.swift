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
