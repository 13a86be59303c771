/// What a batch of events changed, as the values that a journal keeps beside the events.
public struct StateChanges: Sendable {
    /// The last event that is in these values.
    public let seq: UInt64
    public let lastIDs: InventoryState.LastIDs
    public let products: [Change<Product>]
    public let variants: [Change<Variant>]
    /// Locations that are new.
    public let locations: [Location]

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
        seq: UInt64, lastIDs: InventoryState.LastIDs, products: [Change<Product>] = [], variants: [Change<Variant>] = [],
        locations: [Location] = []
    ) {
        self.seq = seq
        self.lastIDs = lastIDs
        self.products = products
        self.variants = variants
        self.locations = locations
    }
}
