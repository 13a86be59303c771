/// An application identifier with its value, as in a symbol.
///
/// Two elements are equal if identifier and value are, wherever they were parsed.
public struct Element: Sendable {
    /// What the value means.
    public let applicationIdentifier: ApplicationIdentifier

    /// The value: characters of ASCII, in the format of the identifier, at most 90.
    public let value: String

    /// Where the identifier begins in the parsed input, in bytes; 0 if the element was not parsed from bytes.
    public let position: Int

    /// Makes an element without checking the value. The value is checked when a ``GS1Message`` is made of the element.
    public init(_ applicationIdentifier: ApplicationIdentifier, _ value: String) {
        self.init(applicationIdentifier, value, at: 0)
    }

    init(_ applicationIdentifier: ApplicationIdentifier, _ value: String, at position: Int) {
        self.applicationIdentifier = applicationIdentifier
        self.value = value
        self.position = position
    }
}

extension Element: Hashable {
    /// Whether identifier and value are the same.
    public static func == (left: Element, right: Element) -> Bool {
        left.applicationIdentifier == right.applicationIdentifier && left.value == right.value
    }

    /// Hashes identifier and value.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(applicationIdentifier)
        hasher.combine(value)
    }
}

extension Element: CustomStringConvertible {
    /// In brackets, like `(10)AB-123`.
    public var description: String { "(\(applicationIdentifier))\(value)" }
}
