/// What a line does to the stock of one variant at one location.
///
/// A new operation is a case here, with its value of each property. The compiler then asks what the operation does to the stock
/// (`MovementDraft`). Settings of devices, HTTP bodies, documents and warnings are made from these properties.
public enum Operation: String, Sendable, CaseIterable, Codable {
    /// Sets the units on hand, as after a count.
    case set
    case add
    case subtract
    /// Takes units from one location to another.
    case transfer

    /// The smallest quantity that a line with this operation may have.
    public var leastQuantity: Int64 {
        switch self {
        case .set: 0
        case .add, .subtract, .transfer: 1
        }
    }

    /// Whether the operation takes units to another location. A line has to name that location, and for other operations must not.
    public var hasDestination: Bool {
        switch self {
        case .transfer: true
        case .set, .add, .subtract: false
        }
    }

    /// Whether the operation counts units in or out; `nil` for an operation that does neither.
    public var direction: Direction? {
        switch self {
        case .add: .into
        case .subtract: .out
        case .set, .transfer: nil
        }
    }

    /// The raw values are stored in journals.
    public enum Direction: Int64, Sendable {
        case into = 1
        case out = 2

        /// The word in sentences such as "was counted in".
        public var word: String {
            switch self {
            case .into: "in"
            case .out: "out"
            }
        }
    }
}
