/// What can be done with units: the state that they are in at a location.
///
/// A new state is a case here, with its value of each property, and a column of `states` in the journal.
public enum StockState: String, Sendable, CaseIterable, Codable {
    /// On hand, and free to be sold, moved or reserved as far as no reservation holds the units.
    case available
    /// On hand, and broken.
    case damaged
    /// On hand, and to be looked at before anybody gets the units: returns, deliveries.
    case inspection
    /// On hand, and kept back as a reserve.
    case safety
    /// On the way to the location, and not on hand there.
    case incoming

    /// The states whose units a location counts one by one. Units in no other state are available.
    public static let counted: [StockState] = [.damaged, .inspection, .safety, .incoming]

    /// Whether units in this state are at the location.
    public var isOnHand: Bool { self != .incoming }

    /// Whether units that come into this state were found to be in it, so that also units can come into it that somebody was
    /// promised.
    var isFact: Bool {
        switch self {
        case .damaged, .inspection: true
        case .available, .safety, .incoming: false
        }
    }
}

/// What only some balances have: units in a state other than ``StockState/available``, and a count.
///
/// The details are a reference to immutable values, so that a balance without them, as most are, needs only one word for them.
public final class BalanceDetails: Equatable, Sendable {
    public let damaged: Int64
    public let inspection: Int64
    public let safety: Int64
    public let incoming: Int64
    /// When the units at the location were last counted, by a count that was posted; `nil` if they never were. What happened up to
    /// then was in what was counted.
    public let countedAt: Timestamp?

    /// Returns `nil` if nothing is in any of the states, and nothing was counted.
    public init?(
        damaged: Int64 = 0, inspection: Int64 = 0, safety: Int64 = 0, incoming: Int64 = 0, countedAt: Timestamp? = nil
    ) {
        guard damaged != 0 || inspection != 0 || safety != 0 || incoming != 0 || countedAt != nil else { return nil }
        self.countedAt = countedAt
        self.damaged = damaged
        self.inspection = inspection
        self.safety = safety
        self.incoming = incoming
    }

    public static func == (left: BalanceDetails, right: BalanceDetails) -> Bool {
        left === right
            || (left.damaged == right.damaged && left.inspection == right.inspection && left.safety == right.safety
                && left.incoming == right.incoming && left.countedAt == right.countedAt)
    }

    /// The same units, last counted at another time; `nil` if nothing is left to say.
    func counted(at time: Timestamp?) -> BalanceDetails? {
        BalanceDetails(damaged: damaged, inspection: inspection, safety: safety, incoming: incoming, countedAt: time)
    }
}
