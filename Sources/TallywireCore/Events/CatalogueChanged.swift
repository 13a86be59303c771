/// A location, a product or a variant was created, updated or removed. Since the journal has these events, folding all events gives
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
        /// Of a location: its priority; of a created one only where it is not 0.
        public var priority: Int64?
        /// Of a variant with another SKU: the new one, and the one that it had before this event.
        public var sku: String?
        public var previousSKU: String?
        public var status: ProductStatus?
        /// `.some(nil)` removes the price.
        public var price: Price??
        /// Of a product with a new price: the price before. Events without this value, from earlier versions, removed a variant's
        /// own price if it was equal to the new price.
        public var previousPrice: Price??
        /// Of a variant: whether its price is its own or its product's.
        public var ownPrice: Bool?
        public var barcodes: [Barcode]?
        public var lowStockThreshold: Int64?
        public var rearm: Int64?
        /// Of a variant: its thresholds of single locations; of a created one all of them, of an updated one those that changed.
        public var thresholds: [ThresholdChange]?
        /// Of a created product: whether its only variant is the default variant.
        public var hasDefaultVariant: Bool?
        /// Of a created variant: its id, which in the event of a default variant stands nowhere else.
        public var id: VariantID?
        /// Of a variant that gets a SKU that another one had before: the version from which it continues.
        public var version: Int64?
        /// Of a variant that was removed or has another SKU: the locations where it was, so that the displays of its old SKU can be
        /// cleared.
        public var locations: [String]?

        public init() {}
    }

    public init(change: Change, subject: Subject, values: Values) {
        self.change = change
        self.subject = subject
        self.values = values
    }
}

extension CatalogueChanged: EventBody {
    private typealias Member = EventSchema.Member

    public static let schema = EventSchema(
        "CatalogueChanged", [.catalogueChanged], "Something in the catalogue was created, changed or removed.",
        [
            Member("change", .words(["created", "updated", "removed"])), .optional("location", .location),
            .optional("productId", .id), .optional("variantId", .variant), .optional("sku", .sku), Member("values", .object),
        ])

    public static var example: CatalogueChanged {
        var values = Values()
        values.name = "Red / M"
        return CatalogueChanged(
            change: .updated, subject: .variant(VariantID(11), isDefault: false, sku: "TEE-RED-M", product: ProductID(1)),
            values: values)
    }

    public var type: EventType { .catalogueChanged }

    public var eventSubject: Event.Subject {
        switch subject {
        case .location(let code): Event.Subject(location: code)
        case .product(let id): Event.Subject(product: id)
        case .variant(let id, _, let sku, let product): Event.Subject(product: product, variant: id, sku: sku)
        }
    }

    public var wording: [Event.Words] {
        switch subject {
        case .location(let code): [.text("location \(code) \(change.rawValue)")]
        case .product(let id): [.text("product \(id) \(change.rawValue)")]
        case .variant(_, _, let sku, let product):
            if let previous = values.previousSKU {
                [.text("\(previous) of product \(product) has the SKU \(sku) now")]
            } else {
                [.text("\(sku) of product \(product) \(change.rawValue)")]
            }
        }
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("change", change.rawValue)
        switch subject {
        case .location(let code):
            json.member("location", code)
        case .product(let id):
            json.member("productId", id.rawValue)
        case .variant(let id, let isDefault, let sku, let product):
            json.member("productId", product.rawValue)
            json.writeVariant(id, isDefault: isDefault)
            json.member("sku", sku)
        }
        json.object("values") { values.writeMembers(to: &$0) }
    }

    public init(_ data: EventData) throws {
        let values: Values = try data("values")
        let subject: Subject =
            if let location: String = try data.optional("location") {
                .location(location)
            } else if let sku: String = try data.optional("sku") {
                try {
                    let variant = try data.variant()
                    return .variant(values.id ?? variant.id, isDefault: variant.isDefault, sku: sku, product: try data.product())
                }()
            } else {
                .product(try data.product())
            }
        self.init(change: try data("change"), subject: subject, values: values)
    }
}

extension CatalogueChanged.Values {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("id", id?.rawValue)
        json.member("name", name)
        json.member("sells", sells)
        json.member("priority", priority)
        json.member("sku", sku)
        json.member("previousSku", previousSKU)
        json.member("status", status?.rawValue)
        if let price {
            json.member("price", price: price)
        }
        if let previousPrice {
            json.member("previousPrice", price: previousPrice)
        }
        json.member("ownPrice", ownPrice)
        if let barcodes {
            json.array("barcodes") { json in
                for barcode in barcodes { barcode.write(to: &json) }
            }
        }
        json.member("lowStockThreshold", lowStockThreshold)
        json.member("rearm", rearm)
        thresholds?.writeMember(to: &json)
        json.member("defaultVariant", hasDefaultVariant)
        json.member("version", version)
        if let locations {
            json.array("locations") { json in
                for location in locations { json.string(location) }
            }
        }
    }
}

extension CatalogueChanged.Values: Decodable {
    private enum Key: String, CodingKey {
        case id, name, sells, priority, sku, previousSku, status, price, previousPrice, ownPrice, barcodes, lowStockThreshold
        case rearm, thresholds, defaultVariant, version, locations
    }

    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        self.init()
        id = try data.decodeIfPresent(Int64.self, forKey: .id).map { VariantID($0) }
        name = try data.decodeIfPresent(String.self, forKey: .name)
        sells = try data.decodeIfPresent(Bool.self, forKey: .sells)
        priority = try data.decodeIfPresent(Int64.self, forKey: .priority)
        sku = try data.decodeIfPresent(String.self, forKey: .sku)
        previousSKU = try data.decodeIfPresent(String.self, forKey: .previousSku)
        status = try data.decodeIfPresent(ProductStatus.self, forKey: .status)
        if data.contains(.price) { price = .some(try data.decodeIfPresent(Price.self, forKey: .price)) }
        if data.contains(.previousPrice) { previousPrice = .some(try data.decodeIfPresent(Price.self, forKey: .previousPrice)) }
        ownPrice = try data.decodeIfPresent(Bool.self, forKey: .ownPrice)
        barcodes = try data.decodeIfPresent([Barcode].self, forKey: .barcodes)
        lowStockThreshold = try data.decodeIfPresent(Int64.self, forKey: .lowStockThreshold)
        rearm = try data.decodeIfPresent(Int64.self, forKey: .rearm)
        thresholds = try data.decodeIfPresent([String: AlertRule?].self, forKey: .thresholds).map { .init($0) }
        hasDefaultVariant = try data.decodeIfPresent(Bool.self, forKey: .defaultVariant)
        version = try data.decodeIfPresent(Int64.self, forKey: .version)
        locations = try data.decodeIfPresent([String].self, forKey: .locations)
    }
}
