/// What becomes of a `subtract` of more units than are known to be there.
public enum NegativeRule: String, Sendable, CaseIterable, Codable {
    /// The units have left, whatever was known: what is on hand falls below 0.
    case allow
    /// Nothing is applied.
    case refuse
}

/// What a change does to the stock of one variant at one location.
///
/// A new operation is a case here, with its value of each property. The compiler then asks what the operation does to the stock
/// (`StockDraft`). Settings of devices, HTTP bodies, documents and warnings are made from these properties.
public enum Operation: String, Sendable, CaseIterable, Codable {
    /// Sets the units on hand, as after a count.
    case set
    /// Says what was on the shelf when it was counted. What moved before then and is reported later changes nothing any more.
    case count
    case add
    case subtract
    /// Takes units from one location to another.
    case transfer
    /// Takes units from one state to another at their location.
    case move
    /// Takes units that a reservation holds.
    case capture
    /// Holds units for a reservation.
    case reserve
    /// Gives back units that a reservation held.
    case release
    /// Gives back units at the end of a reservation's time.
    case expire

    /// The operations that a line of a movement may have.
    public static let ofLines = allCases.filter(\.isOfLines)

    /// Whether a line of a movement may have this operation.
    public var isOfLines: Bool {
        switch self {
        case .set, .count, .add, .subtract, .transfer, .move, .capture: true
        case .reserve, .release, .expire: false
        }
    }

    /// The smallest quantity that a line with this operation may have.
    public var leastQuantity: Int64 { self == .set || self == .count ? 0 : 1 }

    /// Whether the operation takes units to another location. A line has to name that location, and for other operations must not.
    public var hasDestination: Bool { self == .transfer }

    /// Whether a line with this operation may name the state from which units are taken. A `move` has to.
    public var takesFromState: Bool {
        switch self {
        case .subtract, .transfer, .move: true
        case .set, .count, .add, .capture, .reserve, .release, .expire: false
        }
    }

    /// Whether a line with this operation may name the state to which units come. A `move` has to.
    public var putsIntoState: Bool {
        switch self {
        case .add, .transfer, .move: true
        case .set, .count, .subtract, .capture, .reserve, .release, .expire: false
        }
    }

    /// The operations by which `PATCH /api/variants/{id}/inventory` changes a variant.
    public static let plain: [Operation] = [.set, .add, .subtract]

    /// Whether the operation takes units of a reservation. A line has to name that reservation, and for other operations must not.
    public var hasReservation: Bool { self == .capture }

    /// Whether a scanner is set to this operation by a ``ControlCode`` such as `TW:OP:add`. `TW:RES:ID` sets it to captures.
    public var hasControlCode: Bool {
        switch self {
        case .count, .add, .subtract, .transfer: true
        case .set, .move, .capture, .reserve, .release, .expire: false
        }
    }

    /// How a reversal takes a change by this operation back.
    public var opposite: Opposite {
        switch self {
        case .add: .operation(.subtract)
        case .subtract, .capture: .operation(.add)
        case .transfer: .way
        case .move: .states
        case .set, .count: .difference
        case .reserve, .release, .expire: .nothing
        }
    }

    public enum Opposite: Sendable {
        /// The same units, by another operation.
        case operation(Operation)
        /// The same units, the way back.
        case way
        /// The same units, back to the state from which they came.
        case states
        /// The units by which the change differed from what was there before.
        case difference
        /// The change moved no units.
        case nothing
    }

    /// Whether the operation counts units in or out; `nil` for an operation that does neither.
    public var direction: Direction? {
        switch self {
        case .add: .into
        case .subtract, .capture: .out
        case .set, .count, .transfer, .move, .reserve, .release, .expire: nil
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
