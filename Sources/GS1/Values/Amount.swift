/// An amount of money, exactly as the label has it.
public struct Amount: Hashable, Sendable {
    /// How much.
    public let value: ExactDecimal
    /// The currency as three digits of ISO 4217; nil where it is that of the country the label is read in.
    public let currency: String?
}
