import TallywireCore
import TallywirePipeline
import TallywireProtocol

extension Messaging {
    /// The server's messages to a WebSocket client other than events.
    static let serverMessages = [
        Message(
            id: "welcome", summary: "The first message. Events after `seq` follow by themselves.",
            payload: saying(
                "welcome",
                [
                    ("epoch", epoch), ("seq", JSONSchema.count), ("connection", ["type": "string"]),
                    ("pingInterval", JSONSchema.count + ["description": "Milliseconds between the server's pings."]),
                    ("messageBytes", JSONSchema.count + ["description": "The most bytes of a message that the server takes."]),
                    ("node", ["type": "string", "description": "The name of the node, if the server is a cluster's."]),
                    (
                        "previous",
                        JSONSchema.object([("epoch", epoch), ("seq", JSONSchema.count)]) + [
                            "description": "Where the journal was when it got its epoch, if it had another one."
                        ]
                    ),
                ], optional: ["node", "previous"]),
            examples: [
                .init(
                    "welcome",
                    [
                        "type": "welcome", "epoch": exampleEpoch, "seq": 1041, "connection": "3u7adlk2314xn",
                        "pingInterval": 25_000, "messageBytes": 65_536,
                    ]),
                .init(
                    "node of a cluster",
                    [
                        "type": "welcome", "epoch": exampleEpoch, "seq": 1041, "connection": "3u7adlk2314xn",
                        "pingInterval": 25_000, "messageBytes": 65_536, "node": "a",
                    ]),
            ]),
        Message(
            id: "joined", summary: "In a room. What was missed, or the room's values, follow, then what is live.",
            payload: saying(
                "joined",
                [
                    ("room", room), ("epoch", epoch), ("seq", JSONSchema.count),
                    ("recovered", JSONSchema.flag + ["description": "Whether everything since `since` follows as events."]),
                ], optional: ["recovered"]),
            examples: [
                .init("live", ["type": "joined", "room": "admin_room", "epoch": exampleEpoch, "seq": 1041]),
                .init(
                    "come back", ["type": "joined", "room": "admin_room", "epoch": exampleEpoch, "seq": 1041, "recovered": true]),
            ]),
        Message(
            id: "left", summary: "Out of a room; with `code` if a new token does not allow it.",
            payload: saying("left", [("room", room), ("code", JSONSchema.words(["forbidden"]))], optional: ["code"]),
            examples: [
                .init("left", ["type": "left", "room": "admin_room"]),
                .init("not allowed any more", ["type": "left", "room": "admin_room", "code": "forbidden"]),
            ]),
        Message(
            id: "authenticated", summary: "Whom the token names.",
            payload: saying(
                "authenticated",
                [
                    ("role", JSONSchema.words(Role.allCases.map(\.rawValue))), ("subject", ["type": "string"]),
                    ("device", ["type": "string"]), ("expiresAt", JSONSchema.timestamp),
                ], optional: ["device", "expiresAt"]),
            examples: [
                .init(
                    "shop",
                    ["type": "authenticated", "role": "shop", "subject": "web", "expiresAt": "2026-11-22T17:40:00.000Z"])
            ]),
        Message(
            id: "snapshot", summary: "A page of a room's values, true at `seq`. What comes after it is later.",
            payload: saying(
                "snapshot",
                [
                    ("room", ["type": ["string", "null"]]), ("seq", JSONSchema.count),
                    ("changedSince", JSONSchema.count + ["description": "There are only those that changed after it."]),
                    ("items", JSONSchema.list(of: JSONSchema.reference("ShownItem"))), ("last", JSONSchema.flag),
                ], optional: ["changedSince"]),
            examples: [
                .init("page", ["type": "snapshot", "room": "admin_room", "seq": 1041, "items": [exampleItem], "last": true]),
                .init(
                    "changes",
                    [
                        "type": "snapshot", "room": "admin_room", "seq": 1041, "changedSince": 12,
                        "items": [["productId": 1, "variantId": 12, "sku": "TEE-BLUE-M", "removed": true]], "last": true,
                    ]),
            ]),
        Message(
            id: "tracking", summary: "A page of the values of what is tracked from now on.",
            payload: saying(
                "tracking",
                [
                    ("seq", JSONSchema.count),
                    (
                        "answers",
                        JSONSchema.count + ["description": "It is the answer to so many `track` messages, if to more than one."]
                    ),
                    ("items", JSONSchema.list(of: JSONSchema.reference("ShownItem"))), ("last", JSONSchema.flag),
                ], optional: ["answers"]),
            examples: [.init("page", ["type": "tracking", "seq": 1041, "items": [exampleItem], "last": true])]),
        Message(
            id: "untracked", summary: "What is tracked no more.",
            payload: saying(
                "untracked", [("products", JSONSchema.list(of: JSONSchema.id)), ("variants", JSONSchema.list(of: JSONSchema.id))]),
            examples: [.init("untracked", ["type": "untracked", "products": [2], "variants": []])]),
        Message(
            id: "pong", summary: "Everything up to `seq` was sent to this connection.",
            payload: saying("pong", [("id", pingID), ("seq", JSONSchema.count)], optional: ["id"]),
            correlation: "$message.payload#/id", examples: [.init("pong", ["type": "pong", "id": 1, "seq": 1041])]),
        Message(
            id: "error", summary: "What was wrong with a message. Programs look at `code`.",
            payload: saying(
                "error", [("code", JSONSchema.words(ErrorCode.allCases.map(\.rawValue))), ("message", ["type": "string"])]),
            examples: [
                .init(
                    "unknown room",
                    [
                        "type": "error", "code": "unknown_room",
                        "message": "there is no room \"nix\"; rooms are those of plugins.json",
                    ])
            ]),
        Message(
            id: "goingAway", summary: "The server ends. Come back after so many milliseconds.",
            payload: saying("going_away", [("comeBackAfter", JSONSchema.count)]),
            examples: [.init("going away", ["type": "going_away", "comeBackAfter": 3120])]),
    ]

    private static let exampleItem: JSONValue = [
        "productId": 1, "variantId": 11, "sku": "TEE-RED-M", "name": "Red / M", "stock": 41, "price": 19.99, "status": "active",
        "level": "ok", "version": 57,
    ]

    private static func saying(_ type: String, _ members: [(String, JSONValue)], optional: Set<String> = []) -> JSONValue {
        JSONSchema.object([("type", ["const": .string(type)])] + members, optional: optional)
    }

    /// A variant's values as a room shows them: stock in units or in bands, and maybe fewer members.
    static let shownItem = JSONSchema.object(
        [
            ("productId", JSONSchema.id), ("variantId", JSONSchema.variantID), ("sku", JSONSchema.sku), ("name", JSONSchema.name),
            ("stock", ["oneOf": [JSONSchema.count, JSONSchema.words(["out", "few", "in stock"])]]),
            ("stockAtMost", JSONSchema.count),
            ("stockMoreThan", JSONSchema.count), ("onHand", JSONSchema.balance), ("reserved", JSONSchema.count),
            ("price", JSONSchema.price), ("status", JSONSchema.reference("ProductStatus")),
            ("level", JSONSchema.reference("StockLevel")), ("version", JSONSchema.count),
        ], optional: ["sku", "name", "stock", "stockAtMost", "stockMoreThan", "onHand", "reserved", "price", "status", "level"])

    static let removedItem = JSONSchema.object(
        [
            ("productId", JSONSchema.id), ("variantId", JSONSchema.variantID), ("sku", JSONSchema.sku),
            ("removed", ["const": true]),
        ], optional: ["sku"])
}
