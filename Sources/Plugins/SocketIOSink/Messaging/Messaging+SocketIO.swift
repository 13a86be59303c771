import RoomHub
import TallywireCore
import TallywirePipeline

extension Messaging {
    /// The messages of the sink `socket.io`: the arguments of its events.
    static let socketIO = Messaging(
        servers: [server("socketIO", "http", "The server's HTTP port."), server("socketIOTLS", "https", "With `http.tls`.")],
        channels: [channel], operations: operations, messages: eventMessages + [snapshot, error, join],
        schemas: [])

    private static func server(_ id: String, _ name: String, _ description: String) -> Server {
        Server(
            id, security: bearer,
            [
                "host": "{host}", "protocol": .string(name), "description": .string(description),
                "variables": ["host": ["default": "127.0.0.1:8080", "description": "The server's host and port."]],
            ])
    }

    private static let bearer = SecurityScheme(
        "socketIOToken",
        [
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A token as `auth.token` of the client, in `Authorization`, or as `?token=`.",
        ])

    private static let channel = Channel(
        id: "socketIO", address: "/socket.io/", summary: "Stock as it changes, for clients of Socket.IO.",
        description: """
            Socket.IO 5 over Engine.IO 4, by polling and over WebSockets. A message here is an event of the same name, and its payload the \
            event's first argument; events of the server have EPOCH:SEQ as their last one, from which a client is recovered.
            """,
        servers: ["socketIO", "socketIOTLS"], messages: (eventMessages + [snapshot, error, join]).map(\.id))

    private static let operations = [
        Operation(
            id: "emitEvents", action: .send, channel: "socketIO", summary: "What happens, to those whom it is for.",
            messages: eventMessages.map(\.id)),
        Operation(
            id: "emitSnapshot", action: .send, channel: "socketIO",
            summary: "The values, for a client that was away for too long to be recovered.", messages: [snapshot.id]),
        Operation(
            id: "emitError", action: .send, channel: "socketIO", summary: "Why something was refused that has no acknowledgement.",
            messages: [error.id]),
        Operation(
            id: "takeJoin", action: .receive, channel: "socketIO",
            summary: "Lets a client into the room that `joins` names for the event, and acknowledges it.", messages: [join.id]),
    ]

    /// Events, each with its `data` as the payload.
    private static let eventMessages = Event.bodies.map { body in
        let isMerged = body.schema.types == [.inventoryUpdated]
        return Message(
            id: body.schema.messageID + "InSocketIO", summary: body.schema.summary,
            payload: isMerged ? conflatable(body.schema.shownData) : body.schema.shownData,
            examples: [.init(body.schema.types[0].rawValue, body.exampleEvent["data"] ?? [:])])
    }

    private static func conflatable(_ data: JSONValue) -> JSONValue {
        data + ["properties": (data["properties"] ?? [:]) + ["conflated": EventSchema.conflated]]
    }

    private static let snapshot = Message(
        id: "snapshotInSocketIO", summary: "A page of values, true at `seq`. What comes after it is later.",
        payload: JSONSchema.object(
            [
                ("room", ["type": ["string", "null"]]), ("seq", JSONSchema.count), ("changedSince", JSONSchema.count),
                ("items", ["type": "array", "items": ["type": "object"]]), ("last", JSONSchema.flag),
            ], optional: ["changedSince"]),
        examples: [
            .init("page", ["room": .null, "seq": 1041, "items": [["productId": 1, "variantId": 11, "stock": 41]], "last": true])
        ])

    private static let error = Message(
        id: "errorInSocketIO", summary: "Why something was refused. Programs look at `code`.",
        payload: JSONSchema.object([("code", ["type": "string"]), ("message", ["type": "string"])]),
        examples: [
            .init(
                "forbidden",
                ["code": "forbidden", "message": "the room \"admin_room\" is for the role \"admin\": show a token of it"])
        ])

    private static let join = Message(
        id: "joinInSocketIO", summary: "Asks to be in a room. The acknowledgement has `ok`, and `code` if it was refused.",
        payload: ["description": "The event needs no arguments."], examples: [.init("nothing", .null)])
}
