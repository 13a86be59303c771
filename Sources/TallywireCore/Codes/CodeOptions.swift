/// How a device writes the codes that it reads.
public struct CodeOptions: Equatable, Sendable, Decodable {
    /// Whether codes contain GS1 element strings.
    public enum ElementStrings: String, Sendable, Decodable {
        /// A code is an element string if the AIM prefix says so, if it contains a GS, or if it is in brackets. So is a code of
        /// digits that are too many for a GTIN and can be read as an element string.
        case automatic = "auto"
        /// Every code except plain GTINs, for devices that send no AIM prefix.
        case always
        case never
    }

    /// The text that stands for GS, the separator of element strings, such as `|` or `{GS}`.
    public var separator: String?
    /// The texts that the device sends before and after each code.
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

    /// These options, with the gaps filled from `other`.
    public func filled(from other: CodeOptions?) -> CodeOptions {
        guard let other else { return self }
        return CodeOptions(
            separator: separator ?? other.separator, prefix: prefix ?? other.prefix, suffix: suffix ?? other.suffix,
            elementStrings: elementStrings ?? other.elementStrings, dropsZeros: dropsZeros ?? other.dropsZeros)
    }
}
