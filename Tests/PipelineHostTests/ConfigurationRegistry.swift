import PipelineHost
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Plugins with the options of the built-in ones, that do nothing.
enum ConfigurationRegistry {
    struct Silent: Sink {
        func deliver(_ batch: EventBatch) async throws -> Delivery { Delivery() }
    }

    struct Idle: Source {
        func run(_ context: SourceContext) async throws {}
    }

    struct LogOptions: Decodable, Sendable, Equatable {
        struct Rotation: Decodable, Sendable, Equatable {
            let size: ByteSize
            let keep: Int
        }

        enum Flush: Decodable, Sendable, Equatable {
            case word(String)
            case every(Duration)

            private enum Key: CodingKey { case every }

            init(from decoder: any Decoder) throws {
                if let word = try? decoder.singleValueContainer().decode(String.self) {
                    self = .word(word)
                } else {
                    self = .every(try decoder.container(keyedBy: Key.self).decode(Duration.self, forKey: .every))
                }
            }
        }

        let path: String
        let rotate: Rotation
        let fsync: Flush
    }

    static let jsonLog = SinkType(
        "json-log", summary: "Writes each event as a line of JSON into a file.",
        schema: OptionSchema(
            [
                .required("path", .string(limit: 4_096), "The file.", isEndpoint: true),
                .optional(
                    "rotate",
                    .object([
                        .optional("size", .size(.kibibytes(1) ... .gibibytes(1_024)), default: "64MiB", "When a new file begins."),
                        .optional("keep", .integer(1...1_000), default: 8, "How many old files are kept."),
                    ]), default: [:], "When a new file begins."),
                .optional(
                    "fsync",
                    .oneOf([
                        .choice(["batch", "never"]),
                        .object([.required("every", .duration(.milliseconds(10) ... .seconds(3_600)), "How often.")]),
                    ]), default: "batch", "When the file is flushed to the disk."),
            ], example: #"{ "plugin": "json-log", "path": "data/events.jsonl" }"#),
        options: LogOptions.self, make: { _ in Silent() })

    struct TopicOptions: Decodable, Sendable {
        struct Rule: Decodable, Sendable {
            let events: [EventType]?
            let topic: String
            let retain: Bool
            let qos: Int
            let payload: String
        }

        let broker: String
        let clientId: String?
        let publish: [Rule]
    }

    static let mqtt = SinkType(
        "mqtt", summary: "Publishes events to the topics of an MQTT broker.",
        schema: [
            .required("broker", .url(schemes: ["mqtt", "mqtts"]), "The broker."),
            .optional("clientId", .string(limit: 23), "Its name at the broker."),
            .required(
                "publish",
                .list(
                    .object([
                        .optional("events", .list(.eventType, count: 1...64), "Which events."),
                        .required("topic", .string(), "The topic, with {event}, {sku} and {location}.", isEndpoint: true),
                        .optional("retain", .bool, default: false, "Whether the broker keeps the last message."),
                        .optional("qos", .integer(0...2), default: 1, "The quality of service."),
                        .optional("payload", .choice(["event", "display"]), default: "event", "What is published."),
                    ]), count: 1...64), "What goes where."),
        ],
        options: TopicOptions.self,
        make: { options in
            for (index, rule) in options.publish.enumerated() where rule.payload == "display" && !rule.topic.contains("{sku}") {
                throw OptionError("publish", String(index), "topic", message: "a display's topic needs {sku}")
            }
            return Silent()
        })

    struct RoomOptions: Decodable, Sendable {
        struct Room: Decodable, Sendable {
            let events: [EventType]
            let role: String?
        }

        let path: String
        let rooms: [String: Room]
        let broadcast: [EventType]
    }

    static let websocket = SinkType(
        "websocket", summary: "Sends events to rooms of WebSocket clients.", mode: .live,
        placements: [.each],
        schema: [
            .optional("path", .string(), default: "/ws", "The path on the HTTP port."),
            .optional(
                "rooms",
                .map(
                    .object([
                        .required("events", .list(.eventType), "What is heard in it."),
                        .optional("role", .choice(["admin", "shop"]), "Who may join. Default: everybody."),
                    ]), key: .name), default: [:], "The rooms.", isEndpoint: true),
            .optional("broadcast", .list(.eventType), default: [], "What those get who are in no room."),
        ],
        options: RoomOptions.self, make: { _ in Silent() })

    struct ScannerOptions: Decodable, Sendable {
        struct Device: Decodable, Sendable {
            let operation: String?
            let location: String?
        }

        let broker: String
        let topic: String
        let devices: [String: Device]
    }

    static let scanners = SourceType(
        "mqtt-scanners", summary: "Takes in scans from an MQTT broker.",
        schema: [
            .required("broker", .url(schemes: ["mqtt", "mqtts"]), "The broker."),
            .optional("topic", .string(), default: "scanners/{device}/scan", "Where scanners publish.", isEndpoint: true),
            .optional(
                "devices",
                .map(
                    .object([
                        .optional("operation", .choice(["add", "subtract", "set"]), "What a bare code means."),
                        .optional("location", .string(limit: 32), "Where."),
                    ])), default: [:], "What scans leave out, by device."),
        ],
        options: ScannerOptions.self, make: { _ in Idle() })

    static let all = PluginRegistry(sources: [scanners], sinks: [websocket, mqtt, jsonLog])

    /// Loads `text` with these plugins.
    static func load(
        _ text: String, environment: [String: String] = [:], overrides: [ConfigurationOverride] = [], only: [String] = [],
        without: [String] = [], directory: String = ""
    ) throws -> PipelineConfiguration {
        try ConfigurationLoader.load(
            text: text, directory: directory, registry: all, environment: environment, overrides: overrides, only: only,
            without: without)
    }

    /// The mistakes in `text`, one a line; empty if there are none.
    static func mistakes(
        _ text: String, environment: [String: String] = [:], overrides: [ConfigurationOverride] = [], directory: String = ""
    ) -> String {
        do {
            _ = try load(text, environment: environment, overrides: overrides, directory: directory)
            return ""
        } catch {
            return "\(error)"
        }
    }
}
