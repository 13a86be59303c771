/// A count to open.
public struct NewCount: Equatable, Sendable, Codable {
    public var location: String
    public var scope: StockCount.Scope
    public var isBlind: Bool
    public var tolerance: Int64
    public var missing: StockCount.Missing
    /// Who opens the count.
    public var by: String

    public init(
        location: String, scope: StockCount.Scope = .everything, isBlind: Bool = false, tolerance: Int64 = 0,
        missing: StockCount.Missing = .keep, by: String
    ) {
        self.location = location
        self.scope = scope
        self.isBlind = isBlind
        self.tolerance = tolerance
        self.missing = missing
        self.by = by
    }
}

/// What somebody does to a count that has not ended.
public struct CountUse: Equatable, Sendable, Codable {
    /// The count's id.
    public var count: String
    public var kind: Kind
    /// Who does it.
    public var by: String

    public enum Kind: Equatable, Sendable, Codable {
        /// Reports what was counted. If `replaces`, what was counted of these items before is of no account any more.
        case count([Line], replaces: Bool)
        /// Ends the counting. The count is posted if every line is within the tolerance.
        case close(reason: String?)
        /// Makes what was counted the stock.
        case post(reason: String?)
        /// Ends the count without any change of stock.
        case void
    }

    public init(count: String, kind: Kind, by: String) {
        self.count = count
        self.kind = kind
        self.by = by
    }

    /// Units of one item that were counted. Several lines of an item add up.
    public struct Line: Equatable, Sendable, Codable {
        public var item: ItemReference
        /// Units, or scans of a barcode; 0 says that there are none.
        public var quantity: Int64
        /// When it was counted; `nil` for now.
        public var countedAt: Timestamp?

        public init(item: ItemReference, quantity: Int64, countedAt: Timestamp? = nil) {
            self.item = item
            self.quantity = quantity
            self.countedAt = countedAt
        }
    }

    /// Whether the count's lines are compared with the stock.
    public var isSettling: Bool {
        switch kind {
        case .close, .post: true
        case .count, .void: false
        }
    }
}
