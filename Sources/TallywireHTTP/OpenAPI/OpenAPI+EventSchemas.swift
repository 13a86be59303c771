import TallywireCore

extension OpenAPI {
    /// The events, the same as on every sink.
    static let eventSchemas: [(String, JSONTree)] = [
        ("EventType", words(EventType.allCases.map(\.rawValue))),
        (
            "Event",
            ["oneOf": .array(["InventoryUpdated", "StockAlert", "ProductStatusChanged", "CatalogueChanged"].map { reference($0) })]
        ),
        ("EventPage", page(of: "Event", [("last", count + ["description": "How far the answer looked: the next `after`."])])),
        ("InventoryUpdated", event(.inventoryUpdated, object(inventoryUpdated, optional: optionalOfInventoryUpdated))),
        (
            "StockAlert",
            event(
                .stockAlert,
                object([
                    ("productId", id), ("variantId", variantID), ("sku", sku), ("stockLevel", reference("StockLevel")),
                    ("previousLevel", reference("StockLevel")), ("stock", count), ("threshold", quantity),
                    ("message", ["type": "string"]), ("timestamp", timestamp),
                ]))
        ),
        (
            "ProductStatusChanged",
            event(
                .productStatusChanged,
                object([
                    ("productId", id), ("status", reference("ProductStatus")), ("previousStatus", reference("ProductStatus")),
                    ("timestamp", timestamp),
                ]))
        ),
        (
            "CatalogueChanged",
            event(
                .catalogueChanged,
                object(
                    [
                        ("change", words(["created", "updated", "removed"])), ("location", locationCode), ("productId", id),
                        ("variantId", variantID), ("sku", sku), ("values", ["type": "object"]), ("timestamp", timestamp),
                    ], optional: ["location", "productId", "variantId", "sku"]))
        ),
    ]

    /// `null` for a default variant.
    private static let variantID: JSONTree = ["type": ["integer", "null"], "minimum": 1]

    private static let inventoryUpdated: [(String, JSONTree)] = [
        ("productId", id), ("variantId", variantID), ("sku", sku), ("variantName", name), ("stock", count),
        ("previousStock", count),
        ("totalProductStock", count), ("operation", reference("Operation")), ("quantity", count),
        ("reason", text(Limits.reasonLength, least: 0)), ("reference", text(Limits.referenceLength, least: 0)), ("price", price),
        ("previousPrice", price), ("status", reference("ProductStatus")), ("level", reference("StockLevel")),
        ("location", locationCode), ("locationStock", count), ("version", count), ("source", ["type": "string"]),
        ("movementId", movementID), ("occurredAt", timestamp), ("timestamp", timestamp),
    ]

    /// A change of stock has no previous price, a change of price no operation and no location.
    private static let optionalOfInventoryUpdated: Set<String> = [
        "operation", "quantity", "reason", "reference", "previousPrice", "location", "locationStock", "occurredAt",
    ]

    private static func event(_ type: EventType, _ data: JSONTree) -> JSONTree {
        object([("type", ["const": .string(type.rawValue)]), ("seq", id), ("timestamp", timestamp), ("data", data)])
    }
}
