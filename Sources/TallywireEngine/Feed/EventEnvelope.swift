import TallywireCore

/// A committed event as it travels: its JSON, encoded once, and what routing needs to know without reading it.
///
/// It never changes, and it is a reference, so that the ring, the sinks and the batches between them share one.
public final class EventEnvelope: Sendable {
    public let seq: UInt64
    public let timestamp: Timestamp
    public let type: EventType
    /// The event's JSON in UTF-8 on one line: the same bytes in the journal, the log and every room.
    public let json: [UInt8]
    /// What the event is about.
    public let subject: Subject
    /// Where it came about: the location of a change of stock, and for an alert, which is about all locations and names none, that of the
    /// change that led to it.
    public let place: String?
    /// The event itself when it was just decided; `nil` when it was read back from the journal.
    let decided: Event?

    /// What filters and rooms look at.
    public struct Subject: Equatable, Sendable {
        public var product: ProductID?
        /// Also the id of a default variant, which is `null` in ``json``.
        public var variant: VariantID?
        public var sku: String?
        /// Of a change of stock or of a location.
        public var location: String?
        /// The level after an `inventory_updated` or a `stock_alert`.
        public var level: StockLevel?

        public init(
            product: ProductID? = nil, variant: VariantID? = nil, sku: String? = nil, location: String? = nil,
            level: StockLevel? = nil
        ) {
            self.product = product
            self.variant = variant
            self.sku = sku
            self.location = location
            self.level = level
        }
    }

    /// An event that was just decided, with its JSON. `place` is given for an alert.
    public init(_ event: Event, json: [UInt8], place: String? = nil) {
        self.seq = event.seq
        self.timestamp = event.timestamp
        self.type = event.type
        self.json = json
        self.subject = Subject(event)
        self.place = place ?? subject.location
        self.decided = event
    }

    /// An event that was read back from a journal.
    public init(
        seq: UInt64, timestamp: Timestamp, type: EventType, subject: Subject, place: String? = nil, json: [UInt8]
    ) {
        self.seq = seq
        self.timestamp = timestamp
        self.type = type
        self.json = json
        self.subject = subject
        self.place = place ?? subject.location
        self.decided = nil
    }
}

extension EventEnvelope.Subject {
    /// What `event` is about.
    public init(_ event: Event) {
        switch event.body {
        case .inventoryUpdated(let update):
            var location: String?
            if case .stock(_, _, let place, _) = update.change { location = place }
            self.init(
                product: update.productID, variant: update.variantID, sku: update.sku, location: location, level: update.level)
        case .stockAlert(let alert):
            self.init(product: alert.productID, variant: alert.variantID, sku: alert.sku, level: alert.level)
        case .productStatusChanged(let change):
            self.init(product: change.productID)
        case .catalogueChanged(let change):
            switch change.subject {
            case .location(let code): self.init(location: code)
            case .product(let id): self.init(product: id)
            case .variant(let id, _, let sku, let product): self.init(product: product, variant: id, sku: sku)
            }
        case .deviceChanged, .scanSetAside: self.init()
        case .displayChanged(let change): self.init(sku: change.sku, location: change.location)
        case .serialRepeated(let repeated):
            self.init(product: repeated.productID, variant: repeated.variantID, sku: repeated.sku)
        case .alertAcknowledged(let acknowledged):
            self.init(
                product: acknowledged.productID, variant: acknowledged.variantID, sku: acknowledged.sku, level: acknowledged.level)
        }
    }
}
