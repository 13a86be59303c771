import RoomHub
import TallywireConfiguration
import TallywireCore
import TallywirePipeline

extension SinkType {
    /// `socket.io`: events to clients of Socket.IO.
    public static let socketIO = SinkType(
        "socket.io", summary: "Sends events to clients of Socket.IO, by polling and over WebSockets, on the server's HTTP port.",
        mode: .live, placements: [.each], schema: schema, options: Options.self, messaging: .socketIO
    ) { options in
        try SocketIOSink(options.configuration)
    }

    private static let standard = SocketIOConfiguration()

    private static let schema = OptionSchema(
        [
            .optional(
                "path", .string(.endpointPath), default: ConfigurationValue(.string(standard.path)),
                "The path that clients connect to, without a slash at its end.", isEndpoint: true),
            RoomSettings.roomsOption,
            RoomSettings.broadcastOption("What every client gets from the moment when it connects: types, or an object."),
            .optional(
                "joins",
                .map(
                    .string(),
                    count: 0...SocketIOConfiguration.mostJoins, key: eventName),
                default: ConfigurationValue(
                    .object(standard.joins.map { .init($0.key, ConfigurationValue(.string($0.value))) })),
                "Which event of a client joins which room."),
            RoomSettings.limitsOption(without: ["message", "roomsPerConnection", "trackedPerConnection"]),
            duration(
                "pingInterval", \.pingInterval, SocketIOConfiguration.pingRange,
                "How often each client is asked whether it is still there."),
            duration(
                "pingTimeout", \.pingTimeout, SocketIOConfiguration.pingRange,
                "How long a client may take to answer; after that it is gone."),
            .optional(
                "maxPayload",
                .size(
                    ByteSize(
                        bytes: SocketIOConfiguration.maxPayloadRange.lowerBound)...ByteSize(
                            bytes: SocketIOConfiguration.maxPayloadRange.upperBound)),
                default: ConfigurationValue(.integer(standard.maxPayload)),
                "The most bytes of one message and of one body from a client."),
            duration(
                "connectTimeout", \.connectTimeout, SocketIOConfiguration.connectTimeoutRange,
                "How long a client may take until it connects to a namespace."),
            .optional(
                "transports", .list(.choice(EngineQuery.Transport.allCases.map(\.rawValue)), count: 1...2),
                default: ConfigurationValue(.list(standard.transports.map { ConfigurationValue(.string($0.rawValue)) })),
                "What clients may use."),
            duration(
                "keep", \.keep, SocketIOConfiguration.keepRange,
                "How long a client that was lost, or a restart of the server, may be away and is still recovered."),
            .optional(
                "pollingPerAddress", .integer(SocketIOConfiguration.pollingRange),
                default: ConfigurationValue(.integer(standard.pollingPerAddress)),
                "How many clients of one address may poll at once; the next is refused with 503."),
            .optional(
                "conformance", .bool, default: ConfigurationValue(.bool(standard.conformance)),
                "Whether the official suites for Engine.IO and Socket.IO find what they expect, with an echo at /engine.io."),
        ],
        example: """
            { "plugin": "socket.io",
              "rooms": { "admin_room": { "events": ["inventory_updated", "stock_alert"], "role": "admin" } },
              "joins": { "join_admin_room": "admin_room" } }
            """)

    private static func duration(
        _ key: String, _ value: KeyPath<SocketIOConfiguration, Duration>, _ range: ClosedRange<Duration>, _ summary: String
    ) -> OptionSchema.Option {
        .optional(key, .duration(range), default: ConfigurationValue(.string(standard[keyPath: value].configurationText)), summary)
    }

    private static let eventName = TextRule("the name of an event (1 to 64 bytes)", isKept: { (1...64).contains($0.utf8.count) })

    /// The options as the schema leaves them.
    private struct Options: Decodable, Sendable {
        let configuration: SocketIOConfiguration

        private enum Key: String, CodingKey {
            case path, joins, pingInterval, pingTimeout, maxPayload, connectTimeout, transports, keep, pollingPerAddress,
                conformance
        }

        init(from decoder: any Decoder) throws {
            let options = try decoder.container(keyedBy: Key.self)
            var configuration = SocketIOConfiguration()
            configuration.path = try options.decode(String.self, forKey: .path)
            configuration.joins = try options.decode([String: String].self, forKey: .joins)
            configuration.pingInterval = try options.decode(Duration.self, forKey: .pingInterval)
            configuration.pingTimeout = try options.decode(Duration.self, forKey: .pingTimeout)
            configuration.maxPayload = try options.decode(ByteSize.self, forKey: .maxPayload).bytes
            configuration.connectTimeout = try options.decode(Duration.self, forKey: .connectTimeout)
            configuration.transports = try options.decode([String].self, forKey: .transports)
                .compactMap(EngineQuery.Transport.init)
            configuration.keep = try options.decode(Duration.self, forKey: .keep)
            configuration.pollingPerAddress = try options.decode(Int.self, forKey: .pollingPerAddress)
            configuration.conformance = try options.decode(Bool.self, forKey: .conformance)
            configuration.hub = try RoomSettings(from: decoder)
            self.configuration = configuration
        }
    }
}
