import TallywireAccess
import TallywireCore

extension JSONSchema {
    /// What bodies and answers about counts look like.
    static let ofCounts: [(String, JSONValue)] = [
        (
            "NewCount",
            object(
                [
                    ("id", movementID), ("device", device), ("location", locationCode),
                    ("skus", list(of: ["type": "string"], 1, Limits.linesPerCount)), ("prefix", ["type": "string"]),
                    ("blind", flag + ["default": false]), ("tolerance", quantity + ["default": 0]),
                    ("missing", missing + ["default": "keep"]),
                ], optional: ["id", "device", "skus", "prefix", "blind", "tolerance", "missing"])
        ),
        (
            "CountLines",
            object(
                [
                    ("id", movementID), ("device", device), ("recount", flag + ["default": false]),
                    (
                        "lines",
                        list(
                            of: object(
                                item + [("quantity", quantity), ("countedAt", timestamp)], optional: items.union(["countedAt"]))
                                + oneItem, 1, Limits.linesPerCount)
                    ),
                ], optional: ["id", "device", "recount"])
        ),
        (
            "CountClose",
            object([("id", movementID), ("device", device), ("reason", reason)], optional: ["id", "device", "reason"])
        ),
        ("CountPost", object([("id", movementID), ("reason", reason)], optional: ["id", "reason"])),
        ("CountVoid", object([("id", movementID)], optional: ["id"])),
        ("Count", object(head + lines, optional: scope)),
        ("CountSummary", object(head + [("lineCount", count)], optional: scope)),
        ("CountPage", page(of: "CountSummary")),
        (
            "CountAnswer",
            object(
                head + lines + [
                    ("seq", ["type": ["integer", "null"], "minimum": 1]), ("movementId", movementID),
                    ("duplicate", ["const": true]),
                ], optional: scope.union(["duplicate"]))
        ),
        (
            "CountAnswers",
            [
                "oneOf": [
                    reference("CountAnswer"),
                    object([("results", list(of: ["oneOf": [reference("CountAnswer"), reference("Problem")]]))]),
                ]
            ]
        ),
    ]

    private static let reason = text(Limits.reasonLength, least: 0)
    private static let missing = words(StockCount.Missing.allCases.map(\.rawValue))
    private static let scope: Set<String> = ["skus", "prefix"]

    private static let head: [(String, JSONValue)] = [
        ("countId", movementID), ("status", words(StockCount.Status.allCases.map(\.rawValue))), ("location", locationCode),
        ("skus", list(of: sku, 1, Limits.linesPerCount)), ("prefix", ["type": "string"]), ("blind", flag),
        ("tolerance", quantity), ("missing", missing), ("openedBy", ["type": "string"]), ("openedAt", timestamp),
        ("by", ["type": "string"]), ("changedAt", timestamp),
    ]

    private static let lines: [(String, JSONValue)] = [
        (
            "lines",
            list(
                of: object(
                    [
                        ("sku", sku), ("variantId", id), ("productId", id), ("counted", count),
                        ("countedAt", timestamp), ("parts", count), ("expected", balance), ("variance", balance),
                        ("absorbed", ["const": true]),
                    ], optional: ["expected", "variance", "absorbed"]))
        )
    ]
}
