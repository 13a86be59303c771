/// The changes of a batch of events, as the values that a journal stores beside the events.
public struct StateChanges: Sendable {
    /// The last event and the used ids before the batch, and after it.
    public let before: Position
    public let after: Position
    public let products: [Change<Product>]
    public let variants: [Change<Variant>]
    public let locations: [Change<Location>]
    /// SKUs of variants that were removed or got another SKU.
    public let retired: [Retirement]
    /// Reservations that were made, changed or ended; one that ended has its last values as the value after.
    public let reservations: [Change<Reservation>]
    /// Counts that were opened, changed or ended, in the same manner.
    public let counts: [Change<StockCount>]
    /// Whether anything was created, renamed or removed, or got other barcodes. `false` if only stock, prices and statuses changed.
    public let touchesCatalogue: Bool

    /// The last event that is folded into a state, and the ids that were used up to that event.
    public struct Position: Equatable, Sendable {
        public var seq: UInt64
        public var lastIDs: InventoryState.LastIDs

        public init(seq: UInt64 = 0, lastIDs: InventoryState.LastIDs = .init()) {
            self.seq = seq
            self.lastIDs = lastIDs
        }
    }

    /// A value before and after; `nil` where it did not exist. If a new value has the id of a removed one, there are two changes:
    /// first the removal, then the creation.
    public struct Change<Value: Sendable>: Sendable {
        public let before: Value?
        public let after: Value?

        public init(before: Value?, after: Value?) {
            self.before = before
            self.after = after
        }
    }

    /// The version at which a variant gave up its SKU, before and after; `nil` if no variant has.
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
        locations: [Change<Location>] = [], retired: [Retirement] = [],
        reservations: [Change<Reservation>] = [], counts: [Change<StockCount>] = [], touchesCatalogue: Bool = true
    ) {
        self.before = before
        self.after = after
        self.products = products
        self.variants = variants
        self.locations = locations
        self.retired = retired
        self.reservations = reservations
        self.counts = counts
        self.touchesCatalogue = touchesCatalogue
    }
}
