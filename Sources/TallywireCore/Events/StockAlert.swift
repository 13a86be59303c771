/// A variant's stock, or its units at one location, crossed an edge of an ``AlertRule``, in either direction.
public struct StockAlert: Equatable, Sendable {
    public let productID: ProductID
    public let variantID: VariantID
    public let isDefaultVariant: Bool
    public let sku: String
    public let scope: Scope
    /// The level of what ``scope`` names, after the crossing and before it.
    public let level: StockLevel
    public let previousLevel: StockLevel
    /// The variant's stock, whatever the scope is.
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

    /// The units that crossed the edge.
    public enum Scope: Equatable, Sendable {
        /// The variant's stock: all units that can be promised.
        case total
        /// The available units at one location.
        case location(String, stock: Int64)
    }

    public init(
        productID: ProductID, variantID: VariantID, isDefaultVariant: Bool, sku: String, scope: Scope = .total, level: StockLevel,
        previousLevel: StockLevel, stock: Int64, threshold: Int64, message: String, discrepancy: Discrepancy? = nil
    ) {
        self.productID = productID
        self.variantID = variantID
        self.isDefaultVariant = isDefaultVariant
        self.sku = sku
        self.scope = scope
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
        "A variant's stock, or its units at a location, crossed a threshold, or a location has less than 0 on hand.",
        [
            Member("productId", .id), Member("variantId", .variant), Member("sku", .sku),
            .optional("scope", .words(["total", "location"])), .optional("location", .location),
            .optional("locationStock", .count), Member("stockLevel", .level), Member("previousLevel", .level),
            Member("stock", .count), Member("threshold", .quantity), Member("message", .string),
            .optional("discrepancy", .balance),
        ])

    public static var example: StockAlert {
        StockAlert(
            productID: ProductID(1), variantID: VariantID(11), isDefaultVariant: false, sku: "TEE-RED-M", level: .low,
            previousLevel: .ok, stock: 10, threshold: 10, message: "Low stock: Red / M (TEE-RED-M) has 10 left")
    }

    public var type: EventType { .stockAlert }

    public var eventSubject: Event.Subject {
        Event.Subject(product: productID, variant: variantID, sku: sku, location: scope.location, level: level)
    }

    public var wording: [Event.Words] {
        [.marked(message, level)]
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.member("sku", sku)
        json.member("scope", scope.location == nil ? "total" : "location")
        switch scope {
        case .location(let code, let stock):
            json.member("location", code)
            json.member("locationStock", stock)
        case .total: json.member("location", discrepancy?.location)
        }
        json.member("stockLevel", level.rawValue)
        json.member("previousLevel", previousLevel.rawValue)
        json.member("stock", stock)
        json.member("threshold", threshold)
        json.member("message", message)
        json.member("discrepancy", discrepancy?.units)
    }

    public init(_ data: EventData) throws {
        let variant = try data.variant()
        self.init(
            productID: try data.product(), variantID: variant.id, isDefaultVariant: variant.isDefault, sku: try data("sku"),
            scope: try Self.scope(data), level: try data("stockLevel"), previousLevel: try data("previousLevel"),
            stock: try data("stock"), threshold: try data("threshold"), message: try data("message"),
            discrepancy: try Self.discrepancy(data))
    }

    private static func discrepancy(_ data: EventData) throws -> Discrepancy? {
        guard let units: Int64 = try data.optional("discrepancy") else { return nil }
        return Discrepancy(location: try data("location"), units: units)
    }

    /// The scope of an event. One of an earlier version has none, and is of the total.
    private static func scope(_ data: EventData) throws -> Scope {
        guard try data.optional("scope") == "location" else { return .total }
        return .location(try data("location"), stock: try data("locationStock"))
    }
}

extension StockAlert.Scope {
    /// The location's code; `nil` for the total.
    public var location: String? { if case .location(let code, _) = self { code } else { nil } }
}
