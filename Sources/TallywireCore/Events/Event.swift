/// What a command caused. Journal, sinks and rooms all carry these events.
///
/// An event says how things are after it, and not only what changed: `stock`, `price` and `level` are absolute, and
/// ``InventoryUpdated/version`` grows with each of a variant's events. A reader that keeps the highest version of each variant is
/// right, whatever was repeated or overtaken on the way.
public struct Event: Equatable, Sendable {
    /// The event's number in the journal: 1, 2, 3 … without a gap, the same on every sink.
    public let seq: UInt64
    /// When the event was decided.
    public let timestamp: Timestamp
    /// What happened.
    public let body: Body
    /// The operation that caused the event, if its caller named one.
    public let trace: TraceParent?

    public init(seq: UInt64, timestamp: Timestamp, body: Body, trace: TraceParent? = nil) {
        self.trace = trace
        self.seq = seq
        self.timestamp = timestamp
        self.body = body
    }

    /// What happened. A new type of event adds a case here, and a line in each of the functions below.
    ///
    /// Indirect, since an event is passed on many times, and a copy of the largest case would cost thirty words each time.
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
        case reservationChanged(ReservationChanged)
        case countChanged(CountChanged)
    }

    /// The types of all bodies.
    public static let bodies: [any EventBody.Type] = [
        InventoryUpdated.self, StockAlert.self, ProductStatusChanged.self, CatalogueChanged.self, DeviceChanged.self,
        DisplayChanged.self, SerialRepeated.self, AlertAcknowledged.self, ScanSetAside.self, ReservationChanged.self,
        CountChanged.self,
    ]

    public static let schemas: [EventSchema] = bodies.map { $0.schema }

    public var type: EventType { body.content.type }

    /// The values that filters and rooms use.
    public struct Subject: Equatable, Sendable {
        public var product: ProductID?
        /// The variant's id, also of a default variant, whose id is `null` in the event's JSON.
        public var variant: VariantID?
        public var sku: String?
        /// The location of a change of stock, of a location's alert or of a count, or the one that was created, changed or removed.
        public var location: String?
        /// The level after an `inventory_updated` or a `stock_alert`; of a location's alert, the level there.
        public var level: StockLevel?
        /// The id of the reservation that a `reservation_changed` is about.
        public var reservation: String?

        public init(
            product: ProductID? = nil, variant: VariantID? = nil, sku: String? = nil, location: String? = nil,
            level: StockLevel? = nil, reservation: String? = nil
        ) {
            self.product = product
            self.variant = variant
            self.sku = sku
            self.location = location
            self.level = level
            self.reservation = reservation
        }
    }

    /// A piece of a sentence for people.
    public enum Words: Equatable, Sendable {
        case text(String)
        /// The word that says how serious it is, in the colour of a stock level.
        case marked(String, StockLevel)
    }
}

/// The types of event, by their names on the wire.
///
/// Each type belongs to one ``EventBody``. That body's file describes the members of its events.
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
    case reservationChanged = "reservation_changed"
    case countChanged = "count_changed"

    /// The type's number. Journals store it, and views are ordered by it. Numbers start at 1 and never change; a new type takes the
    /// next one.
    public var number: Int {
        switch self {
        case .inventoryUpdated: 1
        case .stockAlert: 2
        case .productStatusChanged: 3
        case .catalogueChanged: 4
        case .deviceOffline: 5
        case .deviceOnline: 6
        case .displayStale: 7
        case .displayCurrent: 8
        case .serialRepeated: 9
        case .alertAcknowledged: 10
        case .scanSetAside: 11
        case .reservationChanged: 12
        case .countChanged: 13
        }
    }

    /// `nil` for a number that no type has.
    public init?(number: Int) {
        guard let type = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = type
    }

    /// The role that a client needs to see these events where rooms are not configured.
    public var leastRole: Role { Event.schemas.first { $0.types.contains(self) }?.leastRole ?? .admin }
}

extension Event.Body {
    /// The body as an ``EventBody``.
    public var content: any EventBody {
        switch self {
        case .inventoryUpdated(let update): update
        case .stockAlert(let alert): alert
        case .productStatusChanged(let change): change
        case .catalogueChanged(let change): change
        case .deviceChanged(let change): change
        case .displayChanged(let change): change
        case .serialRepeated(let repeated): repeated
        case .alertAcknowledged(let acknowledged): acknowledged
        case .scanSetAside(let message): message
        case .reservationChanged(let change): change
        case .countChanged(let change): change
        }
    }

    init(_ type: EventType, _ data: EventData) throws {
        switch type {
        case .inventoryUpdated: self = .inventoryUpdated(try InventoryUpdated(data))
        case .stockAlert: self = .stockAlert(try StockAlert(data))
        case .productStatusChanged: self = .productStatusChanged(try ProductStatusChanged(data))
        case .catalogueChanged: self = .catalogueChanged(try CatalogueChanged(data))
        case .deviceOffline, .deviceOnline: self = .deviceChanged(try DeviceChanged(data))
        case .displayStale, .displayCurrent: self = .displayChanged(try DisplayChanged(data))
        case .serialRepeated: self = .serialRepeated(try SerialRepeated(data))
        case .alertAcknowledged: self = .alertAcknowledged(try AlertAcknowledged(data))
        case .scanSetAside: self = .scanSetAside(try ScanSetAside(data))
        case .reservationChanged: self = .reservationChanged(try ReservationChanged(data))
        case .countChanged: self = .countChanged(try CountChanged(data))
        }
    }
}

// MARK: The wire format, byte for byte: the same in the journal, in the log and in a room

extension Event {
    /// Writes the event as one JSON object without line breaks.
    public func write(to json: inout JSONWriter) {
        let content = body.content
        json.object { json in
            json.member("type", content.type.rawValue)
            json.member("seq", seq)
            json.member("timestamp", timestamp)
            json.object("data") { json in
                content.writeMembers(to: &json)
                json.member("trace", trace?.description)
                json.member("timestamp", timestamp)
            }
        }
    }

    /// The event's JSON in UTF-8.
    public var json: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }
}

/// Reads an event back from its wire format.
///
/// An event's JSON does not contain the id of a default variant, which is `null` there. Pass it as
/// ``CodingUserInfoKey/defaultVariantID``. Without it the event has the variant id 0, and the event's product tells the variant.
extension Event: Decodable {
    private enum Key: String, CodingKey { case type, seq, timestamp, data }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let data = try EventData(container.superDecoder(forKey: .data))
        self.init(
            seq: try container.decode(UInt64.self, forKey: .seq),
            timestamp: try container.decode(Timestamp.self, forKey: .timestamp),
            body: try Body(container.decode(EventType.self, forKey: .type), data), trace: try data.trace())
    }
}

extension JSONWriter {
    /// Writes `"variantId":11`, or `null` for a default variant.
    public mutating func writeVariant(_ id: VariantID, isDefault: Bool) {
        key("variantId")
        if isDefault { null() } else { integer(id.rawValue) }
    }
}
