import TallywireCore
import TallywirePipeline

extension Messaging {
    /// The messages of WebSocket clients.
    static let clientMessages = [
        Message(
            id: "join", summary: "Into a room: live, with what was missed since a position, or with its values first.",
            payload: asking(
                "join",
                [
                    ("room", room), ("snapshot", JSONSchema.flag),
                    ("since", JSONSchema.object([("epoch", epoch), ("seq", JSONSchema.count)])),
                ], optional: ["snapshot", "since"]),
            examples: [
                .init("live", ["type": "join", "room": "admin_room"]),
                .init("values first", ["type": "join", "room": "location:WH1", "snapshot": true]),
                .init("come back", ["type": "join", "room": "admin_room", "since": ["epoch": exampleEpoch, "seq": 1041]]),
            ]),
        Message(
            id: "leave", summary: "Out of a room.", payload: asking("leave", [("room", room)]),
            examples: [.init("leave", ["type": "leave", "room": "admin_room"])]),
        Message(
            id: "track", summary: "The events of these products and variants, and their values now.",
            payload: asking("track", items, optional: ["products", "variants"]) + oneOfItems,
            examples: [.init("track", ["type": "track", "products": [1, 2], "variants": [31]])]),
        Message(
            id: "untrack", summary: "No more events of these.",
            payload: asking("untrack", items, optional: ["products", "variants"]) + oneOfItems,
            examples: [.init("untrack", ["type": "untrack", "products": [2]])]),
        Message(
            id: "auth", summary: "A token, the first one or a newer one.",
            payload: asking("auth", [("token", ["type": "string"])]),
            examples: [.init("token", ["type": "auth", "token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"])]),
        Message(
            id: "ping", summary: "Asks whether the server is there, and how far everything was sent.",
            payload: asking("ping", [("id", pingID)], optional: ["id"]), correlation: "$message.payload#/id",
            examples: [.init("number", ["type": "ping", "id": 1]), .init("bare", ["type": "ping"])]),
    ]

    static let room: JSONValue = ["type": "string", "minLength": 1]
    /// At most 128 bytes, or a whole number.
    static let pingID: JSONValue = ["type": ["integer", "string"], "maxLength": 128]

    private static let items: [(String, JSONValue)] = [
        ("products", JSONSchema.list(of: JSONSchema.id)), ("variants", JSONSchema.list(of: JSONSchema.id)),
    ]
    private static let oneOfItems: JSONValue = ["anyOf": [["required": ["products"]], ["required": ["variants"]]]]

    /// What a client sends; members that mean nothing are passed over.
    private static func asking(_ type: String, _ members: [(String, JSONValue)], optional: Set<String> = []) -> JSONValue {
        [
            "type": "object", "properties": .members([("type", ["const": .string(type)])] + members),
            "required": .array((["type"] + members.map(\.0).filter { !optional.contains($0) }).map { .string($0) }),
        ]
    }
}
