/// One location's units of one variant.
public struct Balance: Equatable, Sendable {
    public let location: String
    /// Units that are at the location, in every state. Less than 0 where more units have left than were known.
    public var onHand: Int64
    /// Units that open reservations hold. It can be more than ``onHand``, since a count sets what is on hand.
    public var reserved: Int64
    /// The units in special states, and the last count; `nil` if there are none.
    public private(set) var details: BalanceDetails?

    public init(location: String, onHand: Int64, reserved: Int64 = 0, details: BalanceDetails? = nil) {
        self.location = location
        self.onHand = onHand
        self.reserved = reserved
        self.details = details
    }

    /// When the units were last counted; `nil` if they never were.
    public internal(set) var countedAt: Timestamp? {
        get { details?.countedAt }
        set { details = if let details { details.counted(at: newValue) } else { BalanceDetails(countedAt: newValue) } }
    }

    /// Units on hand that are damaged, in inspection or kept back.
    public var unavailable: Int64 { details.map { $0.damaged + $0.inspection + $0.safety } ?? 0 }

    /// Units on the way to the location.
    public var incoming: Int64 { details?.incoming ?? 0 }

    /// Units on hand that nothing but a reservation can hold.
    var usable: Int64 { onHand - unavailable }

    /// Units that can be moved, sold or reserved: those on hand that are in no other state and that no reservation holds.
    public var available: Int64 { max(0, usable - reserved) }

    /// Reserved units that are not on hand, or that nobody can be given.
    var shortage: Int64 { max(0, reserved - usable) }

    /// Whether nothing is at the location, on the way there, or promised from there.
    var isEmpty: Bool { onHand == 0 && reserved == 0 && incoming == 0 }

    /// The units in a state. The available ones include those that are reserved.
    public func units(in state: StockState) -> Int64 {
        switch state {
        case .available: usable
        case .damaged: details?.damaged ?? 0
        case .inspection: details?.inspection ?? 0
        case .safety: details?.safety ?? 0
        case .incoming: incoming
        }
    }

    /// Adds units in a state. A negative number takes units away.
    mutating func add(_ units: Int64, in state: StockState) {
        if state.isOnHand { onHand += units }
        guard state != .available else { return }
        func count(_ other: StockState) -> Int64 { self.units(in: other) + (other == state ? units : 0) }
        details = BalanceDetails(
            damaged: count(.damaged), inspection: count(.inspection), safety: count(.safety), incoming: count(.incoming),
            countedAt: countedAt)
    }
}

/// The balances of one variant, one for each location, in the order of first arrival.
///
/// The details are apart from the rest, so that a balance without any costs nothing for them.
public struct Balances: Equatable, Sendable {
    struct Row: Equatable, Sendable {
        let location: String
        var onHand: Int64
        var reserved: Int64
    }

    private var rows: [Row] = []
    /// By location; `nil` if no balance of the variant has any.
    private var details: [String: BalanceDetails]?

    public init(_ balances: some Sequence<Balance> = []) {
        for balance in balances { append(balance) }
    }

    private mutating func append(_ balance: Balance) {
        rows.append(Row(location: balance.location, onHand: balance.onHand, reserved: balance.reserved))
        setDetails(of: balance)
    }

    private mutating func setDetails(of balance: Balance) {
        guard details != nil || balance.details != nil else { return }
        details = details ?? [:]
        details?[balance.location] = balance.details
        if details?.isEmpty == true { details = nil }
    }

    /// The balance at `location`; zero where the variant never was.
    func balance(at location: String) -> Balance {
        guard let index = rows.firstIndex(where: { $0.location == location }) else { return Balance(location: location, onHand: 0) }
        return self[index]
    }

    /// Replaces the balance at the location of `balance`, or adds it.
    mutating func set(_ balance: Balance) {
        guard let index = rows.firstIndex(where: { $0.location == balance.location }) else { return append(balance) }
        rows[index].onHand = balance.onHand
        rows[index].reserved = balance.reserved
        setDetails(of: balance)
    }

    /// Sets the balance of an event, which says of the last count only what it changes.
    mutating func fold(_ change: StockChange) {
        var balance = change.balance
        let known = details.flatMap { $0[balance.location]?.countedAt }
        let countedAt = change.isAbsorbed ? known : change.count?.at ?? known
        if balance.countedAt != countedAt { balance.countedAt = countedAt }
        set(balance)
    }

    /// Removes the balances at locations that `isRemoved` names.
    public mutating func removeAll(where isRemoved: (Balance) -> Bool) {
        self = Balances(filter { !isRemoved($0) })
    }
}

extension Balances {
    /// Returns the units over the locations for which `sells` returns true.
    public func totals(where sells: (_ location: String) -> Bool) -> StockTotals {
        var (onHand, reserved): (Int64, Int64) = (0, 0)
        for row in rows where sells(row.location) {
            onHand += row.onHand
            reserved += row.reserved
        }
        return StockTotals(onHand: onHand, reserved: reserved)
    }
}

/// The units of one variant over all locations that sell, beside ``Variant/stock``.
public struct StockTotals: Equatable, Sendable {
    /// Units that are at the locations, in every state. Less than 0 where more units have left than were known.
    public let onHand: Int64
    /// Units that open reservations hold.
    public let reserved: Int64

    public init(onHand: Int64, reserved: Int64) {
        self.onHand = onHand
        self.reserved = reserved
    }
}

extension Balances: RandomAccessCollection {
    public var startIndex: Int { rows.startIndex }
    public var endIndex: Int { rows.endIndex }

    public subscript(index: Int) -> Balance {
        let row = rows[index]
        return Balance(
            location: row.location, onHand: row.onHand, reserved: row.reserved, details: details.flatMap { $0[row.location] })
    }
}

extension Balances: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Balance...) { self.init(elements) }
}
