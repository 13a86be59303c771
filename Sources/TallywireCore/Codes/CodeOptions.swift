/// What a device does to the codes that it reads.
public struct CodeOptions: Equatable, Sendable, Decodable {
    /// Whether codes hold GS1 element strings.
    public enum ElementStrings: String, Sendable, Decodable {
        /// Where the AIM prefix says so, a GS stands in it, or it is in brackets; and where digits that are too many for a GTIN read as one.
        case automatic = "auto"
        /// All codes but plain GTINs, for devices that send no AIM prefix.
        case always
        case never
    }

    /// What stands for GS, the separator of element strings, such as `|` or `{GS}`.
    public var separator: String?
    /// What the device sends before and behind each code.
    public var prefix: String?
    public var suffix: String?
    public var elementStrings: ElementStrings?
    /// Whether the device drops leading zeros.
    public var dropsZeros: Bool?

    public init(
        separator: String? = nil, prefix: String? = nil, suffix: String? = nil, elementStrings: ElementStrings? = nil,
        dropsZeros: Bool? = nil
    ) {
        self.separator = separator
        self.prefix = prefix
        self.suffix = suffix
        self.elementStrings = elementStrings
        self.dropsZeros = dropsZeros
    }

    /// These options, and `other`'s where they say nothing.
    public func filled(from other: CodeOptions?) -> CodeOptions {
        guard let other else { return self }
        return CodeOptions(
            separator: separator ?? other.separator, prefix: prefix ?? other.prefix, suffix: suffix ?? other.suffix,
            elementStrings: elementStrings ?? other.elementStrings, dropsZeros: dropsZeros ?? other.dropsZeros)
    }
}
