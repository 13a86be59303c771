/// What a caller may be: a token bears one of these, a caller without a token none.
public enum Role: String, Codable, CaseIterable, Sendable {
    /// Everything.
    case admin
    /// Movements, in its own name alone.
    case device
    /// The rooms that are for it, beside what everybody may.
    case shop

    /// Whether a caller of this role may do what is for `required`. An admin may everything; the others are beside each other, so that a
    /// scanner's token opens no shop's room, nor a shop's token a scanner's.
    public func covers(_ required: Role) -> Bool { self == .admin || self == required }
}
