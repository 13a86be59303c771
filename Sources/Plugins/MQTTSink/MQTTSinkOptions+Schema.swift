import MQTTConnection
import TallywireConfiguration
import TallywirePipeline

extension MQTTSinkOptions {
    static let schema = OptionSchema(
        BrokerSchema.options + [
            .optional("clientId", .string(limit: 100), "Its name at the broker. Default: tallywire-NAME."),
            .required(
                "publish", .list(.object(ruleSchema), count: 1...64),
                "What is published where; each rule that wants an event gets it."),
            .optional(
                "keepAlive", .duration(.seconds(5) ... .seconds(65_535)), default: "60s",
                "How long a connection may be silent. The broker waits one and a half times as long."),
            .optional(
                "window", .integer(1...65_535), default: 200, "How many messages may wait for their acknowledgement at once."),
            .optional(
                "statusTopic", .string(), default: "tallywire/status",
                "A retained topic that says whether this sink is online. Two sinks at one broker need two."),
            .optional(
                "repair", .object(repairSchema), default: [:],
                "How displays are compared with what the broker retains, on each connection."),
            .optional(
                "confirm", .object(confirmSchema),
                "Listens to displays that confirm what they show, in the topic /shown behind their own. Default: it does not."),
            CloudEvent.Options.option,
        ],
        example: """
            { "plugin": "mqtt", "name": "shelf-displays", "broker": "mqtt://127.0.0.1:1883",
              "publish": [
                { "events": ["inventory_updated", "product_status_changed"],
                  "topic": "displays/{location}/{sku}", "retain": true, "payload": "display" },
                { "topic": "events/{event}", "qos": 1 } ],
              "confirm": { "within": "60s" } }
            """)

    private static let ruleSchema = OptionSchema([
        .optional("events", .list(.eventType, count: 1...64), "Which events. Default: all."),
        .required(
            "topic", .string(), "The topic, with {event}, {sku}, {location}, {product}, {variant} and {epoch}.", isEndpoint: true),
        .optional("retain", .bool, default: false, "Whether the broker keeps the last message of each topic."),
        .optional("qos", .integer(0...1), default: 1, "The quality of service: 1 is acknowledged, 0 is not."),
        .optional(
            "payload", .oneOf([.choice(PayloadOption.names), .object(formSchema)]), default: "event",
            "The event, the event as a CloudEvent, or what a display shows: that needs {location} and {sku} or {variant} in the topic."
        ),
    ])

    private static let formSchema = OptionSchema([
        .optional(
            "fields", .list(.choice(DisplayField.allCases.map(\.rawValue)), count: 1...DisplayField.allCases.count),
            "A display gets an object with these members, in this order."),
        .optional(
            "text", .string(limit: 2_000),
            "A display gets this text, with {name}, {price} and the other fields; {price|-} says what stands where there is none."),
    ])

    private static let repairSchema = OptionSchema([
        .optional(
            "settle", .duration(.milliseconds(10) ... .seconds(60)), default: "500ms",
            "How long nothing more may come before the retained messages count as read. More for brokers of several nodes."),
        .optional(
            "limit", .integer(1...10_000_000), default: 1_000_000,
            "Of how many retained topics a mark is kept while they are compared, at some 150 bytes each."),
    ])

    private static let confirmSchema = OptionSchema([
        .optional(
            "within", .duration(.milliseconds(100) ... .seconds(86_400)), default: "60s",
            "How long a display that ever confirmed may take to confirm what was published before display_stale is reported."),
        .optional(
            "limit", .integer(1...1_000_000), default: 200_000,
            "How many confirming displays are looked after, at some 250 bytes each."),
    ])
}
