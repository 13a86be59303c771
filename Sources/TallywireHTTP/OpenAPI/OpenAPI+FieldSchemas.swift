import TallywireCore

extension OpenAPI {
    /// What stands in the warehouse and the shop: scanners and shelf displays.
    static let fieldSchemas: [(String, JSONTree)] = [
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

    private static let optionalTime: JSONTree = ["type": ["string", "null"], "format": "date-time"]
}
