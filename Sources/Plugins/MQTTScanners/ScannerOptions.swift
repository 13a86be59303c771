import MQTTConnection
import Mosquitto
import TallywirePipeline

/// The options of `mqtt-scanners`.
struct ScannerOptions: BrokerOptions {
    var broker: BrokerAddresses
    var user: String?
    var password: String?
    var tls: TLSOptions?
    var topic: String
    /// The group that shares the scans; `nil` for none.
    var share: String?
    var devices: [String: DeviceSettings]
    /// `nil` for `tallywire-NAME`.
    var clientId: String?
    var sessionExpiry: Duration
    var keepAlive: Duration
    var receiveMaximum: Int
    var payloadLimit: ByteSize
    var lineLimit: Int
}

extension SourceType {
    /// `mqtt-scanners`: barcode scanners that publish over MQTT, each scan applied once and answered once it is on disk.
    public static let mqttScanners = SourceType(
        "mqtt-scanners", summary: "Takes movements from barcode scanners over MQTT, and answers each once it is on disk.",
        schema: ScannerOptions.schema, options: ScannerOptions.self, probe: { options, _ in await options.problems() },
        make: { options in
            try options.validateConnection()
            do {
                return MQTTScanners(options, topic: try ScanTopic(template: options.topic))
            } catch let mistake as ScanTopic.Mistake {
                throw OptionError("topic", message: mistake.description)
            }
        })
}

extension ScannerOptions {
    static let schema = OptionSchema(
        BrokerSchema.options + [
            .optional(
                "topic", .string(), default: "scanners/{device}/scan",
                "Where scanners publish; {device} is one level. Others may be +, and the last #.", isEndpoint: true),
            .optional(
                "share", .string(limit: 64, shareName),
                "A group of servers of which each takes a part of the scans ($share). All feed one stock, so they need one journal."
            ),
            .optional(
                "devices", .map(.object(deviceSchema)), default: [:],
                "What scans mean that do not say it, by device: a name or a pattern with *. The most specific is taken, then *."),
            .optional(
                "clientId", .string(limit: 100), "Its name at the broker, to which the session belongs. Default: tallywire-NAME."),
            .optional(
                "sessionExpiry", .duration(.seconds(60) ... .seconds(365 * 86_400)), default: "7d",
                "How long the broker keeps scans while the server is away (MQTT 5)."),
            .optional(
                "keepAlive", .duration(.seconds(5) ... .seconds(65_535)), default: "60s",
                "How long a connection may be silent. The broker waits one and a half times as long."),
            .optional(
                "receiveMaximum", .integer(1...8192), default: 1000, "How many scans may wait for their acknowledgement at once."),
            .optional("payloadLimit", .size(.kibibytes(1) ... .mebibytes(16)), default: "64KiB", "The largest payload of a scan."),
            .optional("lineLimit", .integer(1...1000), default: 1000, "How many scans an array may hold."),
        ],
        example: """
            { "plugin": "mqtt-scanners", "broker": "mqtt://127.0.0.1:1883", "topic": "scanners/{device}/scan",
              "devices": { "dock-*": { "operation": "add", "location": "WH1" },
                           "*":      { "operation": "subtract", "location": "WH1" } } }
            """)

    private static let shareName = TextRule("a name without / + #", pattern: "^[^/+#]+$") { text in
        !text.isEmpty && !text.contains { "/+#".contains($0) }
    }

    private static let deviceSchema = OptionSchema([
        .optional("operation", .choice(["set", "add", "subtract", "transfer"]), "What a scan does."),
        .optional("location", .string(limit: 32), "Where; for a transfer, where from."),
        .optional("to", .string(limit: 32), "Where to, for a transfer."),
        .optional("reason", .string(limit: 200), "Why."),
        .optional("quantity", .integer(0...1_000_000_000), "How many at a time. Default: 1."),
    ])
}
