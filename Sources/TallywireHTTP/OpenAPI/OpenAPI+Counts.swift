import HTTPPort
import TallywireCore

extension OpenAPI {
    static let countOperations: [Operation] = [
        Operation(
            method: "get", path: "/api/counts", id: "listCounts", { $0.listCounts }, tag: "counts",
            summary: "Counts without their lines, the youngest first.",
            description: """
                Those that have ended are kept as long as the answers to changes, and at most \(Limits.endedCounts) of them. A movement that counts \
                where no count is open is not among them.
                """,
            access: .adminsAndDevices, parameters: ["countStatus", "location", "limit", "cursor"],
            answers: [.json(200, "A page.", "CountPage", headers: reading)], problems: ["unknown_location"]),
        Operation(
            method: "post", path: "/api/counts", id: "openCounts", { $0.openCounts }, tag: "counts",
            summary: "Opens a count at a location: one, an array, or one a line.",
            description: """
                From then on every line of a movement with `operation` `count` at the location, over HTTP or from a scanner, is a line of the \
                count, unless its item is not in the scope. Nothing is frozen: stock moves on while people count.
                """,
            access: .adminsAndDevices, parameters: ["idempotencyKey"],
            body: Operation.Body(
                content: [
                    (
                        "application/json",
                        [
                            "oneOf": [
                                JSONSchema.reference("NewCount"),
                                JSONSchema.list(of: JSONSchema.reference("NewCount"), 0, HTTPLimits().batch),
                            ]
                        ]
                    ),
                    ("application/x-ndjson", ["type": "string", "description": "A `NewCount` a line."]),
                ],
                examples: [("shelf", ["id": "count-7", "location": "MAIN", "prefix": "TEE-", "blind": true, "tolerance": 1])]),
            answers: [
                Operation.Answer(
                    status: 200, description: "A repeat: the first answer; for a batch, a result for each count.",
                    content: [
                        ("application/json", JSONSchema.reference("CountAnswers")),
                        ("application/x-ndjson", ["type": "string", "description": "A `CountAnswer` or a `Problem` a line."]),
                    ]),
                .json(201, "The count.", "CountAnswer", headers: changing + ["Location"]),
            ],
            problems: ["unknown_location", "unknown_variant", "count_open", "id_taken", "out_of_range"]),
        Operation(
            method: "get", path: "/api/counts/{id}", id: "getCount", { $0.getCount }, tag: "counts",
            summary: "One count with its lines.",
            description: """
                Until it is posted, `expected` and `variance` say what is known now; they are missing while a blind count is open, and where a \
                line was counted so long ago that nobody can know.
                """,
            access: .adminsAndDevices, parameters: ["countId"],
            answers: [.json(200, "The count.", "Count", headers: reading)], problems: ["unknown_count"]),
        Operation(
            method: "post", path: "/api/counts/{id}/lines", id: "addToCount", { $0.addToCount }, tag: "counts",
            summary: "Says what was counted.",
            description: """
                Several lines of one item add up, whoever sends them. With `recount` they replace what was counted of the item before; that is \
                also possible while the count is closed. `too_late`: it was counted before what `engine.lateness` allows.
                """,
            access: .adminsAndDevices, parameters: ["countId", "idempotencyKey"],
            body: .json("CountLines", [("two", ["lines": [["sku": "TEE-RED-M", "quantity": 41]]])]),
            answers: [.json(200, "The count, with the lines that changed.", "CountAnswer", headers: changing)],
            problems: ofUses + ["out_of_scope", "unknown_variant", "out_of_range", "too_late"]),
        Operation(
            method: "post", path: "/api/counts/{id}/close", id: "closeCount", { $0.closeCount }, tag: "counts",
            summary: "Ends the counting, and posts the count if every line is within the tolerance.",
            description: """
                With `missing` `zero`, what is on hand in the scope and was not counted is counted as 0. A closed count can be closed again, after \
                items were counted again.
                """,
            access: .adminsAndDevices, parameters: ["countId", "idempotencyKey"], body: .json("CountClose", [("now", [:])]),
            answers: [.json(200, "The count with all lines, posted or closed.", "CountAnswer", headers: changing)],
            problems: ofUses + ["out_of_range", "too_late"]),
        Operation(
            method: "post", path: "/api/counts/{id}/post", id: "postCount", { $0.postCount }, tag: "counts",
            summary: "Makes what was counted the stock, whatever the tolerance is.",
            description: "An open count is closed by that. All lines are posted, or none.",
            parameters: ["countId", "idempotencyKey"], body: .json("CountPost", [("now", [:])]),
            answers: [.json(200, "The count with all lines.", "CountAnswer", headers: changing)],
            problems: ofUses + ["out_of_range", "too_late"]),
        Operation(
            method: "post", path: "/api/counts/{id}/void", id: "voidCount", { $0.voidCount }, tag: "counts",
            summary: "Ends a count without any change of stock.", parameters: ["countId", "idempotencyKey"],
            body: .json("CountVoid", [("now", [:])]),
            answers: [.json(200, "The count with all lines.", "CountAnswer", headers: changing)], problems: ofUses),
    ]

    private static let ofUses = ["unknown_count", "count_closed"]
}
