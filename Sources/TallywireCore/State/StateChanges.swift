/// What a batch of events changed, as the values that a journal keeps beside the events.
public struct StateChanges: Sendable {
    /// Where the state stood before and after.
    public let before: Position
    public let after: Position
    public let products: [Change<Product>]
    public let variants: [Change<Variant>]
    /// Locations that are new.
    public let locations: [Location]
    /// SKUs of variants that were removed.
    public let retired: [Retirement]
    /// Whether something was created, renamed or removed, or has other barcodes; `false` where stock, prices and statuses alone changed.
    public let touchesCatalogue: Bool

    /// The last event that is in a state, and the ids that were used up to there.
    public struct Position: Equatable, Sendable {
        public var seq: UInt64
        public var lastIDs: InventoryState.LastIDs

        public init(seq: UInt64 = 0, lastIDs: InventoryState.LastIDs = .init()) {
            self.seq = seq
            self.lastIDs = lastIDs
        }
    }

    /// A value before and after; `nil` where it did not exist. Where a new thing has the id of one that was removed, there are two: that the old
    /// one is gone, and behind it that the new one exists.
    public struct Change<Value: Sendable>: Sendable {
        public let before: Value?
        public let after: Value?

        public init(before: Value?, after: Value?) {
            self.before = before
            self.after = after
        }
    }

    /// The version at which a SKU was removed, before and after; `nil` where it never had been.
    public struct Retirement: Sendable {
        public let sku: String
        public let before: Int64?
        public let after: Int64?

        public init(sku: String, before: Int64?, after: Int64?) {
            self.sku = sku
            self.before = before
            self.after = after
        }
    }

    public init(
        before: Position, after: Position, products: [Change<Product>] = [], variants: [Change<Variant>] = [],
        locations: [Location] = [], retired: [Retirement] = [], touchesCatalogue: Bool = true
    ) {
        self.before = before
        self.after = after
        self.products = products
        self.variants = variants
        self.locations = locations
        self.retired = retired
        self.touchesCatalogue = touchesCatalogue
    }
}
