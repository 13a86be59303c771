import TallywireCore
import TallywireProtocol

extension TallywireClient {
    /// What a client follows: rooms, and tracked products and variants.
    struct Follows: Sendable {
        var rooms: [String: Room] = [:]
        private(set) var products: Set<ProductID> = []
        private(set) var variants: Set<VariantID> = []
        /// The keys of items that came for tracked variants: the key of a default variant does not contain its id.
        private var trackedKeys: Set<ItemKey> = []

        var tracksAnything: Bool { !products.isEmpty || !variants.isEmpty }
        var tracked: ClientMessage.Items { ClientMessage.Items(products: products.sorted(), variants: variants.sorted()) }
        /// Whether the client follows nothing, and so gets the broadcast.
        var isBroadcast: Bool { rooms.isEmpty && !tracksAnything }
        /// The position of the room that is furthest behind.
        var floor: UInt64 { rooms.values.compactMap(\.position).min() ?? .max }

        /// Everything that belongs to what is followed is known up to this event; 0 if that cannot be said.
        var known: UInt64 {
            if tracksAnything { return 0 }
            return rooms.values.map { $0.position ?? 0 }.min() ?? 0
        }

        /// Whether the server has not yet answered the join of a room. That room may still bring earlier events than those that
        /// come now.
        var isWaiting: Bool { rooms.values.contains { $0.refusal == nil && ($0.stage == .out || $0.stage == .joining) } }

        // MARK: What belongs to it

        /// Whether an item belongs to anything that is followed.
        func holds(_ key: ItemKey) -> Bool {
            isBroadcast || tracks(key) || rooms.values.contains { $0.holds(key) }
        }

        private func tracks(_ key: ItemKey) -> Bool {
            if products.contains(key.product) { return true }
            return key.variant.map { variants.contains($0) } ?? trackedKeys.contains(key)
        }

        /// Notes that an item came through a room or, without a room, because it is tracked.
        mutating func note(_ key: ItemKey, in room: String?) {
            if let room {
                if rooms[room]?.isKnownByKeys == true { rooms[room]?.keys.insert(key) }
            } else if key.variant == nil, !variants.isEmpty, !products.contains(key.product) {
                trackedKeys.insert(key)
            }
        }

        /// Notes the item of an event. An event does not say through which room it came, but its location says so for rooms of
        /// locations.
        mutating func noteEvent(_ key: ItemKey, at location: String?) {
            if let location { rooms["location:\(location)"]?.keys.insert(key) }
            if holds(key) { return }
            // The event came, so the item is followed: it is a default variant that is followed by its id.
            for (name, room) in rooms where room.canHoldDefaultVariant { rooms[name]?.keys.insert(key) }
            if !variants.isEmpty { trackedKeys.insert(key) }
        }

        /// Removes an item that does not exist any more.
        mutating func forgetItem(_ key: ItemKey) {
            trackedKeys.remove(key)
            for (name, room) in rooms where room.keys.contains(key) { rooms[name]?.keys.remove(key) }
        }

        // MARK: Following

        /// Adds ids to track. Returns those that are new.
        mutating func track(_ ids: ClientMessage.Items) -> ClientMessage.Items {
            ClientMessage.Items(
                products: ids.products.filter { products.insert($0).inserted },
                variants: ids.variants.filter { variants.insert($0).inserted })
        }

        mutating func untrack(_ ids: ClientMessage.Items) {
            products.subtract(ids.products)
            variants.subtract(ids.variants)
            if variants.isEmpty { trackedKeys = [] }
        }

        mutating func update(_ change: (inout Room) -> Void) {
            for name in rooms.keys { change(&rooms[name]!) }
        }

        /// Notes that the connection has ended.
        mutating func leaveConnection() { update { $0.leaveConnection() } }

        /// Forgets what belonged to the last journal.
        mutating func forget() {
            trackedKeys = []
            update { $0.forget() }
        }
    }
}
