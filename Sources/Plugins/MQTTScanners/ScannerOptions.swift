import MQTTConnection
import Mosquitto
import TallywireConfiguration
import TallywireCore
import TallywirePipeline

/// The options of `mqtt-scanners`.
struct ScannerOptions: BrokerOptions {
    var broker: BrokerAddresses
    var user: String?
    var password: String?
    var tls: TLSOptions?
    var topic: String
    /// The group of servers that share the scans; `nil` for none.
    var share: String?
    var devices: [String: DeviceSettings]
    /// The MQTT client id; `nil` for `tallywire-NAME`.
    var clientId: String?
    var sessionExpiry: Duration
    var keepAlive: Duration
    var receiveMaximum: Int
    var payloadLimit: ByteSize
    var lineLimit: Int
    /// The topic of statuses: `nil` for the one that belongs to the scan topic, empty for none.
    var statusTopic: String?
    var clockSkew: Duration
    var answers: ReplyRule
    /// Where replies may be asked for; `nil` for the topics below the device's own level of the scan topic.
    var responses: [String]?
    /// What becomes of a scan that takes more units than are known to be there.
    var negative: NegativeRule
    var undo = Duration.seconds(60)
    var mode = ModeOptions()
}

extension ScannerOptions {
    /// The source that these options describe. Throws ``OptionError`` with the option that is not valid.
    func source(reconnect: ReconnectPolicy = ReconnectPolicy()) throws -> MQTTScanners {
        func topic(_ template: String, _ option: String) throws(OptionError) -> ScanTopic {
            do throws(ScanTopic.Mistake) { return try ScanTopic(template: template) } catch {
                throw OptionError(option, message: error.description)
            }
        }
        try validateConnection()
        if let problem = DeviceSettingsTable.problem(with: devices.keys) { throw OptionError("devices", message: problem) }
        let scans = try topic(self.topic, "topic")
        let template = statusTopic ?? scans.statusTemplate
        let statuses = template.isEmpty ? nil : try topic(template, "statusTopic")
        for (index, pattern) in (responses ?? []).enumerated() {
            guard let problem = ResponseTopics.problem(pattern, reserved: []) else { continue }
            throw OptionError("responses", String(index), message: problem)
        }
        guard statuses != scans else { throw OptionError("statusTopic", message: "the topic of statuses is that of scans") }
        return MQTTScanners(self, topic: scans, statuses: statuses, reconnect: reconnect)
    }
}

extension SourceType {
    /// `mqtt-scanners`: barcode scanners that publish over MQTT. Each scan is applied once, and gets its reply once it is on disk.
    public static let mqttScanners = SourceType(
        "mqtt-scanners", summary: "Takes movements from barcode scanners over MQTT, and answers each once it is on disk.",
        placements: [.leader], schema: ScannerOptions.schema, options: ScannerOptions.self, messaging: .scanners,
        topics: { try $0.topics(of: $1) },
        problems: { $0.problems(beside: $1) }, brokerRules: { try ScannerTopics.rules($0) }, scanTopic: { $0["topic"]?.string },
        probe: { options, _ in await options.problems() },
        make: { try $0.source() })
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
                "receiveMaximum", .integer(1...8192), default: 8000,
                "How many scans may wait for their acknowledgement at once; with three quarters of it reading pauses until all are answered."
            ),
            .optional("payloadLimit", .size(.kibibytes(1) ... .mebibytes(16)), default: "64KiB", "The largest payload of a scan."),
            .optional("lineLimit", .integer(1...1000), default: 1000, "How many scans a message may hold."),
            .optional(
                "statusTopic", .string(limit: 1024, .anything),
                "Where devices say whether they are there. Default: the scan topic with status as its last level; an empty one for nowhere.",
                isEndpoint: true),
            .optional(
                "answers", .choice(ReplyRule.allCases.map(\.rawValue)), default: "always",
                "Which scans are answered: always, or those alone that name a response topic or have a display (asked)."),
            .optional(
                "clockSkew", .duration(.zero...TimeRules.largestClockSkew), default: "5m",
                "How far a device's clock may be ahead of the server's before its scans are refused."),
            .optional(
                "undo", .duration(.zero...Limits.longestUndo), default: "60s",
                "How long after a scan the control code TW:UNDO takes it back; 0s for never."),
            .optional("mode", .object(modeSchema(default: "10m")), default: [:], "What ends the modes that control codes begin."),
            .optional(
                "responses", .list(.string(limit: 1024), count: 0...16),
                "Where a scan may ask to be answered (MQTT 5): topics with {device}, + and #. Default: scanners/{device}/# for the scan topic scanners/{device}/scan."
            ),
            .optional(
                "negative", .choice(NegativeRule.allCases.map(\.rawValue)), default: "refuse",
                "A scan that subtracts more than is known to be there: it is applied, and what is on hand falls below 0 (allow), or it is refused."
            ),
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
        .optional("operation", .choice(Operation.ofLines.map(\.rawValue)), "What a scan does."),
        .optional("location", .string(limit: 32), "Where; for a transfer, where from."),
        .optional("to", .string(limit: 32), "Where to, for a transfer."),
        .optional("reason", .string(limit: 200), "Why."),
        .optional("quantity", .integer(0...1_000_000_000), "How many at a time. Default: 1."),
        .optional(
            "payload", .oneOf([.choice(PayloadFormat.words.map(\.word)), .object(fieldsSchema)]),
            "How the device writes: a known family, or where in its JSON things stand. Default: auto, by the payload's shape."),
        .optional("codes", .object(codesSchema), "What the device does to the codes that it reads."),
        .optional(
            "bounce", .duration(.milliseconds(10) ... .seconds(60)),
            "Within this time the same code from the same device is the same scan. Default: each scan counts."),
        .optional(
            "tagWindow", .duration(.seconds(1) ... .seconds(86_400)),
            "An RFID tag counts again when it was out of sight for so long. Default: 10m."),
        .optional(
            "gateway", .bool,
            "Whether it speaks for other devices: only then a device's name in its payload is believed. Default: no, the topic says who it is."
        ),
        .optional(
            "negative", .choice(NegativeRule.allCases.map(\.rawValue)),
            "Whether its scans may subtract more than is known to be there. Default: the entry's."),
        .optional("undo", .duration(.zero...Limits.longestUndo), "As undo of the entry."),
        .optional("mode", .object(modeSchema(default: nil)), "As mode of the entry."),
        .optional("feedback", .object(feedbackSchema), "How a ProGlove scanner's worker is told what became of a scan."),
    ])

    private static func modeSchema(default time: ConfigurationValue?) -> OptionSchema {
        OptionSchema([
            .optional(
                "idle", .duration(.seconds(1) ... .seconds(7 * 86_400)), default: time,
                "After this time without a scan, a device's scans mean again what its settings say.")
        ])
    }

    private static let fieldsSchema = OptionSchema([
        .required("code", .string(), "JSON pointer to the code, such as /data/barcode."),
        .optional("items", .string(), "JSON pointer to an array of reads; the others then start at each of them."),
        .optional("id", .string(), "JSON pointer to the scan's id."),
        .optional("quantity", .string(), "JSON pointer to how many."),
        .optional("time", .string(), "JSON pointer to when: RFC 3339, or seconds or milliseconds since 1970."),
        .optional("device", .string(), "JSON pointer to the device's name, from the message's beginning."),
        .optional("tags", .bool, default: false, "Whether the codes are RFID tags' EPCs in hexadecimal."),
    ])

    private static let codesSchema = OptionSchema([
        .optional("separator", .string(limit: 16), "What the device sends in place of GS, such as | or {GS}."),
        .optional("prefix", .string(limit: 16), "What it sends before each code."),
        .optional("suffix", .string(limit: 16), "What it sends behind each code."),
        .optional(
            "elementStrings", .choice(["auto", "always", "never"]),
            "Whether codes are GS1 element strings: by their AIM prefix, a GS or brackets (auto), all but plain GTINs (always), never."
        ),
        .optional("dropsZeros", .bool, "Whether the device drops leading zeros."),
    ])

    private static let feedbackSchema = OptionSchema([
        .required(
            "topic", .string(), "Where the gateway listens, with {gateway}, {device} and {event}: main/gateway/{gateway}/{event}.",
            isEndpoint: true),
        .optional("applied", .string(limit: 40), default: "Booked", "What the display says of a scan that was applied."),
        .optional("left", .string(limit: 40), default: "Left", "What it says before the stock."),
        .optional("repeated", .string(limit: 40), default: "Booked before", "What it says of a repeat."),
        .optional("rejected", .string(limit: 40), default: "Not booked", "What it says of a refusal."),
    ])
}

extension ScannerOptions {
    /// What `check --connect` finds: whether scans can be subscribed to, and whether a reply can be published, to a scanner of a
    /// name that no device has.
    func problems() async -> [OptionError] {
        do {
            let topic = try ScanTopic(template: topic)
            let scans = topic.filter(sharedBy: share)
            let template = statusTopic ?? topic.statusTemplate
            let statuses = template.isEmpty ? nil : try ScanTopic(template: template).filter
            let replies = topic.replyTopic(forScansOn: topic.example(of: "tallywire-check"))
            return await
                (try BrokerProbe(
                    self,
                    subscriptions: [.init(scans, option: "topic")]
                        + (statuses.map { [.init($0, option: "statusTopic")] } ?? []),
                    publications: replies.map { [.init($0, option: "topic")] } ?? [])).problems()
        } catch let mistake as ScanTopic.Mistake {
            return [OptionError("topic", message: mistake.description)]
        } catch {
            return [error as? OptionError ?? OptionError("broker", message: "\(error)")]
        }
    }
}

extension ScannerOptions {
    /// The topics of an entry: for scans, statuses and replies, and those to which gateways subscribe.
    func topics(of name: String) throws -> [TopicUse] {
        let scans = try ScanTopic(template: topic)
        let template = statusTopic ?? scans.statusTemplate
        var uses = [
            TopicUse(filter: scans.filter, kind: .devices, purpose: "where “\(name)” takes scans"),
            TopicUse(filter: scans.replyFilter, kind: .answers, purpose: "where “\(name)” answers scans"),
        ]
        if !template.isEmpty {
            uses.append(
                TopicUse(
                    filter: try ScanTopic(template: template).filter, kind: .devices,
                    purpose: "where the devices of “\(name)” say that they are there"))
        }
        for feedback in Set(devices.values.compactMap { $0.feedback?.topic.filter }).sorted() {
            uses.append(TopicUse(filter: feedback, purpose: "where “\(name)” tells gateways what became of a scan"))
        }
        return uses
    }

    /// The patterns in ``responses`` that match topics with another meaning.
    func problems(beside topics: [TopicUse]) -> [OptionError] {
        (responses ?? []).enumerated().compactMap { index, pattern in
            ResponseTopics.problem(pattern, reserved: topics).map { OptionError("responses", String(index), message: $0) }
        }
    }

    /// The topics on which scans may ask for their replies, given the topics of all entries.
    func responseTopics(of scans: ScanTopic, statuses: ScanTopic?, beside topics: [TopicUse]) -> ResponseTopics {
        let others = topics.filter { $0.kind != .answers }.map(\.filter)
        let reserved = Set([scans.filter] + (statuses.map { [$0.filter] } ?? []) + others).sorted()
        guard let responses else { return ResponseTopics(of: scans, reserved: reserved) }
        return ResponseTopics(patterns: responses, reserved: reserved)
    }
}
