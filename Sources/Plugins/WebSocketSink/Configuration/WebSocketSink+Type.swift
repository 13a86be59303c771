import RoomHub
import TallywireConfiguration
import TallywireCore
import TallywirePipeline

extension SinkType {
    /// `websocket`: events to browsers and other WebSocket clients in rooms.
    public static let webSocket = SinkType(
        "websocket", summary: "Sends events to WebSocket clients, who join rooms, on the server's HTTP port.", mode: .live,
        placements: [.each], schema: schema, options: Options.self, messaging: .rooms,
        webSocketPath: { $0["path"]?.string }
    ) { options in
        try WebSocketSink(options.configuration)
    }

    /// The defaults.
    private static let standard = WebSocketConfiguration()

    private static let schema = OptionSchema(
        [
            .optional(
                "path", .string(.endpointPath), default: ConfigurationValue(.string(standard.path)),
                "The path that clients connect to.", isEndpoint: true),
            RoomSettings.roomsOption,
            RoomSettings.broadcastOption(
                "What a client gets while it is in no room, and what rooms such as product:ID and tracked items carry: types, or an object."
            ),
            RoomSettings.limitsOption(),
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
            .optional(
                "echo", .string(.endpointPath), "A path that sends every message back, for conformance suites; off unless set."),
        ],
        example: """
            { "plugin": "websocket", "path": "/ws",
              "rooms": { "ecommerce_room": { "events": ["inventory_updated", "product_status_changed"] } } }
            """)

    private static func duration(
        _ key: String, _ value: KeyPath<WebSocketConfiguration, Duration>, _ range: ClosedRange<Duration>, _ summary: String
    ) -> OptionSchema.Option {
        .optional(key, .duration(range), default: ConfigurationValue(.string(standard[keyPath: value].configurationText)), summary)
    }

    /// The options as the schema leaves them.
    private struct Options: Decodable, Sendable {
        var path: String
        var pingInterval: Duration
        var idleTimeout: Duration?
        var drain: Duration
        var returnWithin: Duration
        var echo: String?
        let hub: RoomSettings

        private enum Key: String, CodingKey { case path, pingInterval, idleTimeout, drain, returnWithin, echo }

        init(from decoder: any Decoder) throws {
            let options = try decoder.container(keyedBy: Key.self)
            path = try options.decode(String.self, forKey: .path)
            pingInterval = try options.decode(Duration.self, forKey: .pingInterval)
            idleTimeout = try options.decodeIfPresent(Duration.self, forKey: .idleTimeout)
            drain = try options.decode(Duration.self, forKey: .drain)
            returnWithin = try options.decode(Duration.self, forKey: .returnWithin)
            echo = try options.decodeIfPresent(String.self, forKey: .echo)
            hub = try RoomSettings(from: decoder)
        }

        var configuration: WebSocketConfiguration {
            var configuration = WebSocketConfiguration()
            configuration.path = path
            configuration.hub = hub
            configuration.pingInterval = pingInterval
            configuration.idleTimeout = idleTimeout
            configuration.drain = drain
            configuration.returnWithin = returnWithin
            configuration.echo = echo
            return configuration
        }
    }
}
