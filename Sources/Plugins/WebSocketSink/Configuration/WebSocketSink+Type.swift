import TallywireCore
import TallywirePipeline

extension SinkType {
    /// `websocket`: events to browsers and other WebSocket clients in rooms.
    public static let webSocket = SinkType(
        "websocket", summary: "Sends events to WebSocket clients, who join rooms, on the server's HTTP port.", mode: .live,
        schema: schema, options: Options.self
    ) { options in
        try WebSocketSink(options.configuration)
    }

    private static let schema = OptionSchema(
        [
            .optional("path", .string(path), default: "/ws", "The path that clients connect to.", isEndpoint: true),
            .optional(
                "rooms", .map(.object(room), key: roomName),
                default: [
                    "admin_room": [
                        "events": ["inventory_updated", "stock_alert", "product_status_changed"], "role": "admin",
                    ],
                    "ecommerce_room": ["events": ["inventory_updated", "product_status_changed"]],
                ], "The rooms by their names. Rooms such as product:ID, variant:ID and location:CODE need not be named.",
                isEndpoint: true),
            .optional(
                "broadcast", .list(.eventType), default: ["inventory_updated", "product_status_changed"],
                "What a client gets while it is in no room, and what rooms such as product:ID carry."),
            .optional("limits", .object(limits), default: [:], "What one client, and all together, may use."),
            .optional(
                "pingInterval", .duration(.milliseconds(20) ... .seconds(3600)), default: "25s",
                "How often each client is asked whether it is still there."),
            .optional(
                "idleTimeout", .duration(.milliseconds(40) ... .seconds(7200)),
                "A client that was not heard for so long is gone; twice pingInterval unless set."),
            .optional("echo", .string(path), "A path that sends every message back, for conformance suites; off unless set."),
        ],
        example: """
            { "plugin": "websocket", "path": "/ws",
              "rooms": { "ecommerce_room": { "events": ["inventory_updated", "product_status_changed"] } } }
            """)

    private static let room: OptionSchema = [
        .required("events", .list(.eventType), "The types of event that it carries."),
        .optional("role", .choice(Role.allCases.map(\.rawValue)), "The role that a client needs, unless the server is open."),
    ]

    private static let limits: OptionSchema = [
        .optional(
            "message", .size(ByteSize(bytes: 128)...ByteSize.mebibytes(16)), default: "64KiB",
            "The largest message from a client; a larger one closes its connection with 1009."),
        .optional("roomsPerConnection", .integer(1...10_000), default: 100, "Rooms that one client is in at once."),
        .optional("connections", .integer(1...1_000_000), default: 20_000, "Clients at once; the next is refused with 503."),
        .optional(
            "buffer", .size(ByteSize.kibibytes(4)...ByteSize.gibibytes(1)), default: "1MiB",
            "What may wait for a client to read; more closes its connection with 4008."),
        .optional(
            "messagesPerSecond", .integer(1...1_000_000), default: 100,
            "Messages from one client, steadily; what comes faster is refused with rate_limited."),
        .optional("messageBurst", .integer(1...1_000_000), default: 1_000, "Messages from one client at once, after a rest."),
        .optional(
            "errorsPerConnection", .integer(0...1_000_000), default: 20,
            "Errors in a row that are answered; one more closes the connection with 1008."),
    ]

    private static let path = TextRule(
        "a path that begins with / and has no query", pattern: "^/[^?#]*$", isKept: WebSocketConfiguration.isPath)

    private static let roomName = TextRule(
        "the name of a room (1 to 64 characters)", mistake: { WebSocketConfiguration.mistake(inRoomName: $0) })

    /// The options as the schema leaves them.
    private struct Options: Decodable, Sendable {
        var path: String
        var rooms: [String: Room]
        var broadcast: [EventType]
        var limits: Limits
        var pingInterval: Duration
        var idleTimeout: Duration?
        var echo: String?

        struct Room: Decodable, Sendable {
            var events: [EventType]
            var role: Role?
        }

        struct Limits: Decodable, Sendable {
            var message: ByteSize
            var roomsPerConnection: Int
            var connections: Int
            var buffer: ByteSize
            var messagesPerSecond: Int
            var messageBurst: Int
            var errorsPerConnection: Int
        }

        var configuration: WebSocketConfiguration {
            var configuration = WebSocketConfiguration()
            configuration.path = path
            configuration.rooms = rooms.sorted { $0.key < $1.key }.map { name, room in
                WebSocketConfiguration.Room(name: name, events: room.events, role: room.role)
            }
            configuration.broadcast = broadcast
            configuration.limits.message = limits.message.bytes
            configuration.limits.roomsPerConnection = limits.roomsPerConnection
            configuration.limits.connections = limits.connections
            configuration.limits.buffer = limits.buffer.bytes
            configuration.limits.messages = Rate(perSecond: limits.messagesPerSecond, burst: limits.messageBurst)
            configuration.limits.errorsPerConnection = limits.errorsPerConnection
            configuration.pingInterval = pingInterval
            configuration.idleTimeout = idleTimeout
            configuration.echo = echo
            return configuration
        }
    }
}
