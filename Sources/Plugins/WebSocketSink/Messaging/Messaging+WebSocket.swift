import TallywireCore
import TallywirePipeline

extension Messaging {
    /// The messages of the sink `websocket`.
    static let rooms = Messaging(
        servers: [
            webSocketServer("websocket", "ws", "The server's HTTP port."),
            webSocketServer("websocketTLS", "wss", "The server's HTTP port with `http.tls`."),
        ],
        channels: webSocketChannels, operations: webSocketOperations,
        messages: clientMessages + serverMessages + roomEventMessages,
        schemas: [("ShownItem", ["oneOf": [shownItem, removedItem]])])

    private static func webSocketServer(_ id: String, _ name: String, _ description: String) -> Server {
        Server(
            id, security: bearer,
            [
                "host": "{host}", "protocol": .string(name), "protocolVersion": "13", "description": .string(description),
                "variables": ["host": ["default": "127.0.0.1:8080", "description": "The server's host and port."]],
            ])
    }

    private static let bearer = SecurityScheme(
        "bearer",
        [
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": .string(
                """
                A token in `Authorization`, as the subprotocol `bearer.TOKEN`, or in the message `auth`. With `auth.mode` `open` nobody \
                needs one, and with `jwt` rooms for everybody are joined without one, unless `auth.required` is set.
                """),
        ])

    /// The only channel of a WebSocket client.
    private static let webSocketChannels = [
        Channel(
            id: "webSocket", address: "/ws", summary: "Stock as it changes, in rooms and for what is tracked.",
            description: """
                Text frames, one JSON object each. A connection gets an event at most once and in the order of `seq`; one in no room gets \
                the events of `broadcast`. Close codes: 1001 going away, 1008 too many errors, 1009 too large, 1013 try later, 4001 the \
                token expired, 4008 too slow.
                """,
            servers: ["websocket", "websocketTLS"],
            messages: (clientMessages + serverMessages + roomEventMessages).map(\.id),
            bindings: ["ws": ["method": "GET", "query": query, "headers": headers, "bindingVersion": "0.1.0"]])
    ]

    private static let query: JSONValue = [
        "type": "object",
        "properties": [
            "room": [
                "type": "string",
                "description":
                    "A room to begin in: of plugins.json, or product:ID, variant:ID, location:CODE, reservation:ID. Repeatable.",
            ],
            "since": ["type": "string", "pattern": "^.+:[0-9]+$", "description": "EPOCH:SEQ, where the client was."],
            "snapshot": ["type": "string", "enum": ["true"], "description": "The rooms' values first."],
        ],
    ]

    private static let headers: JSONValue = [
        "type": "object",
        "properties": [
            "Authorization": ["type": "string", "description": "Bearer TOKEN"],
            "Sec-WebSocket-Protocol": [
                "type": "string", "description": "tallywire, and bearer.TOKEN where headers cannot be set.",
            ],
        ],
    ]

    private static let webSocketOperations = [
        sends("welcome", "Greets a new connection.", ["welcome"]),
        answers(
            "joinRoom", "Lets a client into a room; what it missed, or the room's values, follow.", "join", ["joined", "snapshot"]),
        answers("leaveRoom", "Lets a client out of a room.", "leave", ["left"]),
        answers("track", "Sends the events of products and variants, their values first.", "track", ["tracking"]),
        answers("untrack", "Does so no more.", "untrack", ["untracked"]),
        answers("authenticate", "Takes a token, the first one or a newer one.", "auth", ["authenticated"]),
        answers("answerPing", "Says how far everything was sent.", "ping", ["pong"]),
        sends(
            "changeRooms", "Rooms that the address named, and those that a new token no longer allows.",
            ["joined", "snapshot", "left"]),
        sends("sendEvents", "What happens, to those whom it is for.", roomEventMessages.map(\.id)),
        sends("refuseMessage", "Says what was wrong; the connection stays, unless it keeps on.", ["error"]),
        sends("goAway", "Says that the server ends, before it closes with 1001.", ["goingAway"]),
    ]

    private static func sends(_ id: String, _ summary: String, _ messages: [String]) -> Operation {
        Operation(id: id, action: .send, channel: "webSocket", summary: summary, messages: messages)
    }

    private static func answers(_ id: String, _ summary: String, _ message: String, _ answers: [String]) -> Operation {
        Operation(
            id: id, action: .receive, channel: "webSocket", summary: summary, messages: [message],
            reply: Operation.Reply(channel: "webSocket", messages: answers + ["error"]))
    }
}
