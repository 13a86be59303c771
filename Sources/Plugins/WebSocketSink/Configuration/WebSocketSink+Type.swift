import TallywireConfiguration
import TallywireCore
import TallywirePipeline

extension SinkType {
    /// `websocket`: events to browsers and other WebSocket clients in rooms.
    public static let webSocket = SinkType(
        "websocket", summary: "Sends events to WebSocket clients, who join rooms, on the server's HTTP port.", mode: .live,
        schema: schema, options: Options.self, messaging: .rooms,
        webSocketPath: { $0["path"]?.string }
    ) { options in
        try WebSocketSink(options.configuration)
    }

    /// The defaults.
    private static let standard = WebSocketConfiguration()

    private static let schema = OptionSchema(
        [
            .optional(
                "path", .string(path), default: ConfigurationValue(.string(standard.path)), "The path that clients connect to.",
                isEndpoint: true),
            .optional(
                "rooms", .map(.object(room), key: roomName),
                default: standardRooms,
                "The rooms by their names. Rooms such as product:ID, variant:ID, location:CODE and reservation:ID need not be named.",
                isEndpoint: true),
            .optional(
                "broadcast", .oneOf([.list(.eventType), .object(broadcast)]),
                default: types(standard.broadcast),
                "What a client gets while it is in no room, and what rooms such as product:ID and tracked items carry: types, or an object."
            ),
            .optional(
                "limits", .object(OptionSchema(WebSocketConfiguration.Limits.options.map(\.schema))), default: [:],
                "What one client, and all together, may use."),
            duration(
                "pingInterval", \.pingInterval, WebSocketConfiguration.pingIntervalRange,
                "How often each client is asked whether it is still there."),
            .optional(
                "idleTimeout", .duration(.milliseconds(40) ... .seconds(7200)),
                "A client that was not heard for so long is gone; twice pingInterval unless set."),
            duration(
                "drain", \.drain, WebSocketConfiguration.drainRange,
                "At the server's end, clients are closed one after the other over this time."),
            duration(
                "returnWithin", \.returnWithin, WebSocketConfiguration.returnWithinRange,
                "They are told to come back after a time of chance within this one."),
            .optional("echo", .string(path), "A path that sends every message back, for conformance suites; off unless set."),
        ],
        example: """
            { "plugin": "websocket", "path": "/ws",
              "rooms": { "ecommerce_room": { "events": ["inventory_updated", "product_status_changed"] } } }
            """)

    /// The default rooms, as a file would list them. The journal's room exists without being named.
    private static let standardRooms = ConfigurationValue(
        .object(
            WebSocketConfiguration.standardRooms.filter { $0 != WebSocketConfiguration.journalRoom }.map { room in
                let role = room.role.map { ConfigurationValue.Member("role", .init(.string($0.rawValue))) }
                return .init(room.name, .init(.object([.init("events", types(room.events))] + [role].compactMap(\.self))))
            }))

    private static func types(_ types: [EventType]) -> ConfigurationValue {
        ConfigurationValue(.list(types.map { ConfigurationValue(.string($0.rawValue)) }))
    }

    private static func duration(
        _ key: String, _ value: KeyPath<WebSocketConfiguration, Duration>, _ range: ClosedRange<Duration>, _ summary: String
    ) -> OptionSchema.Option {
        .optional(key, .duration(range), default: ConfigurationValue(.string(standard[keyPath: value].configurationText)), summary)
    }

    private static let room: OptionSchema = [
        .required("events", .list(.eventType), "The types of event that it carries."),
        .optional("role", .choice(Role.allCases.map(\.rawValue)), "The role that a client needs, unless the server is open."),
        fields, stock,
        .optional(
            "snapshot", .bool, default: ConfigurationValue(.bool(WebSocketConfiguration.Rules().snapshot)),
            "Whether clients get the current values: when they ask for them, and when they were away for too long."),
        .optional(
            "replay", .integer(0...10_000_000), default: ConfigurationValue(.integer(WebSocketConfiguration.Rules().replay)),
            "A client that missed more events than this gets the values that changed instead of the events."),
    ]

    private static let broadcast: OptionSchema = [
        .required("events", .list(.eventType), "The types of event."), fields, stock,
    ]

    private static let fields = OptionSchema.Option.optional(
        "fields", .list(.choice(EventFields.names)),
        "The members of an event's data that are sent, all unless set. productId, variantId and version always are.")

    private static let stock = OptionSchema.Option.optional(
        "stock", .oneOf([.choice(["exact"]), .object(bands)]), default: "exact",
        "Whether stock is sent in units or in bands.")

    private static let bands: OptionSchema = [
        .required(
            "bands", .list(.integer(0...1_000_000_000), count: 1...16),
            "The bands' upper edges, which ascend: of [0, 5], up to 0 is out, up to 5 is few, more is in stock. A change within a band is not sent."
        )
    ]

    private static let path = TextRule(
        "a path that begins with / and has no query", pattern: "^/[^?#]*$", isKept: WebSocketConfiguration.isPath)

    private static let roomName = TextRule(
        "the name of a room (1 to 64 characters)", mistake: { WebSocketConfiguration.mistake(inRoomName: $0) })

    /// The options as the schema leaves them.
    private struct Options: Decodable, Sendable {
        var path: String
        var rooms: [String: Room]
        var broadcast: Broadcast
        var limits: WebSocketConfiguration.Limits
        var pingInterval: Duration
        var idleTimeout: Duration?
        var drain: Duration
        var returnWithin: Duration
        var echo: String?

        struct Room: Decodable, Sendable {
            var events: [EventType]
            var role: Role?
            var fields: [String]?
            var stock: Stock
            var snapshot: Bool
            var replay: Int
        }

        var configuration: WebSocketConfiguration {
            var configuration = WebSocketConfiguration()
            configuration.path = path
            configuration.rooms = rooms.sorted { $0.key < $1.key }.map { name, room in
                var rules = WebSocketConfiguration.Rules()
                rules.snapshot = room.snapshot
                rules.replay = room.replay
                return WebSocketConfiguration.Room(
                    name: name, events: room.events, role: room.role, fields: room.fields, bands: room.stock.bands, rules: rules)
            }
            let journal = WebSocketConfiguration.journalRoom
            if !configuration.rooms.contains(where: { $0.name == journal.name }) { configuration.rooms.append(journal) }
            configuration.broadcast = broadcast.events
            configuration.broadcastFields = broadcast.fields
            configuration.broadcastBands = broadcast.stock.bands
            configuration.limits = limits
            configuration.pingInterval = pingInterval
            configuration.idleTimeout = idleTimeout
            configuration.drain = drain
            configuration.returnWithin = returnWithin
            configuration.echo = echo
            return configuration
        }
    }
}

/// `"exact"` or `{"bands": […]}`.
private struct Stock: Decodable {
    let bands: [Int64]?

    private enum Key: String, CodingKey { case bands }

    static let exact = Stock(bands: nil)

    private init(bands: [Int64]?) { self.bands = bands }

    init(from decoder: any Decoder) throws {
        let container = try? decoder.container(keyedBy: Key.self)
        bands = try container?.decode([Int64].self, forKey: .bands)
    }
}

/// A list of types, or an object with them.
private struct Broadcast: Decodable {
    let events: [EventType]
    let fields: [String]?
    let stock: Stock

    private enum Key: String, CodingKey { case events, fields, stock }

    init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Key.self) {
            events = try container.decode([EventType].self, forKey: .events)
            fields = try container.decodeIfPresent([String].self, forKey: .fields)
            stock = try container.decode(Stock.self, forKey: .stock)
        } else {
            events = try decoder.singleValueContainer().decode([EventType].self)
            fields = nil
            stock = .exact
        }
    }
}
