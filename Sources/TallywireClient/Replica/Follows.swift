import TallywireCore

extension TallywireClient {
    /// What a client follows: rooms, and tracked products and variants.
    struct Follows: Sendable {
        var rooms: [String: Room] = [:]
        private(set) var products: Set<ProductID> = []
        private(set) var variants: Set<VariantID> = []
        /// What came for tracked variants: the place of a default variant does not tell its id.
        private var trackedKeys: Set<ItemKey> = []

        var tracksAnything: Bool { !products.isEmpty || !variants.isEmpty }
        var tracked: Followed { Followed(products: products.sorted(), variants: variants.sorted()) }
        /// Whether it gets what is for everybody.
        var isBroadcast: Bool { rooms.isEmpty && !tracksAnything }
        /// The place of the room that is furthest behind.
        var floor: UInt64 { rooms.values.compactMap(\.position).min() ?? .max }

        /// Whether a room is to be joined that the server has not answered for: it may yet bring events from further back than those that come.
        var isWaiting: Bool { rooms.values.contains { $0.refusal == nil && ($0.stage == .out || $0.stage == .joining) } }

        // MARK: What belongs to it

        /// Whether anything that is followed has to do with an item.
        func holds(_ key: ItemKey) -> Bool {
            isBroadcast || tracks(key) || rooms.values.contains { $0.holds(key) }
        }

        private func tracks(_ key: ItemKey) -> Bool {
            if products.contains(key.product) { return true }
            return key.variant.map { variants.contains($0) } ?? trackedKeys.contains(key)
        }

        /// Notes that an item came through a room or, without one, because it is tracked.
        mutating func note(_ key: ItemKey, in room: String?) {
            if let room {
                if rooms[room]?.isKnownByKeys == true { rooms[room]?.keys.insert(key) }
            } else if key.variant == nil, !variants.isEmpty, !products.contains(key.product) {
                trackedKeys.insert(key)
            }
        }

        /// Notes the item of an event. An event does not say through which room it came; its location does.
        mutating func noteEvent(_ key: ItemKey, at location: String?) {
            if let location { rooms["location:\(location)"]?.keys.insert(key) }
            if holds(key) { return }
            // It came, so something holds it: a default variant that is followed by its id.
            for (name, room) in rooms where room.canHoldDefaultVariant { rooms[name]?.keys.insert(key) }
            if !variants.isEmpty { trackedKeys.insert(key) }
        }

        /// An item is gone.
        mutating func forgetItem(_ key: ItemKey) {
            trackedKeys.remove(key)
            for (name, room) in rooms where room.keys.contains(key) { rooms[name]?.keys.remove(key) }
        }

        // MARK: Following

        /// Gives those that are new.
        mutating func track(_ ids: Followed) -> Followed {
            Followed(
                products: ids.products.filter { products.insert($0).inserted },
                variants: ids.variants.filter { variants.insert($0).inserted })
        }

        mutating func untrack(_ ids: Followed) {
            products.subtract(ids.products)
            variants.subtract(ids.variants)
            if variants.isEmpty { trackedKeys = [] }
        }

        mutating func update(_ change: (inout Room) -> Void) {
            for name in rooms.keys { change(&rooms[name]!) }
        }

        /// The connection is gone.
        mutating func leaveConnection() { update { $0.leaveConnection() } }

        /// The journal is another one.
        mutating func forget() {
            trackedKeys = []
            update { $0.forget() }
        }
    }
}
