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
    /// The location whose units on hand have fallen below 0; `nil` for an alert about the level alone.
    public let discrepancy: Discrepancy?

    /// A location with less than 0 on hand.
    public struct Discrepancy: Equatable, Sendable {
        public let location: String
        /// The units on hand, less than 0.
        public let units: Int64

        public init(location: String, units: Int64) {
            self.location = location
            self.units = units
        }
    }

    public init(
        productID: ProductID, variantID: VariantID, isDefaultVariant: Bool, sku: String, level: StockLevel,
        previousLevel: StockLevel, stock: Int64, threshold: Int64, message: String,
        discrepancy: Discrepancy? = nil
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
        self.discrepancy = discrepancy
    }
}

extension StockAlert: EventBody {
    private typealias Member = EventSchema.Member

    public static let schema = EventSchema(
        "StockAlert", [.stockAlert],
        "A variant's stock crossed a threshold, in either direction, or a location has less than 0 on hand.",
        [
            Member("productId", .id), Member("variantId", .variant), Member("sku", .sku), Member("stockLevel", .level),
            Member("previousLevel", .level), Member("stock", .count), Member("threshold", .quantity), Member("message", .string),
            .optional("location", .location), .optional("discrepancy", .balance),
        ])

    public static var example: StockAlert {
        StockAlert(
            productID: ProductID(1), variantID: VariantID(11), isDefaultVariant: false, sku: "TEE-RED-M", level: .low,
            previousLevel: .ok, stock: 10, threshold: 10, message: "Low stock: Red / M (TEE-RED-M) has 10 left")
    }

    public var type: EventType { .stockAlert }

    public var eventSubject: Event.Subject {
        Event.Subject(product: productID, variant: variantID, sku: sku, level: level)
    }

    public var wording: [Event.Words] {
        [.marked(message, level)]
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.member("sku", sku)
        json.member("stockLevel", level.rawValue)
        json.member("previousLevel", previousLevel.rawValue)
        json.member("stock", stock)
        json.member("threshold", threshold)
        json.member("message", message)
        json.member("location", discrepancy?.location)
        json.member("discrepancy", discrepancy?.units)
    }

    public init(_ data: EventData) throws {
        let variant = try data.variant()
        self.init(
            productID: try data.product(), variantID: variant.id, isDefaultVariant: variant.isDefault, sku: try data("sku"),
            level: try data("stockLevel"), previousLevel: try data("previousLevel"), stock: try data("stock"),
            threshold: try data("threshold"), message: try data("message"), discrepancy: try Self.discrepancy(data))
    }

    private static func discrepancy(_ data: EventData) throws -> Discrepancy? {
        guard let units: Int64 = try data.optional("discrepancy") else { return nil }
        return Discrepancy(location: try data("location"), units: units)
    }
}
