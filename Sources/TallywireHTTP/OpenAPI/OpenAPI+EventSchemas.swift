import TallywireCore

extension OpenAPI {
    /// What one kind of event looks like.
    struct EventSchema {
        let name: String
        let types: [EventType]
        /// The members of `data`; those in ``optional`` may be missing.
        let members: [(String, JSONTree)]
        var optional: Set<String> = []

        /// The whole event.
        var tree: JSONTree { tree(data: OpenAPI.object(members, optional: optional)) }

        /// The event with another `data`, and `extra` members beside it that may be missing.
        func tree(data: JSONTree, extra: [(String, JSONTree)] = []) -> JSONTree {
            let type: JSONTree =
                types.count == 1 ? ["const": .string(types[0].rawValue)] : OpenAPI.words(types.map(\.rawValue))
            return OpenAPI.object(
                [("type", type), ("seq", OpenAPI.id)] + extra + [("timestamp", OpenAPI.timestamp), ("data", data)],
                optional: Set(extra.map(\.0)))
        }
    }

    /// The events, the same as on every sink.
    static let eventSchemas: [(String, JSONTree)] =
        [
            ("EventType", words(EventType.allCases.map(\.rawValue))),
            ("Event", ["oneOf": .array(events.map { reference($0.name) })]),
            (
                "EventPage",
                page(of: "Event", [("last", count + ["description": "How far the answer looked: the next `after`."])])
            ),
        ] + events.map { ($0.name, $0.tree) }

    static let events: [EventSchema] = [
        EventSchema(
            name: "InventoryUpdated", types: [.inventoryUpdated], members: inventoryUpdated, optional: optionalOfInventoryUpdated),
        EventSchema(
            name: "StockAlert", types: [.stockAlert],
            members: [
                ("productId", id), ("variantId", variantID), ("sku", sku), ("stockLevel", reference("StockLevel")),
                ("previousLevel", reference("StockLevel")), ("stock", count), ("threshold", quantity),
                ("message", ["type": "string"]), ("timestamp", timestamp),
            ]),
        EventSchema(
            name: "ProductStatusChanged", types: [.productStatusChanged],
            members: [
                ("productId", id), ("status", reference("ProductStatus")), ("previousStatus", reference("ProductStatus")),
                ("timestamp", timestamp),
            ]),
        EventSchema(
            name: "CatalogueChanged", types: [.catalogueChanged],
            members: [
                ("change", words(["created", "updated", "removed"])), ("location", locationCode), ("productId", id),
                ("variantId", variantID), ("sku", sku), ("values", ["type": "object"]), ("timestamp", timestamp),
            ], optional: ["location", "productId", "variantId", "sku"]),
        EventSchema(
            name: "DeviceChanged", types: [.deviceOffline, .deviceOnline],
            members: [
                ("device", ["type": "string"]), ("source", ["type": "string"]), ("status", words(["offline", "online"])),
                ("lastSeen", ["type": ["string", "null"], "format": "date-time"]), ("reason", ["type": "string"]),
                ("message", ["type": "string"]), ("timestamp", timestamp),
            ]),
        EventSchema(
            name: "DisplayChanged", types: [.displayStale, .displayCurrent],
            members: [
                ("sku", sku), ("location", locationCode), ("sink", ["type": "string"]), ("status", words(["stale", "current"])),
                ("wantedVersion", count), ("shownVersion", ["type": ["integer", "null"]]), ("message", ["type": "string"]),
                ("timestamp", timestamp),
            ]),
        EventSchema(
            name: "SerialRepeated", types: [.serialRepeated],
            members: [
                ("productId", id), ("variantId", variantID), ("sku", sku), ("serial", traceText),
                ("operation", words(["add", "subtract"])), ("previousSeq", id), ("source", ["type": "string"]),
                ("movementId", movementID), ("message", ["type": "string"]), ("timestamp", timestamp),
            ]),
        EventSchema(
            name: "ScanSetAside", types: [.scanSetAside],
            members: [
                ("device", ["type": "string"]), ("source", ["type": "string"]), ("topic", ["type": "string"]),
                ("file", ["type": "string"]), ("message", ["type": "string"]), ("timestamp", timestamp),
            ]),
        EventSchema(
            name: "AlertAcknowledged", types: [.alertAcknowledged],
            members: [
                ("productId", id), ("variantId", variantID), ("sku", sku), ("stockLevel", reference("StockLevel")),
                ("alertSeq", id),
                ("by", ["type": "string"]), ("note", text(Limits.reasonLength, least: 1)), ("message", ["type": "string"]),
                ("timestamp", timestamp),
            ], optional: ["note"]),
    ]

    /// A batch or a serial number.
    static let traceText = text(Limits.traceLength, least: 1)
    /// The last day on which units may be used.
    static let date: JSONTree = ["type": "string", "format": "date"]

    /// `null` for a default variant.
    static let variantID: JSONTree = ["type": ["integer", "null"], "minimum": 1]

    private static let inventoryUpdated: [(String, JSONTree)] = [
        ("productId", id), ("variantId", variantID), ("sku", sku), ("variantName", name), ("stock", count),
        ("previousStock", count),
        ("totalProductStock", count), ("operation", reference("Operation")), ("quantity", count),
        ("reason", text(Limits.reasonLength, least: 0)), ("reference", text(Limits.referenceLength, least: 0)), ("price", price),
        ("previousPrice", price), ("ownPrice", flag), ("status", reference("ProductStatus")), ("level", reference("StockLevel")),
        ("location", locationCode), ("locationStock", count), ("version", count), ("source", ["type": "string"]),
        ("movementId", movementID), ("occurredAt", timestamp), ("batch", traceText), ("serial", traceText), ("expiry", date),
        ("timestamp", timestamp),
    ]

    /// A change of stock has no previous price, a change of price no operation and no location.
    private static let optionalOfInventoryUpdated: Set<String> = [
        "operation", "quantity", "reason", "reference", "previousPrice", "ownPrice", "location", "locationStock", "occurredAt",
        "batch", "serial", "expiry",
    ]
}
