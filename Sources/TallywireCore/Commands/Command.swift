/// What somebody asks of the inventory, and who asks.
public struct Command: Equatable, Sendable, Codable {
    /// The movement's id, by which a repeat is recognised. A caller that submits without an id cannot repeat safely.
    public var id: String?
    /// The device that gave ``id``; `nil` if the id is unique in the whole journal.
    public var device: String?
    /// Who asks: `http`, or a source's name and the device, `mqtt-scanners/dock-1`.
    public var source: String
    /// How far the caller's clock may be ahead; `nil` for ``TimeRules/clockSkew``.
    public var clockSkew: Duration?
    /// A random text that only copies of one delivery of the command bear. A copy gets the command's first answer, and not that of a
    /// repeat: whoever sends again because an answer was lost learns what became of the command itself.
    public var nonce: String?
    /// The operation that the command is a part of, for the events that the command causes. Two commands that differ in it alone are the
    /// same.
    public var trace: TraceParent?
    public var action: Action

    public init(
        id: String? = nil, device: String? = nil, source: String, clockSkew: Duration? = nil, nonce: String? = nil,
        trace: TraceParent? = nil, action: Action
    ) {
        self.trace = trace
        self.nonce = nonce
        self.id = id
        self.device = device
        self.source = source
        self.clockSkew = clockSkew
        self.action = action
    }

    /// The key under which the command's answer is stored; `nil` without an id.
    public var key: String? { id.map { Self.key(id: $0, device: device) } }

    /// The key under which the answer to the command `id` of `device` is stored; `device` is `nil` for a caller that is no device.
    /// Each device has ids of its own. The separator can occur neither in an id nor in a device's name.
    public static func key(id: String, device: String?) -> String { device.map { "\($0)\u{1F}\(id)" } ?? id }

    /// Indirect, since a command is passed on several times, and a copy of a movement would copy each of its strings.
    public indirect enum Action: Equatable, Sendable, Codable {
        case move(Movement)
        case reverse(Reversal)
        case createLocation(Location)
        case updateLocation(String, LocationUpdate)
        case removeLocation(String)
        case createProduct(NewProduct)
        case updateProduct(ProductID, ProductUpdate)
        case removeProduct(ProductID)
        case addVariant(ProductID, NewVariant)
        case updateVariant(VariantID, VariantUpdate)
        case removeVariant(VariantID)
        case report(Report)
        case acknowledge(AlertReply)
        case reserve(NewReservation)
        case useReservation(ReservationUse)
        case openCount(NewCount)
        case useCount(CountUse)
        /// Sets the end of a reservation's time.
        case endReservation(String, NewReservation.End)
    }
}

/// Something that happened around the stock without changing it, reported so that it becomes an event.
public enum Report: Equatable, Sendable, Codable {
    case device(DeviceChanged)
    case display(DisplayChanged)
    case setAside(ScanSetAside)
}

/// The acknowledgement of an alert.
public struct AlertReply: Equatable, Sendable, Codable {
    /// The variant of the alert, and the `seq` of its `stock_alert`.
    public var variant: VariantID
    public var alertSeq: UInt64
    /// Who acknowledges the alert.
    public var by: String
    public var note: String?

    public init(variant: VariantID, alertSeq: UInt64, by: String, note: String? = nil) {
        self.variant = variant
        self.alertSeq = alertSeq
        self.by = by
        self.note = note
    }
}

/// A product to create, with its variants.
public struct NewProduct: Equatable, Sendable, Codable {
    /// The requested id; `nil` for the next free one.
    public var id: ProductID?
    public var name: String
    public var status: ProductStatus
    public var price: Price?
    public var content: Content

    public enum Content: Equatable, Sendable, Codable {
        /// One default variant. Its name is the product's.
        case single(NewVariant)
        case variants([NewVariant])
    }

    public init(id: ProductID? = nil, name: String, status: ProductStatus = .active, price: Price? = nil, content: Content) {
        self.id = id
        self.name = name
        self.status = status
        self.price = price
        self.content = content
    }
}

/// A variant to create.
public struct NewVariant: Equatable, Sendable, Codable {
    /// The requested id; `nil` for the next free one.
    public var id: VariantID?
    public var sku: String
    public var name: String
    /// The variant's own price, which stays when the product's changes; `nil` takes the product's.
    public var price: Price?
    public var barcodes: [Barcode]
    public var alerts: AlertRule
    /// The thresholds of single locations.
    public var thresholds: [ThresholdChange]

    public init(
        id: VariantID? = nil, sku: String, name: String, price: Price? = nil, barcodes: [Barcode] = [],
        alerts: AlertRule = AlertRule(), thresholds: [ThresholdChange] = []
    ) {
        self.id = id
        self.sku = sku
        self.name = name
        self.price = price
        self.barcodes = barcodes
        self.alerts = alerts
        self.thresholds = thresholds
    }
}

/// New values of a location; `nil` leaves a value as it is.
public struct LocationUpdate: Equatable, Sendable, Codable {
    public var name: String?
    /// Whether the location sells. Another value changes the stock of every variant that has units there.
    public var sells: Bool?
    public var priority: Int64?

    public init(name: String? = nil, sells: Bool? = nil, priority: Int64? = nil) {
        self.name = name
        self.sells = sells
        self.priority = priority
    }
}

/// New values of a product; `nil` leaves a value as it is.
public struct ProductUpdate: Equatable, Sendable, Codable {
    public var name: String?
    public var status: ProductStatus?
    /// `.some(nil)` removes the price. Variants without a price of their own change with it.
    public var price: Price??

    public init(name: String? = nil, status: ProductStatus? = nil, price: Price?? = nil) {
        self.name = name
        self.status = status
        self.price = price
    }
}

/// New values of a variant; `nil` leaves a value as it is.
public struct VariantUpdate: Equatable, Sendable, Codable {
    public var sku: String?
    public var name: String?
    /// `.some(nil)` removes the variant's own price, so that it has its product's again.
    public var price: Price??
    public var barcodes: [Barcode]?
    public var threshold: Int64?
    public var rearm: Int64?
    /// The thresholds of the locations that change. Those of other locations stay as they are.
    public var thresholds: [ThresholdChange]?

    public init(
        sku: String? = nil, name: String? = nil, price: Price?? = nil, barcodes: [Barcode]? = nil, threshold: Int64? = nil,
        rearm: Int64? = nil, thresholds: [ThresholdChange]? = nil
    ) {
        self.sku = sku
        self.name = name
        self.price = price
        self.barcodes = barcodes
        self.threshold = threshold
        self.rearm = rearm
        self.thresholds = thresholds
    }
}
