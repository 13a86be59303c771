/// What a movement or a change of the catalogue caused: the unit of the journal, of every sink and of every room.
///
/// An event says how things are after it, not only what changed: `stock`, `price` and `level` are absolute, and
/// ``InventoryUpdated/version`` grows with each of a variant's events. A reader that keeps the highest version of each
/// variant is right, whatever was repeated or overtaken on the way.
public struct Event: Equatable, Sendable {
    /// Its place in the journal: 1, 2, 3 … without a gap, the same number on every sink.
    public let seq: UInt64
    /// When it was committed.
    public let timestamp: Timestamp
    /// What happened.
    public let body: Body

    public init(seq: UInt64, timestamp: Timestamp, body: Body) {
        self.seq = seq
        self.timestamp = timestamp
        self.body = body
    }

    /// Kept in a box: an event is handed on many times, and a copy of what is in the largest case would cost thirty words each time.
    public indirect enum Body: Equatable, Sendable {
        case inventoryUpdated(InventoryUpdated)
        case stockAlert(StockAlert)
        case productStatusChanged(ProductStatusChanged)
        case catalogueChanged(CatalogueChanged)
        case deviceChanged(DeviceChanged)
        case displayChanged(DisplayChanged)
        case serialRepeated(SerialRepeated)
        case alertAcknowledged(AlertAcknowledged)
        case scanSetAside(ScanSetAside)
    }

    public var type: EventType {
        switch body {
        case .inventoryUpdated: .inventoryUpdated
        case .stockAlert: .stockAlert
        case .productStatusChanged: .productStatusChanged
        case .catalogueChanged: .catalogueChanged
        case .deviceChanged(let change): change.isOnline ? .deviceOnline : .deviceOffline
        case .displayChanged(let change): change.isStale ? .displayStale : .displayCurrent
        case .serialRepeated: .serialRepeated
        case .alertAcknowledged: .alertAcknowledged
        case .scanSetAside: .scanSetAside
        }
    }
}

/// The kinds of event, by their names on the wire.
public enum EventType: String, Sendable, CaseIterable, Codable {
    case inventoryUpdated = "inventory_updated"
    case stockAlert = "stock_alert"
    case productStatusChanged = "product_status_changed"
    case catalogueChanged = "catalogue_changed"
    case deviceOffline = "device_offline"
    case deviceOnline = "device_online"
    case displayStale = "display_stale"
    case displayCurrent = "display_current"
    case serialRepeated = "serial_repeated"
    case alertAcknowledged = "alert_acknowledged"
    case scanSetAside = "scan_set_aside"
}

/// A variant's stock or price changed.
public struct InventoryUpdated: Equatable, Sendable {
    public let productID: ProductID
    public let variantID: VariantID
    /// Whether ``variantID`` is written as `null`.
    public let isDefaultVariant: Bool
    public let sku: String
    public let variantName: String
    /// Available units over all locations that sell, after and before.
    public let stock: Int64
    public let previousStock: Int64
    /// The sum of `stock` over the product's variants.
    public let totalProductStock: Int64
    public let change: Change
    public let reason: String?
    public let reference: String?
    public let price: Price?
    public let status: ProductStatus
    public let level: StockLevel
    public let version: Int64
    /// Who brought it in: `http`, or a source's name and the device, `mqtt-scanners/dock-1`.
    public let source: String
    public let movementID: String
    /// When it happened at the source, if that said so.
    public let occurredAt: Timestamp?
    /// Which of the units they were, if the line said so.
    public let trace: Trace

    public enum Change: Equatable, Sendable {
        /// Units came, went or were counted at `location`, where `locationStock` are available now.
        case stock(operation: Operation, quantity: Int64, location: String, locationStock: Int64)
        /// `isOwn`: whether the price is the variant's own from now on, or its product's; `nil` in events from before that was told,
        /// where it is the variant's own if it differs.
        case price(previous: Price?, isOwn: Bool?)
    }

    public init(
        productID: ProductID, variantID: VariantID, isDefaultVariant: Bool, sku: String, variantName: String, stock: Int64,
        previousStock: Int64, totalProductStock: Int64, change: Change, reason: String?, reference: String?, price: Price?,
        status: ProductStatus, level: StockLevel, version: Int64, source: String, movementID: String, occurredAt: Timestamp?,
        trace: Trace = Trace()
    ) {
        self.productID = productID
        self.variantID = variantID
        self.isDefaultVariant = isDefaultVariant
        self.sku = sku
        self.variantName = variantName
        self.stock = stock
        self.previousStock = previousStock
        self.totalProductStock = totalProductStock
        self.change = change
        self.reason = reason
        self.reference = reference
        self.price = price
        self.status = status
        self.level = level
        self.version = version
        self.source = source
        self.movementID = movementID
        self.occurredAt = occurredAt
        self.trace = trace
    }
}

/// A variant's stock crossed an edge of its ``AlertRule``, in either direction.
public struct StockAlert: Equatable, Sendable {
    public let productID: ProductID
    public let variantID: VariantID
    public let isDefaultVariant: Bool
    public let sku: String
    public let level: StockLevel
    public let previousLevel: StockLevel
    public let stock: Int64
    public let threshold: Int64
    /// A sentence for people.
    public let message: String

    public init(
        productID: ProductID, variantID: VariantID, isDefaultVariant: Bool, sku: String, level: StockLevel,
        previousLevel: StockLevel, stock: Int64, threshold: Int64, message: String
    ) {
        self.productID = productID
        self.variantID = variantID
        self.isDefaultVariant = isDefaultVariant
        self.sku = sku
        self.level = level
        self.previousLevel = previousLevel
        self.stock = stock
        self.threshold = threshold
        self.message = message
    }
}

/// A product's status changed. The version of each of its variants grows by one.
public struct ProductStatusChanged: Equatable, Sendable {
    public let productID: ProductID
    public let status: ProductStatus
    public let previousStatus: ProductStatus

    public init(productID: ProductID, status: ProductStatus, previousStatus: ProductStatus) {
        self.productID = productID
        self.status = status
        self.previousStatus = previousStatus
    }
}

/// A location, a product or a variant was created, updated or removed. With these in the journal, folding all events gives
/// catalogue, prices, thresholds, locations and stock.
public struct CatalogueChanged: Equatable, Sendable {
    public let change: Change
    public let subject: Subject
    /// The new values: all of them for `created`, the changed ones for `updated`.
    public let values: Values

    public enum Change: String, Sendable, Codable {
        case created, updated, removed
    }

    public enum Subject: Equatable, Sendable {
        case location(String)
        case product(ProductID)
        case variant(VariantID, isDefault: Bool, sku: String, product: ProductID)
    }

    /// Values of a location, a product or a variant; `nil` where a value was not set or does not apply.
    public struct Values: Equatable, Sendable {
        public var name: String?
        public var sells: Bool?
        public var status: ProductStatus?
        /// `.some(nil)` takes the price away.
        public var price: Price??
        /// Of a product that has a new price: what it was before. Events from before that was told took away each variant's own price
        /// that was equal to the new one.
        public var previousPrice: Price??
        /// Of a variant: whether its price is its own, or its product's.
        public var ownPrice: Bool?
        public var barcodes: [Barcode]?
        public var lowStockThreshold: Int64?
        public var rearm: Int64?
        /// Of a created product: whether its only variant is the default variant.
        public var hasDefaultVariant: Bool?
        /// Of a created variant: its id, which stands nowhere else in the event of a default variant.
        public var id: VariantID?
        /// Of a created variant whose SKU another one had: the version that it goes on from.
        public var version: Int64?
        /// Of a removed variant: where it was, so that what was shown there can be taken away.
        public var locations: [String]?

        public init() {}
    }

    public init(change: Change, subject: Subject, values: Values) {
        self.change = change
        self.subject = subject
        self.values = values
    }
}
