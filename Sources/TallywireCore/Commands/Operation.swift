/// What a line does to the stock of one variant at one location.
///
/// A new operation is a case here, with what each property says of it; the compiler then asks what it does to the stock
/// (`MovementDraft`). Settings of devices, HTTP bodies, documents and warnings are made from these properties.
public enum Operation: String, Sendable, CaseIterable, Codable {
    /// Sets the units on hand, as after a count.
    case set
    case add
    case subtract
    /// Takes units from one location to another.
    case transfer

    /// The fewest units that it may be about.
    public var leastQuantity: Int64 {
        switch self {
        case .set: 0
        case .add, .subtract, .transfer: 1
        }
    }

    /// Whether it goes to another location, which a line then has to name, and may name for no other operation.
    public var hasDestination: Bool {
        switch self {
        case .transfer: true
        case .set, .add, .subtract: false
        }
    }

    /// Whether it counts units into the stock or out of it; `nil` for an operation that does neither.
    public var direction: Direction? {
        switch self {
        case .add: .into
        case .subtract: .out
        case .set, .transfer: nil
        }
    }

    /// The numbers are kept in journals.
    public enum Direction: Int64, Sendable {
        case into = 1
        case out = 2

        /// For sentences: "was counted in".
        public var word: String {
            switch self {
            case .into: "in"
            case .out: "out"
            }
        }
    }
}
