import GS1

/// A variant's stock or price changed.
public struct InventoryUpdated: Equatable, Sendable {
    public let productID: ProductID
    public let variantID: VariantID
    /// Whether ``variantID`` is written as `null`.
    public let isDefaultVariant: Bool
    public let sku: String
    public let variantName: String
    /// The available units over all locations that sell, after the event and before it.
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
    /// Who asked for the change: `http`, or a source's name and the device, `mqtt-scanners/dock-1`.
    public let source: String
    public let movementID: String
    /// When the change happened at the source, if the source said so.
    public let occurredAt: Timestamp?
    /// Which units were moved, if the line said so.
    public let trace: Trace

    public enum Change: Equatable, Sendable {
        /// Units were added, taken or counted at `location`, where `locationStock` are available now.
        case stock(operation: Operation, quantity: Int64, location: String, locationStock: Int64)
        /// `isOwn`: whether the price is the variant's own from now on, or its product's. It is `nil` in events of earlier
        /// versions, where the price is the variant's own if it differs from its product's.
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

extension InventoryUpdated: EventBody {
    private typealias Member = EventSchema.Member

    /// A change of stock has no previous price. A change of price has no operation and no location.
    public static let schema = EventSchema(
        "InventoryUpdated", [.inventoryUpdated], for: .shop, "A variant's stock or price changed.",
        [
            Member("productId", .id), Member("variantId", .variant), Member("sku", .sku), Member("variantName", .name),
            Member("stock", .count), Member("previousStock", .count), Member("totalProductStock", .count),
            .optional("operation", .operation), .optional("quantity", .count),
            .optional("reason", .text(0...Limits.reasonLength)), .optional("reference", .text(0...Limits.referenceLength)),
            Member("price", .price), .optional("previousPrice", .price), .optional("ownPrice", .flag), Member("status", .status),
            Member("level", .level), .optional("location", .location), .optional("locationStock", .count),
            Member("version", .count), Member("source", .string), Member("movementId", .movement),
            .optional("occurredAt", .timestamp), .optional("batch", .text(1...Limits.traceLength)),
            .optional("serial", .text(1...Limits.traceLength)), .optional("expiry", .date),
        ])

    public static var example: InventoryUpdated {
        InventoryUpdated(
            productID: ProductID(1), variantID: VariantID(11), isDefaultVariant: false, sku: "TEE-RED-M", variantName: "Red / M",
            stock: 41, previousStock: 42, totalProductStock: 120,
            change: .stock(operation: .subtract, quantity: 1, location: "WH1", locationStock: 10), reason: "sale", reference: nil,
            price: Price(hundredths: 1999), status: .active, level: .ok, version: 57, source: "mqtt-scanners/dock-1",
            movementID: "7f3a", occurredAt: nil)
    }

    public var type: EventType { .inventoryUpdated }

    public var eventSubject: Event.Subject {
        var location: String?
        if case .stock(_, _, let code, _) = change { location = code }
        return Event.Subject(product: productID, variant: variantID, sku: sku, location: location, level: level)
    }

    public var wording: [Event.Words] {
        switch change {
        case .stock(let operation, let quantity, let location, let locationStock):
            [
                .text("\(sku) (\(variantName))  "), .marked("\(previousStock) → \(stock)", level),
                .text(
                    "  \(operation.rawValue) \(quantity)\(reason.map { " (\($0))" } ?? "") at \(location), \(locationStock) there"),
            ]
        case .price(let previous, _):
            [.text("\(sku) (\(variantName))  price \(previous?.description ?? "none") → \(price?.description ?? "none")")]
        }
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.member("sku", sku)
        json.member("variantName", variantName)
        json.member("stock", stock)
        json.member("previousStock", previousStock)
        json.member("totalProductStock", totalProductStock)
        if case .stock(let operation, let quantity, _, _) = change {
            json.member("operation", operation.rawValue)
            json.member("quantity", quantity)
        }
        json.member("reason", reason)
        json.member("reference", reference)
        json.member("price", price: price)
        if case .price(let previous, let isOwn) = change {
            json.member("previousPrice", price: previous)
            json.member("ownPrice", isOwn)
        }
        json.member("status", status.rawValue)
        json.member("level", level.rawValue)
        if case .stock(_, _, let location, let locationStock) = change {
            json.member("location", location)
            json.member("locationStock", locationStock)
        }
        json.member("version", version)
        json.member("source", source)
        json.member("movementId", movementID)
        json.member("occurredAt", occurredAt)
        trace.writeMembers(to: &json)
    }

    public init(_ data: EventData) throws {
        let variant = try data.variant()
        let change: Change =
            if let operation: Operation = try data.optional("operation") {
                .stock(
                    operation: operation, quantity: try data("quantity"), location: try data("location"),
                    locationStock: try data("locationStock"))
            } else {
                .price(previous: try data.optional("previousPrice"), isOwn: try data.optional("ownPrice"))
            }
        self.init(
            productID: try data.product(), variantID: variant.id, isDefaultVariant: variant.isDefault, sku: try data("sku"),
            variantName: try data("variantName"), stock: try data("stock"), previousStock: try data("previousStock"),
            totalProductStock: try data("totalProductStock"), change: change, reason: try data.optional("reason"),
            reference: try data.optional("reference"), price: try data.optional("price"), status: try data("status"),
            level: try data("level"), version: try data("version"), source: try data("source"), movementID: try data("movementId"),
            occurredAt: try data.optional("occurredAt"),
            trace: Trace(
                batch: try data.optional("batch"), serial: try data.optional("serial"), expiry: try data.optional("expiry")))
    }
}
