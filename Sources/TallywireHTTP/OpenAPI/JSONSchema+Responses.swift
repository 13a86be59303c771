import HTTPPort
import TallywireCore

extension JSONSchema {
    /// What answers about catalogue, stock and movements look like.
    static let ofResponses: [(String, JSONValue)] = [
        (
            "Problem",
            object(
                [
                    ("type", ["type": "string"]), ("title", ["type": "string"]), ("status", ["type": "integer"]),
                    ("code", words(ProblemCode.all)), ("detail", ["type": "string"]), ("field", ["type": "string"]),
                    ("available", ["type": "integer"]),
                    (
                        "oldest",
                        object([("seq", ["type": "integer", "minimum": 0]), ("timestamp", timestamp)], optional: ["timestamp"])
                    ),
                    ("line", ["type": "integer", "minimum": 1]),
                    (
                        "errors",
                        list(
                            of: object(
                                [
                                    ("file", ["type": "string"]), ("line", ["type": "integer", "minimum": 1]),
                                    ("column", ["type": "integer", "minimum": 1]), ("message", ["type": "string"]),
                                ], optional: ["line", "column"]))
                    ),
                ], optional: ["field", "available", "oldest", "line", "errors"])
        ),
        ("StockLevel", words(StockLevel.allCases.map(\.rawValue))),
        ("Variant", object(variant)),
        (
            "Product",
            object(
                [
                    ("id", id), ("name", name), ("status", reference("ProductStatus")), ("price", price),
                    ("totalProductStock", count),
                    ("sku", sku), ("barcodes", barcodes), ("lowStockThreshold", quantity), ("rearm", quantity),
                    ("thresholds", thresholds), ("variants", list(of: reference("Variant"))),
                ], optional: ["sku", "barcodes", "lowStockThreshold", "rearm", "thresholds"])
        ),
        ("ProductPage", page(of: "Product")),
        ("VariantPage", page(of: "Variant")),
        ("Location", object([("code", locationCode), ("name", name), ("sells", flag), ("priority", priority)])),
        ("LocationPage", page(of: "Location")),
        (
            "Code",
            object(
                [
                    ("code", ["type": "string", "description": "What the QR code says, such as `TW:AT:WH1`."]),
                    ("kind", words(["undo", "end", "operation", "location", "destination"])), ("location", locationCode),
                    ("name", name),
                    ("side", ["type": "integer", "minimum": 29, "description": "Of the square in which the QR code is drawn."]),
                    ("path", ["type": "string", "description": "The dark parts, as `d` of an SVG `path`."]),
                    ("problem", ["type": "string", "description": "Why there is no QR code of it."]),
                ], optional: ["location", "name", "side", "path", "problem"])
        ),
        ("CodePage", page(of: "Code")),
        (
            "Stock",
            object(
                [("sku", sku), ("productId", id), ("variantId", id), ("location", locationCode)] + unitsThere,
                optional: optionalUnits)
        ),
        ("StockPage", page(of: "Stock")),
        (
            "Alert",
            object(
                [
                    ("productId", id), ("variantId", id), ("sku", sku), ("name", name), ("scope", words(["total", "location"])),
                    ("location", locationCode), ("locationStock", count), ("stockLevel", words(["low", "out"])), ("stock", count),
                    ("threshold", quantity), ("status", reference("ProductStatus")), ("version", count),
                    ("productName", name),
                    (
                        "seq",
                        [
                            "type": ["integer", "null"], "minimum": 1,
                            "description": "Its `stock_alert`; `null` if it never had stock.",
                        ]
                    ),
                    ("since", ["type": ["string", "null"], "format": "date-time"]),
                    (
                        "acknowledgement",
                        [
                            "oneOf": [
                                ["type": "null"], object([("by", ["type": "string"]), ("at", timestamp), ("note", optionalText)]),
                            ]
                        ]
                    ),
                ], optional: ["location", "locationStock"])
        ),
        ("AlertPage", page(of: "Alert")),
        (
            "ReceiptLine",
            object(
                [
                    ("sku", sku), ("productId", id), ("variantId", id), ("operation", reference("Operation")), ("quantity", count),
                    ("location", locationCode), ("stock", count), ("previousStock", count), ("locationStock", count),
                    ("level", reference("StockLevel")), ("version", count), ("seq", count), ("repeatedSerial", id),
                    ("countId", movementID), ("counted", count),
                ],
                // A line of a blind count does not say what is there.
                optional: [
                    "repeatedSerial", "countId", "counted", "stock", "previousStock", "locationStock", "level",
                ])
        ),
        (
            "Receipt", object(receipt, optional: ["productId", "variantId"])
        ),
        (
            "StoredReceipt", object(receipt + asked, optional: Set(["productId", "variantId"]).union(optionalOfAsked))
        ),
        (
            "Refusal",
            object(
                [("movementId", movementID), ("status", words(["rejected"])), ("problem", reference("Problem"))] + asked
                    + [("lines", list(of: reference("AskedLine")))], optional: optionalOfAsked.union(["lines"]))
        ),
        (
            "AskedLine",
            object(
                [
                    ("sku", ["type": "string"]), ("barcode", ["type": "string"]), ("variantId", id), ("location", locationCode),
                    ("operation", reference("Operation")), ("quantity", quantity), ("to", locationCode), ("expected", count),
                    ("batch", traceText), ("serial", traceText), ("expiry", date),
                ], optional: ["sku", "barcode", "variantId", "to", "expected", "batch", "serial", "expiry"])
        ),
        ("Answer", ["oneOf": [reference("StoredReceipt"), reference("Refusal")]]),
        ("BatchResults", object([("results", list(of: ["oneOf": [reference("Receipt"), reference("Problem")]]))])),
        ("Reservation", object(reservation)),
        ("ReservationPage", page(of: "Reservation")),
        (
            "ReservationAnswer",
            object(
                reservation + [
                    ("seq", ["type": ["integer", "null"], "minimum": 1]), ("movementId", movementID),
                    ("duplicate", ["const": true]),
                ], optional: ["duplicate"])
        ),
        (
            "ReservationAnswers",
            [
                "oneOf": [
                    reference("ReservationAnswer"),
                    object([("results", list(of: ["oneOf": [reference("ReservationAnswer"), reference("Problem")]]))]),
                ]
            ]
        ),
        ("MovementAnswer", ["oneOf": [reference("Receipt"), reference("BatchResults")]]),
        ("ProductOrReceipt", ["oneOf": [reference("Product"), reference("Receipt")]]),
        ("LocationOrReceipt", ["oneOf": [reference("Location"), reference("Receipt")]]),
        ("VariantOrReceipt", ["oneOf": [reference("Variant"), reference("Receipt")]]),
    ]

    private static let receipt: [(String, JSONValue)] = [
        ("movementId", movementID), ("status", words(["applied", "duplicate"])),
        ("seq", ["type": ["integer", "null"], "minimum": 1]), ("productId", id), ("variantId", id),
        ("lines", list(of: reference("ReceiptLine"))),
    ]

    /// What a movement said, and when it was decided.
    private static let asked: [(String, JSONValue)] = [
        ("timestamp", timestamp), ("source", ["type": "string"]), ("reason", ["type": "string"]), ("reference", ["type": "string"]),
        ("occurredAt", timestamp), ("reverses", movementID), ("reversedBy", movementID),
    ]
    private static let optionalOfAsked: Set<String> = ["source", "reason", "reference", "occurredAt", "reverses", "reversedBy"]

    private static let units: [(String, JSONValue)] = [
        ("quantity", count), ("captured", count), ("released", count), ("short", count),
    ]

    private static let reservation: [(String, JSONValue)] = [
        ("reservationId", movementID), ("status", words(Reservation.Status.allCases.map(\.rawValue))),
        ("reference", optionalText), ("createdAt", timestamp), ("expiresAt", timestamp),
        (
            "lines",
            list(
                of: object(
                    [("sku", sku), ("variantId", id), ("productId", id)] + units + [
                        ("allocations", list(of: object([("location", locationCode)] + units))), ("stock", count),
                    ], optional: ["stock"]))
        ),
    ]

    /// The units of a location. Those of a state stand there where they are not 0.
    private static let unitsThere: [(String, JSONValue)] =
        [("onHand", balance), ("reserved", count), ("unavailable", count), ("incoming", count)]
        + optionalUnits.sorted().map { ($0, count) } + [("stock", count)]

    private static let optionalUnits = Set(StockState.counted.filter(\.isOnHand).map(\.rawValue))

    private static let variant: [(String, JSONValue)] = [
        ("id", id), ("productId", id), ("isDefault", flag), ("sku", sku), ("name", name), ("productName", name), ("price", price),
        ("ownPrice", flag),
        ("status", reference("ProductStatus")), ("level", reference("StockLevel")), ("version", count), ("stock", count),
        ("barcodes", barcodes), ("lowStockThreshold", quantity), ("rearm", quantity), ("thresholds", thresholds),
        (
            "locations",
            list(
                of: object(
                    [("location", locationCode)] + unitsThere + [("level", reference("StockLevel"))],
                    optional: optionalUnits.union(["level"])))
        ),
    ]
}

extension JSONSchema {
    /// What stands in the warehouse and the shop: scanners and shelf displays.
    static let ofDevices: [(String, JSONValue)] = [
        (
            "Device",
            object([
                ("device", ["type": "string"]), ("source", ["type": "string"]), ("configured", flag),
                ("presence", words(["unknown", "online", "offline"])), ("since", optionalTime), ("lastSeen", optionalTime),
                ("session", ["type": ["integer", "null"]]),
                ("battery", ["type": ["integer", "null"], "minimum": 0, "maximum": 100]),
                ("firmware", optionalText), ("model", optionalText), ("applied", count), ("duplicates", count),
                ("rejected", count), ("malformed", count), ("bounced", count), ("lastError", optionalText),
            ])
        ),
        ("DevicePage", page(of: "Device")),
        (
            "Display",
            object([
                ("location", locationCode), ("sku", sku), ("sink", ["type": "string"]), ("wantedVersion", count),
                ("wantedSince", timestamp), ("shownVersion", ["type": ["integer", "null"]]), ("shownAt", optionalTime),
                ("stale", flag),
            ])
        ),
        ("DisplayPage", page(of: "Display")),
    ]

    private static let optionalTime: JSONValue = ["type": ["string", "null"], "format": "date-time"]
}
