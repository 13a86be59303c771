import TallywireAccess
import TallywireCore

extension JSONSchema {
    /// What bodies of requests look like.
    static let ofRequests: [(String, JSONValue)] = [
        ("ProductStatus", words(ProductStatus.allCases.map(\.rawValue))),
        (
            "Barcode",
            [
                "oneOf": [
                    text(Limits.barcodeLength),
                    object(
                        [
                            ("code", text(Limits.barcodeLength)),
                            ("units", ["type": "integer", "minimum": 1, "maximum": .integer(Limits.largestPack), "default": 1]),
                        ], optional: ["units"]),
                ]
            ]
        ),
        ("Threshold", object([("low", quantity), ("rearm", quantity + ["default": 0])], optional: ["rearm"])),
        (
            "NewVariant",
            object(newVariant, optional: ["id", "name", "price", "barcodes", "lowStockThreshold", "rearm", "thresholds"])
        ),
        (
            "NewProduct",
            [
                "oneOf": [
                    object(
                        newProduct + [("variants", list(of: reference("NewVariant"), 1, Limits.variantsPerProduct))],
                        optional: ["id", "status", "price"]),
                    object(
                        newProduct + [("variants", list(of: reference("NewVariant"), 0, 0)), ("variantId", id)]
                            + newVariant.filter { $0.0 != "id" && $0.0 != "name" && $0.0 != "price" },
                        optional: [
                            "id", "status", "price", "variants", "variantId", "barcodes", "lowStockThreshold", "rearm",
                            "thresholds",
                        ]),
                ]
            ]
        ),
        (
            "ProductUpdate",
            object(
                [("name", name), ("status", reference("ProductStatus")), ("price", price)], optional: ["name", "status", "price"])
                + ["minProperties": 1]
        ),
        ("StatusUpdate", object([("status", reference("ProductStatus"))])),
        (
            "VariantUpdate",
            object(
                newVariant.filter { $0.0 != "id" && $0.0 != "thresholds" } + [
                    (
                        "thresholds",
                        byLocation(["oneOf": [reference("Threshold"), ["type": "null"]]])
                            + ["description": "Of the locations that change; `null` takes a threshold away."]
                    )
                ], optional: ["sku", "name", "price", "barcodes", "lowStockThreshold", "rearm", "thresholds"])
                + ["minProperties": 1]
        ),
        (
            "NewLocation",
            object(
                [
                    ("code", locationCode), ("name", name), ("sells", flag + ["default": true]),
                    ("priority", priority + ["default": 0]),
                ], optional: ["name", "sells", "priority"])
        ),
        (
            "LocationUpdate",
            object([("name", name), ("sells", flag), ("priority", priority)], optional: ["name", "sells", "priority"])
                + ["minProperties": 1]
        ),
        (
            "InventoryUpdate",
            object(
                [
                    ("id", movementID), ("device", device),
                    ("operation", words(TallywireCore.Operation.plain.map(\.rawValue))),
                    ("quantity", quantity),
                ]
                    + about
                    + [("location", locationCode), ("expected", count)],
                optional: ["id", "device", "reason", "reference", "occurredAt", "location", "expected"])
        ),
        (
            "MovementLine",
            object(
                item + [
                    ("location", locationCode),
                    ("operation", words(TallywireCore.Operation.ofLines.map(\.rawValue))), ("quantity", quantity),
                    ("to", locationCode + ["description": "Of a transfer: the location. Of a move: the state."]),
                    ("expected", count), ("batch", traceText), ("serial", traceText), ("expiry", date),
                    ("reservation", movementID), ("from", states), ("fromState", states), ("toState", states),
                    ("negative", words(["allow", "refuse"])),
                ],
                optional: items.union([
                    "location", "to", "expected", "batch", "serial", "expiry", "reservation", "from", "fromState", "toState",
                    "negative",
                ]))
                + oneItem
        ),
        (
            "Movement",
            object(
                [("id", movementID), ("device", device)] + about + [
                    ("lines", list(of: reference("MovementLine"), 1, Limits.linesPerMovement))
                ],
                optional: ["id", "device", "reason", "reference", "occurredAt"])
        ),
        (
            "NewReservation",
            object(
                [
                    ("id", movementID), ("reference", text(Limits.referenceLength, least: 0)), ("ttl", reservationTime),
                    ("expiresAt", timestamp), ("partial", flag + ["default": false]),
                    (
                        "lines",
                        list(
                            of: object(
                                item + [("quantity", quantity), ("location", locationCode), ("locations", places)],
                                optional: items.union(["location", "locations"])) + oneItem, 1, Limits.linesPerReservation)
                    ),
                ], optional: ["id", "reference", "ttl", "expiresAt", "partial"])
        ),
        (
            "ReservationUpdate",
            object([("ttl", reservationTime), ("expiresAt", timestamp)], optional: ["ttl", "expiresAt"]) + ["minProperties": 1]
        ),
        (
            "Capture",
            object(
                [
                    ("id", movementID), ("reason", text(Limits.reasonLength, least: 0)), ("keep", flag + ["default": false]),
                    ("lines", heldLines),
                ], optional: ["id", "reason", "keep", "lines"])
        ),
        (
            "Reversal",
            object([("id", movementID), ("reason", text(Limits.reasonLength, least: 0))], optional: ["id", "reason"])
        ),
        ("Release", object([("id", movementID), ("lines", heldLines)], optional: ["id", "lines"])),
        ("AlertReply", object([("note", text(Limits.reasonLength, least: 0))], optional: ["note"])),
        ("Operation", words(TallywireCore.Operation.allCases.map(\.rawValue))),
    ]

    /// How a line names its item: exactly one of these members.
    static let item: [(String, JSONValue)] = [
        ("sku", ["type": "string"]), ("variantId", id), ("barcode", ["type": "string"]), ("code", ["type": "string"]),
    ]
    static let items = Set(item.map(\.0))
    static let oneItem: JSONValue = ["oneOf": .array(item.map { ["required": [.string($0.0)]] })]

    private static let states = words(StockState.allCases.map(\.rawValue))

    private static let reservationTime: JSONValue = [
        "oneOf": [["type": "string"], ["type": "integer"]],
        "description": "How long: a duration such as `15m`, or seconds; 1 second to 30 days.", "default": "15m",
    ]

    private static let places: JSONValue = [
        "oneOf": [list(of: locationCode, 1, Limits.linesPerReservation), ["const": "any"]],
        "description": "Asked in this order; `any`: all that sell, by priority and then by stock.", "default": "any",
    ]

    private static let heldLines = list(
        of: object(item + [("quantity", quantity), ("location", locationCode)], optional: items.union(["location"])) + oneItem, 1,
        Limits.linesPerReservation)

    static let barcodes = list(of: reference("Barcode"), 0, Limits.barcodesPerVariant)

    static let thresholds = byLocation(reference("Threshold"))

    private static func byLocation(_ value: JSONValue) -> JSONValue {
        [
            "type": "object", "propertyNames": locationCode, "additionalProperties": value,
            "maxProperties": .integer(Int64(Limits.thresholdsPerVariant)),
        ]
    }

    /// Among locations that sell, the lower one comes first.
    static let priority: JSONValue = ["type": "integer", "minimum": 0, "maximum": .integer(Limits.largestPriority)]

    private static let newProduct: [(String, JSONValue)] = [
        ("id", id), ("name", name), ("status", reference("ProductStatus")), ("price", price),
    ]

    private static let newVariant: [(String, JSONValue)] = [
        ("id", id), ("sku", sku), ("name", name), ("price", price), ("barcodes", barcodes), ("lowStockThreshold", quantity),
        ("rearm", quantity), ("thresholds", thresholds),
    ]

    /// The device in whose name a movement is made.
    static let device =
        key(DeviceName.length) + ["description": "In whose name it is made; a device's token makes it in its own alone."]

    /// What a movement says about itself.
    private static let about: [(String, JSONValue)] = [
        ("reason", text(Limits.reasonLength, least: 0)), ("reference", text(Limits.referenceLength, least: 0)),
        ("occurredAt", timestamp),
    ]
}
