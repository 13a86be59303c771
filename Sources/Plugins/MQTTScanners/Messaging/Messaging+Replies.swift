import TallywireCore
import TallywirePipeline

extension Messaging {
    /// The replies to scanners, and the statuses of devices.
    static let scannerMessages = [
        Message(
            id: "scanAnswer", summary: "What became of a message of scans. It is sent when the movement is on disk.",
            payload: JSONSchema.reference("ScanAnswer"), correlation: "$message.payload#/id",
            examples: [
                .init("applied", ["id": "7f3a", "status": "applied", "seq": 1042, "sku": "TEE-RED-M", "stock": 45]),
                .init(
                    "rejected",
                    [
                        "id": "7f3c", "status": "rejected", "code": "unknown_variant",
                        "message": "lines[0].barcode: no variant has the barcode “0000”",
                    ]),
                .init(
                    "bounced",
                    [
                        "id": "7f3d", "status": "duplicate", "code": "bounced",
                        "message": "the same code again so soon is the same scan: it was counted once", "seq": 1042,
                        "sku": "TEE-RED-M", "stock": 45,
                    ]),
                .init(
                    "in an open count",
                    [
                        "id": "7f41", "status": "applied", "seq": 1046, "sku": "TEE-RED-M", "stock": 43, "countId": "count-7",
                        "counted": 12,
                    ]),
                .init("control code", ["id": "7f40", "status": "applied", "mode": ["location": "WH1", "operation": "add"]]),
                .init(
                    "one movement of several scans",
                    [
                        "id": "7f3e", "status": "applied", "seq": 1044, "sku": "TEE-RED-M", "stock": 44,
                        "lines": [
                            ["seq": 1043, "sku": "TEE-RED-M", "stock": 44, "location": "WH1", "locationStock": 14],
                            ["seq": 1044, "sku": "MUG-ENAMEL", "stock": 8, "location": "WH1", "locationStock": 8],
                        ],
                    ]),
                .init(
                    "a movement for each read",
                    [
                        "id": "7f3f", "status": "applied", "seq": 1045,
                        "results": [
                            ["status": "applied", "seq": 1045, "sku": "TEE-RED-M", "stock": 43],
                            ["status": "rejected", "code": "unknown_variant", "message": "lines[0].barcode: no variant has it"],
                        ],
                    ]),
            ]),
        Message(
            id: "scannerStatusWord", summary: "Whether a scanner is there, in a word.", contentType: Message.text,
            payload: ["type": "string", "pattern": "^([Oo][Nn]|[Oo][Ff][Ff])[Ll][Ii][Nn][Ee]$"],
            examples: [.init("online", "online"), .init("last will", "offline")]),
        Message(
            id: "scannerStatus", summary: "Whether a scanner is there, and more; other members are passed over.",
            payload: [
                "type": "object",
                "properties": [
                    "status": ["type": "string", "pattern": "^([Oo][Nn]|[Oo][Ff][Ff])[Ll][Ii][Nn][Ee]$"],
                    "session": ["type": "integer", "description": "Grows, so that a late will is known as one."],
                    "battery": ["type": "integer", "minimum": 0, "maximum": 100], "firmware": ["type": "string"],
                    "model": ["type": "string"],
                ],
                "required": ["status"],
            ],
            examples: [
                .init("online", ["status": "online", "session": 12, "battery": 81, "firmware": "2.4.1", "model": "DS2278"])
            ]),
    ]

    /// The answer in all its forms: of one movement, of an array that is one movement (`lines`), of reads that are movements of their own
    /// (`results`).
    static let replySchemas: [(name: String, schema: JSONValue)] = [
        (
            "ScanAnswer",
            [
                "oneOf": [
                    JSONSchema.object(identity + applied + mode, optional: optionalOfApplied),
                    JSONSchema.object(
                        identity + applied + [("lines", JSONSchema.list(of: JSONSchema.reference("ScanAnswerLine")))] + mode,
                        optional: optionalOfApplied
                    ),
                    JSONSchema.object(identity + rejected + mode, optional: ["mode"]),
                    JSONSchema.object(
                        identity + [
                            ("status", JSONSchema.words(["applied", "duplicate", "rejected"])), ("code", note), ("message", text),
                            ("seq", JSONSchema.count), ("results", JSONSchema.list(of: JSONSchema.reference("ScanResult"))),
                        ] + mode, optional: ["code", "message", "seq", "mode"]),
                ]
            ]
        ),
        (
            "ScanResult",
            ["oneOf": [JSONSchema.object(applied, optional: optionalOfApplied), JSONSchema.object(rejected)]]
        ),
        (
            "ScanAnswerLine",
            JSONSchema.object(
                [("seq", JSONSchema.count), ("sku", JSONSchema.sku), ("stock", JSONSchema.count)] + inCount + [
                    ("location", JSONSchema.locationCode), ("locationStock", JSONSchema.count),
                ], optional: ["stock", "countId", "counted", "locationStock"])
        ),
        (
            "ScanMode",
            JSONSchema.object(
                [
                    ("location", JSONSchema.locationCode),
                    ("operation", JSONSchema.words(TallywireCore.Operation.ofLines.map(\.rawValue))),
                    ("to", JSONSchema.locationCode), ("reservation", JSONSchema.movementID),
                ], optional: ["location", "operation", "to", "reservation"])
        ),
        ("ScanWarning", JSONSchema.object([("code", JSONSchema.words(["serial_repeated"])), ("message", text)])),
    ]

    private static let text: JSONValue = ["type": "string"]
    private static let identity: [(String, JSONValue)] = [("id", JSONSchema.movementID)]

    /// `bounced`: the same code came again within the bounce window. `seen`: the tags were counted within the tag window.
    private static let note = JSONSchema.words(["bounced", "seen"])

    private static let applied: [(String, JSONValue)] =
        [
            ("status", JSONSchema.words(["applied", "duplicate"])), ("code", note), ("message", text), ("seq", JSONSchema.count),
            ("sku", JSONSchema.sku), ("stock", JSONSchema.count),
        ] + inCount + [("warnings", JSONSchema.list(of: JSONSchema.reference("ScanWarning")))]
    private static let optionalOfApplied: Set<String> = [
        "code", "message", "seq", "sku", "stock", "countId", "counted", "warnings", "mode",
    ]

    /// The open count in which it was counted, and what that count has of the item so far.
    private static let inCount: [(String, JSONValue)] = [("countId", JSONSchema.movementID), ("counted", JSONSchema.count)]

    /// The mode that control codes have set: after one, and in which a scan came.
    private static let mode = [("mode", JSONSchema.reference("ScanMode"))]

    private static let rejected: [(String, JSONValue)] = [
        ("status", ["const": "rejected"]),
        ("code", JSONSchema.words(Rejection.Code.allCases.filter { !$0.isPassing }.map(\.rawValue))), ("message", text),
    ]
}
