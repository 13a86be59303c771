/// What a batch of events changed, as the values that a journal keeps beside the events.
public struct StateChanges: Sendable {
    /// Where the state stood before and after.
    public let before: Position
    public let after: Position
    public let products: [Change<Product>]
    public let variants: [Change<Variant>]
    /// Locations that are new.
    public let locations: [Location]

    /// The last event that is in a state, and the ids that were used up to there.
    public struct Position: Equatable, Sendable {
        public var seq: UInt64
        public var lastIDs: InventoryState.LastIDs

        public init(seq: UInt64 = 0, lastIDs: InventoryState.LastIDs = .init()) {
            self.seq = seq
            self.lastIDs = lastIDs
        }
    }

    /// A value before and after; `nil` where it did not exist.
    public struct Change<Value: Sendable>: Sendable {
        public let before: Value?
        public let after: Value?

        public init(before: Value?, after: Value?) {
            self.before = before
            self.after = after
        }
    }

    public init(
        before: Position, after: Position, products: [Change<Product>] = [], variants: [Change<Variant>] = [],
        locations: [Location] = []
    ) {
        self.before = before
        self.after = after
        self.products = products
        self.variants = variants
        self.locations = locations
    }
}
