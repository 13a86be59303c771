public import TallywireCore

extension TallywireClient {
    /// What the server committed, as far as the room shows it.
    public struct Event: Equatable, Sendable {
        /// Its number in the journal. Rooms leave out types, so there are gaps that mean nothing.
        public let seq: UInt64
        /// When it was committed, by the server's clock.
        public let timestamp: Timestamp
        public let body: Body
        /// So many earlier changes of the variant were merged into this one, by the server because this client read more slowly than they came,
        /// or here because the reader did.
        public internal(set) var conflated: Int
        /// So many events before this one were let go because the reader was too slow, see ``Configuration/eventBuffer``. The items are right
        /// all the same.
        public internal(set) var missed = 0
        /// The server's message, as it came.
        public let json: String

        /// What happened. Types that this version does not know, and those around the stock, are a ``notice(_:)``.
        public enum Body: Equatable, Sendable {
            case inventoryUpdated(InventoryUpdate)
            case stockAlert(StockAlert)
            case productStatusChanged(ProductStatusChange)
            case catalogueChanged(CatalogueChange)
            case notice(Notice)
        }
    }

    /// A variant's stock or price changed. A room may show less: all but ``key`` and ``version`` may be `nil`.
    public struct InventoryUpdate: Equatable, Sendable {
        public let key: ItemKey
        public let version: Int64
        public let sku: String?
        public let variantName: String?
        /// Units over all locations that sell, after it; `nil` where the room tells a ``band``.
        public let stock: Int64?
        public let band: Band?
        public let previousStock: Int64?
        public let totalProductStock: Int64?
        /// `nil` when only the price changed.
        public let operation: TallywireCore.Operation?
        public let quantity: Int64?
        public let reason: String?
        public let reference: String?
        /// `nil` where there is no price, or none is shown.
        public let price: Price?
        /// What the price was, when it changed.
        public let previousPrice: Price?
        public let status: ProductStatus?
        public let level: StockLevel?
        /// Where something changed, and what lies there now.
        public let location: String?
        public let locationStock: Int64?
        public let source: String?
        public let movementID: String?
        public let occurredAt: Timestamp?
        public let batch: String?
        public let serial: String?
        /// A date, such as `2027-03-31`.
        public let expiry: String?

        public var product: ProductID { key.product }
        public var variant: VariantID? { key.variant }
        /// Whether there is any; `nil` if the room tells nothing of it.
        public var isInStock: Bool? {
            if let stock { return stock > 0 }
            if let band { return band != .out }
            return level.map { $0 != .out }
        }
    }

    /// A variant's stock crossed an edge of its alert, in either direction.
    public struct StockAlert: Equatable, Sendable {
        public let key: ItemKey
        public let sku: String?
        public let level: StockLevel?
        public let previousLevel: StockLevel?
        public let stock: Int64?
        public let band: Band?
        public let threshold: Int64?
        /// A sentence for people.
        public let message: String?
    }

    /// A product's status changed. The version of each of its variants grows by one.
    public struct ProductStatusChange: Equatable, Sendable {
        public let product: ProductID
        public let status: ProductStatus
        public let previousStatus: ProductStatus?
    }

    /// A location, a product or a variant was created, updated or removed.
    public struct CatalogueChange: Equatable, Sendable {
        /// `created`, `updated` or `removed`.
        public let change: CatalogueChanged.Change
        public let product: ProductID?
        /// Which variant it is about; `nil` if it is about a product as a whole or a location.
        public let key: ItemKey?
        public let sku: String?
        public let location: String?
        /// The new values: `name`, `price` and so on.
        public let values: JSONValue
    }

    /// What happened around the stock: devices, displays, serial numbers, alerts that somebody has seen to; and what this version does not know.
    public struct Notice: Equatable, Sendable {
        /// Such as `device_offline`.
        public let type: String
        /// A sentence for people.
        public let message: String?
        public let data: JSONValue
    }
}
