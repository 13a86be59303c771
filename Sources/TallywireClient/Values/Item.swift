import Foundation
import TallywireCore

extension TallywireClient {
    /// The known values of a variant. Members that the room does not show are `nil`.
    public struct Item: Equatable, Sendable, Identifiable {
        public var id: ItemKey { key }
        /// Which variant it is.
        public let key: ItemKey
        public internal(set) var sku: String?
        /// The variant's name, such as `Red / M`.
        public internal(set) var name: String?
        /// The units over all locations that sell; `nil` if the room shows a ``band`` instead, or nothing.
        public internal(set) var stock: Int64?
        public internal(set) var band: Band?
        /// The units on hand over all locations that sell, in every state, and how many of them reservations hold; `nil` if the room
        /// does not show units.
        public internal(set) var onHand: Int64?
        public internal(set) var reserved: Int64?
        /// In the server's currency; `nil` if there is no price, or the room shows none.
        public internal(set) var price: Price?
        public internal(set) var status: ProductStatus?
        public internal(set) var level: StockLevel?
        /// Grows with every change of stock, price or status. Values with a lower version never replace these.
        public internal(set) var version: Int64
        /// The event up to which the values hold.
        public internal(set) var seq: UInt64
        /// When the server committed the last change that came as an event, by its clock; `nil` if no change came as an event.
        public internal(set) var changedAt: Timestamp?
        /// When the values came, by this machine's clock. While the client is live they still hold; see ``State/asOf``.
        public internal(set) var asOf: Date

        public var product: ProductID { key.product }
        /// `nil` for a product without variants.
        public var variant: VariantID? { key.variant }

        /// Whether there is any stock, by the units, the band or the level; `nil` if none of them is known.
        public var isInStock: Bool? {
            if let stock { return stock > 0 }
            if let band { return band != .out }
            return level.map { $0 != .out }
        }
    }

    /// The changes of items since the reader's last element. Each item occurs at most once, with its newest values.
    public struct ItemChanges: Equatable, Sendable {
        /// Items that are new or different.
        public internal(set) var changed: [ItemKey: Item] = [:]
        /// Items that were removed from the catalogue, or are not followed any more.
        public internal(set) var removed: Set<ItemKey> = []

        var isEmpty: Bool { changed.isEmpty && removed.isEmpty }

        mutating func change(_ item: Item) {
            removed.remove(item.key)
            changed[item.key] = item
        }

        mutating func remove(_ key: ItemKey) {
            changed[key] = nil
            removed.insert(key)
        }

        mutating func merge(_ later: ItemChanges) {
            for item in later.changed.values { change(item) }
            for key in later.removed { remove(key) }
        }
    }
}
