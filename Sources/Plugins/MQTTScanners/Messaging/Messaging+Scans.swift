import TallywireCore
import TallywirePipeline

extension Messaging {
    /// The scans that scanners publish, in their own formats.
    static let scanMessages =
        [
            scan(
                "scanCode", "A bare code: what the scanner read, as text, with or without an AIM prefix.",
                contentType: Message.text,
                ["type": "string", "pattern": #"^[^{\[]"#],
                examples: [
                    .init("GTIN", "4006381333931"), .init("element string", "]C1010400638133393110B-7\u{1D}21S-7"),
                ]),
            scan(
                "scan", "One scan. What it leaves out comes from the device's settings.", JSONSchema.reference("Scan"),
                correlation: "$message.payload#/id",
                examples: [
                    .init("barcode", ["id": "7f3a", "barcode": "4006381333931", "quantity": 3, "reason": "received"]),
                    .init(
                        "traced",
                        [
                            "id": "7f3b", "sku": "TEE-RED-M", "operation": "add", "location": "WH1", "batch": "B-7",
                            "serial": "S-7",
                            "expiry": "2027-03-31", "occurredAt": exampleTime,
                        ]),
                ]),
            scan(
                "scans", "Several scans that are one movement: all of it applies, or nothing. Its id is the first one's.",
                JSONSchema.list(of: JSONSchema.reference("Scan"), 1, Limits.linesPerMovement),
                examples: [
                    .init(
                        "two", [["id": "7f3c", "sku": "TEE-RED-M", "quantity": 1], ["sku": "MUG-ENAMEL", "quantity": 2]])
                ]),
        ] + PayloadFormat.vendors.map { $0.message }

    /// One scan in Tallywire's own format. `null` is the same as leaving a key out.
    static let ownScan =
        JSONSchema.object(
            [
                ("id", JSONSchema.movementID), ("barcode", code), ("sku", JSONSchema.sku), ("variantId", JSONSchema.id),
                ("operation", JSONSchema.words(TallywireCore.Operation.ofLines.map(\.rawValue))), ("quantity", JSONSchema.quantity),
                ("location", JSONSchema.locationCode),
                ("to", JSONSchema.locationCode), ("from", states), ("fromState", states), ("toState", states),
                ("reason", JSONSchema.text(Limits.reasonLength, least: 0)),
                ("occurredAt", JSONSchema.timestamp), ("expected", JSONSchema.count), ("batch", JSONSchema.traceText),
                ("serial", JSONSchema.traceText), ("expiry", JSONSchema.date), ("reservation", JSONSchema.movementID),
            ],
            optional: [
                "id", "barcode", "sku", "variantId", "operation", "quantity", "location", "to", "reason", "occurredAt", "expected",
                "batch", "serial", "expiry", "reservation", "from", "fromState", "toState",
            ]) + ["oneOf": [["required": ["barcode"]], ["required": ["sku"]], ["required": ["variantId"]]]]

    private static let states = JSONSchema.words(StockState.allCases.map(\.rawValue))

    static let code: JSONValue = ["type": ["string", "integer"], "minLength": 1]

    /// What a vendor's device sends, which has more than is named here.
    static func vendor(_ required: [String], _ members: [(String, JSONValue)]) -> JSONValue {
        ["type": "object", "properties": .members(members)]
            + (required.isEmpty ? [:] : ["required": .array(required.map { .string($0) })])
    }

    /// A message that is a scan, or several.
    static func scan(
        _ id: String, _ summary: String, contentType: String = Message.json, _ payload: JSONValue, correlation: String? = nil,
        examples: [Message.Example]
    ) -> Message {
        Message(
            id: id, summary: summary, contentType: contentType, payload: payload, correlation: correlation,
            bindings: [
                "mqtt": [
                    "responseTopic": ["type": "string", "description": "Where the answer is wanted (MQTT 5)."],
                    "correlationData": ["type": "string", "description": "What the answer then bears."],
                    "bindingVersion": "0.2.0",
                ]
            ], examples: examples)
    }
}
