import TallywireCore

extension OpenAPI {
    /// The events, the same as on every sink.
    static let eventSchemas: [(String, JSONTree)] = [
        ("EventType", words(EventType.allCases.map(\.rawValue))),
        (
            "Event",
            [
                "oneOf": .array(
                    [
                        "InventoryUpdated", "StockAlert", "ProductStatusChanged", "CatalogueChanged", "DeviceChanged",
                        "DisplayChanged", "SerialRepeated",
                    ]
                    .map { reference($0) })
            ]
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
        (
            "DeviceChanged",
            event(
                [.deviceOffline, .deviceOnline],
                object([
                    ("device", ["type": "string"]), ("source", ["type": "string"]), ("status", words(["offline", "online"])),
                    ("lastSeen", ["type": ["string", "null"], "format": "date-time"]), ("reason", ["type": "string"]),
                    ("message", ["type": "string"]),
                    ("timestamp", timestamp),
                ]))
        ),
        (
            "DisplayChanged",
            event(
                [.displayStale, .displayCurrent],
                object([
                    ("sku", sku), ("location", locationCode), ("sink", ["type": "string"]),
                    ("status", words(["stale", "current"])),
                    ("wantedVersion", count), ("shownVersion", ["type": ["integer", "null"]]), ("message", ["type": "string"]),
                    ("timestamp", timestamp),
                ]))
        ),
        (
            "SerialRepeated",
            event(
                .serialRepeated,
                object([
                    ("productId", id), ("variantId", variantID), ("sku", sku), ("serial", traceText),
                    ("operation", words(["add", "subtract"])), ("previousSeq", id), ("source", ["type": "string"]),
                    ("movementId", movementID), ("message", ["type": "string"]), ("timestamp", timestamp),
                ]))
        ),
    ]

    /// A batch or a serial number.
    static let traceText = text(Limits.traceLength, least: 1)
    /// The last day on which units may be used.
    static let date: JSONTree = ["type": "string", "format": "date"]

    /// `null` for a default variant.
    private static let variantID: JSONTree = ["type": ["integer", "null"], "minimum": 1]

    private static let inventoryUpdated: [(String, JSONTree)] = [
        ("productId", id), ("variantId", variantID), ("sku", sku), ("variantName", name), ("stock", count),
        ("previousStock", count),
        ("totalProductStock", count), ("operation", reference("Operation")), ("quantity", count),
        ("reason", text(Limits.reasonLength, least: 0)), ("reference", text(Limits.referenceLength, least: 0)), ("price", price),
        ("previousPrice", price), ("status", reference("ProductStatus")), ("level", reference("StockLevel")),
        ("location", locationCode), ("locationStock", count), ("version", count), ("source", ["type": "string"]),
        ("movementId", movementID), ("occurredAt", timestamp), ("batch", traceText), ("serial", traceText), ("expiry", date),
        ("timestamp", timestamp),
    ]

    /// A change of stock has no previous price, a change of price no operation and no location.
    private static let optionalOfInventoryUpdated: Set<String> = [
        "operation", "quantity", "reason", "reference", "previousPrice", "location", "locationStock", "occurredAt",
        "batch", "serial", "expiry",
    ]

    private static func event(_ type: EventType, _ data: JSONTree) -> JSONTree { event([type], data) }

    private static func event(_ types: [EventType], _ data: JSONTree) -> JSONTree {
        object([
            ("type", types.count == 1 ? ["const": .string(types[0].rawValue)] : words(types.map(\.rawValue))), ("seq", id),
            ("timestamp", timestamp), ("data", data),
        ])
    }
}
