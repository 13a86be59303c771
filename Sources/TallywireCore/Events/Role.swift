/// What a caller may do: a token has one of these roles, and a caller without a token none.
public enum Role: String, Codable, CaseIterable, Sendable {
    /// Everything.
    case admin
    /// Movements, under the device's own name only.
    case device
    /// The rooms of this role, and everything that callers without a role may do.
    case shop

    /// Whether a caller of this role may do what needs `required`. An admin may do everything. No other role includes another: a
    /// scanner's token opens no shop's room, and a shop's token makes no movements.
    public func covers(_ required: Role) -> Bool { self == .admin || self == required }
}
