/// A rule for a string or a free key, beyond its length.
public struct TextRule: Sendable {
    /// What the rule requires, for the reference: `a topic filter`, `letters, digits, - and _`.
    public var description: String
    /// The rule as an ECMA 262 regular expression for JSON Schema, if it can be written as one.
    public var pattern: String?
    /// What is wrong with a text; `nil` if nothing is.
    public var mistake: @Sendable (String) -> String?

    /// A rule that names the mistake. The empty text is checked too.
    public init(_ description: String, pattern: String? = nil, mistake: @escaping @Sendable (String) -> String?) {
        self.description = description
        self.pattern = pattern
        self.mistake = mistake
    }

    /// A rule that a text keeps or breaks. The mistake is then `“…” is not <description>`.
    public init(_ description: String, pattern: String? = nil, isKept: @escaping @Sendable (String) -> Bool) {
        self.init(description, pattern: pattern, mistake: { isKept($0) ? nil : "“\($0)” is not \(description)" })
    }

    /// 1 to 64 letters, digits, `-` and `_` of ASCII: the names of sources and sinks.
    public static let name = TextRule("a name (1 to 64 letters, digits, - and _)", pattern: "^[A-Za-z0-9_-]{1,64}$") { text in
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// Any text, also the empty one.
    public static let anything = TextRule("any text") { _ in true }
}
