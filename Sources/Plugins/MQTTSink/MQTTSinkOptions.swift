import MQTTConnection
import Mosquitto
import TallywireCore
import TallywirePipeline

/// The options of `mqtt`.
struct MQTTSinkOptions: BrokerOptions {
    var broker: BrokerAddresses
    var user: String?
    var password: String?
    var tls: TLSOptions?
    /// `nil` for `tallywire-NAME`.
    var clientId: String?
    var publish: [Rule]
    var window: Int
    var statusTopic: String

    struct Rule: Decodable, Sendable {
        var events: [EventType]?
        var topic: String
        var retain: Bool
        var qos: QualityOfService
        var payload: PublishRule.Payload
    }
}

extension SinkType {
    /// `mqtt`: events to topics, shelf displays as retained topics.
    public static let mqtt = SinkType(
        "mqtt", summary: "Publishes events to topics of an MQTT broker, and keeps shelf displays as retained topics.",
        schema: MQTTSinkOptions.schema, options: MQTTSinkOptions.self, probe: { await $0.problems($1) },
        make: { options in
            try options.validateConnection()
            return try MQTTSink(options)
        })
}

extension MQTTSinkOptions {
    static let schema = OptionSchema(
        BrokerSchema.options + [
            .optional("clientId", .string(limit: 100), "Its name at the broker. Default: tallywire-NAME."),
            .required(
                "publish", .list(.object(ruleSchema), count: 1...64),
                "What is published where; each rule that wants an event gets it."),
            .optional(
                "window", .integer(1...65_535), default: 200, "How many messages may wait for their acknowledgement at once."),
            .optional(
                "statusTopic", .string(), default: "tallywire/status",
                "A retained topic that says whether this sink is online. Two sinks at one broker need two."),
        ],
        example: """
            { "plugin": "mqtt", "name": "shelf-displays", "broker": "mqtt://127.0.0.1:1883",
              "publish": [
                { "events": ["inventory_updated", "product_status_changed"],
                  "topic": "displays/{location}/{sku}", "retain": true, "payload": "display" },
                { "topic": "events/{event}", "qos": 1 } ] }
            """)

    private static let ruleSchema = OptionSchema([
        .optional("events", .list(.eventType, count: 1...64), "Which events. Default: all."),
        .required(
            "topic", .string(), "The topic, with {event}, {sku}, {location}, {product}, {variant} and {epoch}.", isEndpoint: true),
        .optional("retain", .bool, default: false, "Whether the broker keeps the last message of each topic."),
        .optional("qos", .integer(0...1), default: 1, "The quality of service: 1 is acknowledged, 0 is not."),
        .optional(
            "payload", .choice(["event", "display"]), default: "event",
            "The event itself, or what a shelf display shows; that needs {location} and {sku} or {variant} in the topic."),
    ])

    /// The rules, checked.
    func rules() throws(OptionError) -> [PublishRule] {
        var rules: [PublishRule] = []
        for (index, rule) in publish.enumerated() {
            do throws(TopicTemplate.Mistake) {
                let topic = try TopicTemplate(rule.topic)
                if rule.payload == .display {
                    guard topic.has(.location), topic.has(.sku) || topic.has(.variant), !topic.has(.event) else {
                        throw TopicTemplate.Mistake(
                            description: "a display's topic needs {location}, and {sku} or {variant}, and cannot have {event}")
                    }
                }
                rules.append(
                    PublishRule(
                        events: rule.events.map { Set($0) }, topic: topic, retain: rule.retain, quality: rule.qos,
                        payload: rule.payload))
            } catch {
                throw OptionError("publish", String(index), "topic", message: error.description)
            }
        }
        return rules
    }
}
