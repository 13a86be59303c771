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

extension StockAlert: EventBody {
    private typealias Member = EventSchema.Member

    public static let schema = EventSchema(
        "StockAlert", [.stockAlert], "A variant's stock crossed a threshold, in either direction.",
        [
            Member("productId", .id), Member("variantId", .variant), Member("sku", .sku), Member("stockLevel", .level),
            Member("previousLevel", .level), Member("stock", .count), Member("threshold", .quantity), Member("message", .string),
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
    }

    public init(_ data: EventData) throws {
        let variant = try data.variant()
        self.init(
            productID: try data.product(), variantID: variant.id, isDefaultVariant: variant.isDefault, sku: try data("sku"),
            level: try data("stockLevel"), previousLevel: try data("previousLevel"), stock: try data("stock"),
            threshold: try data("threshold"), message: try data("message"))
    }
}
