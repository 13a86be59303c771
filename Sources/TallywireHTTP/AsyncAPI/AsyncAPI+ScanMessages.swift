import TallywireCore

extension AsyncAPI {
    /// The scans that scanners publish, in their own formats.
    static let scanMessages = [
        read(
            "scanCode", "A bare code: what the scanner read, as text, with or without an AIM prefix.", contentType: Message.text,
            ["type": "string", "pattern": #"^[^{\[]"#],
            examples: [
                .init("GTIN", "4006381333931"), .init("element string", "]C1010400638133393110B-7\u{1D}21S-7"),
            ]),
        read(
            "scan", "One scan. What it leaves out comes from the device's settings.", reference("Scan"),
            correlation: "$message.payload#/id",
            examples: [
                .init("barcode", ["id": "7f3a", "barcode": "4006381333931", "quantity": 3, "reason": "received"]),
                .init(
                    "traced",
                    [
                        "id": "7f3b", "sku": "TEE-RED-M", "operation": "add", "location": "WH1", "batch": "B-7", "serial": "S-7",
                        "expiry": "2027-03-31", "occurredAt": exampleTime,
                    ]),
            ]),
        read(
            "scans", "Several scans that are one movement: all of it applies, or nothing. Its id is the first one's.",
            OpenAPI.list(of: reference("Scan"), 1, Limits.linesPerMovement),
            examples: [
                .init(
                    "two", [["id": "7f3c", "sku": "TEE-RED-M", "quantity": 1], ["sku": "MUG-ENAMEL", "quantity": 2]])
            ]),
        read(
            "proGloveScan", "An event of ProGlove Streams; `event_id` is the movement's id. Only `scan` is one.",
            vendor(
                ["api_version", "event_type", "event_id", "device_serial"],
                [
                    ("api_version", ["type": "string"]), ("event_type", ["type": "string"]), ("event_id", ["type": "string"]),
                    ("time_created", ["type": "integer"]), ("device_serial", ["type": "string"]),
                    ("scan_code", ["type": "string"]), ("scan_bytes", ["type": "string", "description": "Base64"]),
                ]), correlation: "$message.payload#/event_id",
            examples: [
                .init(
                    "scan",
                    [
                        "api_version": "1.0", "event_type": "scan", "event_id": "02114da8-feae-46e3-8b00-a3f7ea8672df",
                        "time_created": 1_763_829_599_000, "device_serial": "M2MR111100928", "scan_code": "4006381333931",
                    ])
            ]),
        read(
            "zebraSledScan", "A data event of a Zebra RFD40 or RFD90: each barcode and tag is a movement of its own.",
            vendor(
                ["data"],
                [
                    (
                        "data",
                        vendor(
                            [],
                            [
                                ("barcodeData", OpenAPI.list(of: vendor(["decodedBarcode"], [("decodedBarcode", code)]))),
                                ("tagData", OpenAPI.list(of: vendor([], [("EPCid", ["type": "string"])]))),
                            ]) + ["anyOf": [["required": ["barcodeData"]], ["required": ["tagData"]]]]
                    )
                ]),
            examples: [.init("barcode", ["data": ["barcodeData": [["decodedBarcode": "4006381333931"]]]])]),
        read(
            "zebraReaderScan", "Tag data events of a Zebra FX reader with the IoT Connector: each tag counts once in `tagWindow`.",
            OpenAPI.list(
                of: vendor(
                    ["data"],
                    [
                        (
                            "data",
                            vendor(
                                ["idHex"],
                                [("idHex", ["type": "string", "pattern": "^[0-9A-Fa-f]+$"]), ("format", ["type": "string"])])
                        )
                    ]), 1, Limits.linesPerMovement),
            examples: [
                .init("tags", [["data": ["format": "epc", "idHex": "30340F5C0C2E3C0000000007"], "type": "SIMPLE"]])
            ]),
    ]

    /// One scan in Tallywire's own format. `null` is the same as leaving a key out.
    static let scan =
        OpenAPI.object(
            [
                ("id", OpenAPI.movementID), ("barcode", code), ("sku", OpenAPI.sku), ("variantId", OpenAPI.id),
                ("operation", reference("Operation")), ("quantity", OpenAPI.quantity), ("location", OpenAPI.locationCode),
                ("to", OpenAPI.locationCode), ("reason", OpenAPI.text(Limits.reasonLength, least: 0)),
                ("occurredAt", OpenAPI.timestamp), ("expected", OpenAPI.count), ("batch", OpenAPI.traceText),
                ("serial", OpenAPI.traceText), ("expiry", OpenAPI.date),
            ],
            optional: [
                "id", "barcode", "sku", "variantId", "operation", "quantity", "location", "to", "reason", "occurredAt", "expected",
                "batch", "serial", "expiry",
            ]) + ["oneOf": [["required": ["barcode"]], ["required": ["sku"]], ["required": ["variantId"]]]]

    private static let code: JSONValue = ["type": ["string", "integer"], "minLength": 1]

    /// What a vendor's device sends, which has more than is named here.
    private static func vendor(_ required: [String], _ members: [(String, JSONValue)]) -> JSONValue {
        ["type": "object", "properties": .members(members)]
            + (required.isEmpty ? [:] : ["required": .array(required.map { .string($0) })])
    }

    private static func read(
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
