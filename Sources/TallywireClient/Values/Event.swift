public import TallywireCore

extension TallywireClient {
    /// An event that the server committed, as far as the room shows it.
    public struct Event: Equatable, Sendable {
        /// The event's number in the journal. Rooms leave out types, so gaps do not mean that an event was missed.
        public let seq: UInt64
        /// When the event was decided, by the server's clock.
        public let timestamp: Timestamp
        public let body: Body
        /// How many earlier changes of the variant were merged into this one: by the server because this client read too slowly, or
        /// by the client because the reader did.
        public internal(set) var conflated: Int
        /// How many events before this one were dropped because the reader was too slow; see ``Configuration/eventBuffer``. The
        /// items are right all the same.
        public internal(set) var missed = 0
        /// The server's message as it came.
        public let json: String

        /// What happened. Events around the stock, and types that this version does not know, are a ``notice(_:)``.
        public enum Body: Equatable, Sendable {
            case inventoryUpdated(InventoryUpdate)
            case stockAlert(StockAlert)
            case productStatusChanged(ProductStatusChange)
            case catalogueChanged(CatalogueChange)
            case reservationChanged(ReservationChange)
            case notice(Notice)
        }
    }

    /// A variant's stock or price changed. A room may show fewer members: all except ``key`` and ``version`` may be `nil`.
    public struct InventoryUpdate: Equatable, Sendable {
        public let key: ItemKey
        public let version: Int64
        public let sku: String?
        public let variantName: String?
        /// The units over all locations that sell, after the event; `nil` if the room shows a ``band``.
        public let stock: Int64?
        public let band: Band?
        public let previousStock: Int64?
        public let totalProductStock: Int64?
        /// The units on hand over all locations that sell, in every state, and how many of them reservations hold, after the event.
        public let onHand: Int64?
        public let reserved: Int64?
        /// `nil` when only the price changed.
        public let operation: TallywireCore.Operation?
        public let quantity: Int64?
        public let reason: String?
        public let reference: String?
        /// `nil` if there is no price, or the room shows none.
        public let price: Price?
        /// The earlier price, if the price changed.
        public let previousPrice: Price?
        public let status: ProductStatus?
        public let level: StockLevel?
        /// The location of the change, and the units that are available there now.
        public let location: String?
        public let locationStock: Int64?
        /// The units on hand there, and how many of them reservations hold.
        public let locationOnHand: Int64?
        public let locationReserved: Int64?
        /// The units that are damaged, in inspection or kept back there; `nil` if there are none.
        public let locationUnavailable: Int64?
        /// The units on the way there; `nil` if there are none.
        public let locationIncoming: Int64?
        /// What is on hand there below 0; `nil` if it is not below 0.
        public let discrepancy: Int64?
        /// The states from which and to which units went; `nil` for available ones.
        public let fromState: StockState?
        public let toState: StockState?
        /// The level there, where the variant has a threshold of its own.
        public let locationLevel: StockLevel?
        /// The units that were on hand there before a `set`.
        public let previousOnHand: Int64?
        public let source: String?
        public let movementID: String?
        /// The reservation whose units were held, captured or given back.
        public let reservationID: String?
        /// The movement that this one takes back.
        public let reverses: String?
        public let occurredAt: Timestamp?
        public let batch: String?
        public let serial: String?
        /// A date, such as `2027-03-31`.
        public let expiry: String?

        public var product: ProductID { key.product }
        public var variant: VariantID? { key.variant }
        /// Whether there is any stock; `nil` if the room does not show that.
        public var isInStock: Bool? {
            if let stock { return stock > 0 }
            if let band { return band != .out }
            return level.map { $0 != .out }
        }
    }

    /// A variant's stock, or its units at one location, crossed an edge of an alert, in either direction.
    public struct StockAlert: Equatable, Sendable {
        public let key: ItemKey
        public let sku: String?
        public let scope: Scope
        /// The location, and the units that are available there, if the alert is of a location. An alert of the total names one whose
        /// units on hand fell below 0.
        public let location: String?
        public let locationStock: Int64?
        /// The level of the total or of the location, as ``scope`` says.
        public let level: StockLevel?
        public let previousLevel: StockLevel?
        /// The variant's units over all locations that sell.
        public let stock: Int64?
        public let band: Band?
        public let threshold: Int64?
        /// A sentence for people.
        public let message: String?
        /// What is on hand at ``location`` below 0; `nil` if the alert does not say so.
        public let discrepancy: Int64?

        /// The units that crossed the edge.
        public enum Scope: String, Sendable {
            case total, location
        }
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
        /// The variant that changed; `nil` if the change is about a product as a whole or a location.
        public let key: ItemKey?
        public let sku: String?
        public let location: String?
        /// The new values: `name`, `price` and so on.
        public let values: JSONValue
    }

    /// A reservation was made, changed or ended.
    public struct ReservationChange: Equatable, Sendable {
        public let id: String
        /// `held` while the reservation is open; otherwise how it ended.
        public let status: Reservation.Status
        public let reference: String?
        public let expiresAt: Timestamp?
        public let lines: [Line]

        /// The units of one variant that the reservation holds at one location, and what became of them.
        public struct Line: Equatable, Sendable {
            public let key: ItemKey
            public let sku: String
            public let location: String
            /// The units that were held at first.
            public let quantity: Int64
            public let captured: Int64
            public let released: Int64
            /// The held units that are not on hand.
            public let short: Int64
        }
    }

    /// What happened around the stock: devices, displays, serial numbers, acknowledged alerts. Also events of types that this
    /// version does not know.
    public struct Notice: Equatable, Sendable {
        /// Such as `device_offline`.
        public let type: String
        /// A sentence for people.
        public let message: String?
        public let data: JSONValue
    }
}
