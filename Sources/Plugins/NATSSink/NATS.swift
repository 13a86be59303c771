import TallywireConfiguration
import TallywirePipeline

extension SinkType {
    /// `nats`: every event as a message in a stream of JetStream, in order and acknowledged.
    public static let nats = SinkType(
        "nats", summary: "Publishes each event to a JetStream stream of NATS, acknowledged, at least once and in order.",
        schema: schema, options: NATSSinkOptions.self, messaging: .nats, probe: { await $0.problems($1) },
        make: { try NATSSink($0) })

    private static let url = OptionKind.url(schemes: ["nats", "tls"])

    private static let schema = OptionSchema(
        [
            .required(
                "servers", .oneOf([url, .list(url, count: 1...16)]),
                "The server: nats://host:4222, or tls://… Of a list the first that answers is used.", secrecy: .url),
            .required(
                "stream", .string(limit: 255, .streamName),
                "The stream, which has to be there. No other entry and no other program should publish to it."),
            .optional(
                "subject", .string(limit: 500), default: "tallywire.events.{event}",
                """
                The subject of each event, with {event}, {epoch}, {product}, {variant}, {sku} and {location}. What a part of a subject \
                cannot have is written as in a URL, and a value that an event does not have is _.
                """),
            .optional(
                "payload", .choice(EventMessage.Payload.allCases.map(\.rawValue)), default: "event",
                """
                What a message carries: the event; a CloudEvent in structured mode; or the event's data with the attributes of the \
                CloudEvent as headers.
                """),
            .optional(
                "window", .integer(1...1_000), default: 256, "How many messages may be on their way without an acknowledgement."),
            .optional(
                "timeout", .duration(.milliseconds(100) ... .seconds(300)), default: "10s",
                "How long connecting to a server may take, and how long nothing may be acknowledged."),
            .optional(
                "credentials", .object(credentials),
                "How the sink shows who it is: `file`, or `user` and `password`, or `token`. Without it, not at all."),
            .optional(
                "tls", .object(TLSFiles.schema(peer: "server", trust: "Whom to trust besides the system: a file in PEM.")),
                "How TLS is spoken; given, a server without TLS is refused, as with tls://."),
            CloudEvent.Options.option,
        ],
        example: """
            {
              "plugin": "nats",
              "servers": ["tls://nats-1.example.com:4222", "tls://nats-2.example.com:4222"],
              "stream": "STOCK",
              "subject": "stock.{location}.{sku}",
              "credentials": { "file": "/run/secrets/tallywire.creds" },
              "events": ["inventory_updated"]
            }
            """)

    private static let credentials = OptionSchema([
        .optional(
            "file", .string(limit: 4_096), "A file of credentials: a JWT and the seed of an nkey. It is read at each connection."),
        .optional("user", .string(), "Who logs in."),
        .optional("password", .string(), "The user's password, such as ${file:/run/secrets/nats}.", secrecy: .whole),
        .optional("token", .string(limit: 4_096), "A token, such as ${file:/run/secrets/nats}.", secrecy: .whole),
    ])
}

extension TextRule {
    /// The name of a stream, as the server allows it, without what would be another subject of its API.
    static let streamName = TextRule("the name of a stream (1 to 255 bytes, no space, control character, . * > / \\ or \")") {
        text in
        (1...255).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value != 0x7F && !$0.properties.isWhitespace && !".*>/\\\"".unicodeScalars.contains($0)
            }
    }
}
