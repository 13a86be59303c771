import TallywireCore

extension AsyncAPI {
    /// The topics of the standard configuration.
    static let mqttChannels = [
        topic(
            "scan", "scanners/{device}/scan", "Scans. Retained messages are no scans, and are ignored.", [device],
            scanMessages.map(\.id)),
        Channel(
            id: "scanResponse", address: nil, summary: "The response topic that a scan names (MQTT 5).", servers: ["broker"],
            messages: ["scanAnswer"]),
        topic(
            "scanAck", "scanners/{device}/ack", "Answers to scans that name no response topic.", [device], ["scanAnswer"],
            "Not with `answers` `asked`. A ProGlove scanner whose settings have `feedback` is answered on its display instead."),
        topic(
            "scannerStatus", "scanners/{device}/status", "Whether scanners are there.", [device],
            ["scannerStatusWord", "scannerStatus"], "Retained; `offline` is the scanner's last will."),
        topic(
            "display", "displays/{location}/{sku}", "What shelf displays show.", [location, sku], ["display", "displayRemoved"],
            "Retained. A rule of plugins.json may choose the fields, or make a text of them."),
        topic(
            "displayShown", "displays/{location}/{sku}/shown", "What shelf displays confirm that they show.", [location, sku],
            ["displayShown"]),
        topic("events", "events/{event}", "What happened.", [event], Event.schemas.map(\.messageID)),
        topic(
            "cloudEvents", "events/{event}", "What happened, as CloudEvents.", [event], ["cloudEvent", "cloudEventData"],
            "Where a rule of plugins.json has `payload` `cloudevents` or `cloudevents-binary`."),
        topic("serverStatus", "tallywire/status", "Whether the server is there.", [], ["serverStatus"]),
        topic(
            "marker", "tallywire/status/marker", "How the server knows that it has read all that the broker retains.", [],
            ["marker"], "For the server itself: nobody else has to read it."),
    ]

    static let mqttOperations = [
        Operation(
            id: "receiveScan", action: .receive, channel: "scan", summary: "Books a scan, once.", messages: scanMessages.map(\.id),
            reply: Operation.Reply(
                channel: "scanResponse", messages: ["scanAnswer"], address: "$message.header#/responseTopic"),
            bindings: delivery()),
        publishes("answerScan", "scanAck", "Answers a scan that names no response topic.", ["scanAnswer"]),
        Operation(
            id: "receiveScannerStatus", action: .receive, channel: "scannerStatus", summary: "Notes whether a scanner is there.",
            messages: ["scannerStatusWord", "scannerStatus"], bindings: delivery(retain: true)),
        publishes(
            "updateDisplay", "display", "Says what a display shows, and puts right what the broker holds wrongly.",
            ["display", "displayRemoved"], retain: true),
        Operation(
            id: "receiveDisplayShown", action: .receive, channel: "displayShown", summary: "Notes what a display shows.",
            messages: ["displayShown"], bindings: delivery()),
        publishes("publishEvent", "events", "Says what happened.", Event.schemas.map(\.messageID)),
        publishes("publishCloudEvent", "cloudEvents", "Says what happened, as a CloudEvent.", ["cloudEvent", "cloudEventData"]),
        publishes(
            "publishStatus", "serverStatus", "Says `online` when it connects; `offline` is its farewell and its last will.",
            ["serverStatus"], retain: true),
        publishes("publishMarker", "marker", "Marks the end of what the broker retains, when displays are compared.", ["marker"]),
    ]

    private typealias Parameter = (name: String, value: JSONValue)
    private static let device: Parameter = ("device", ["description": "The scanner's name."])
    private static let location: Parameter = ("location", ["description": "The location's code."])
    private static let sku: Parameter = ("sku", ["description": "The variant's SKU."])
    private static let event: Parameter = (
        "event", ["description": "The event's type.", "enum": .array(EventType.allCases.map { .string($0.rawValue) })]
    )

    private static func topic(
        _ id: String, _ address: String, _ summary: String, _ parameters: [Parameter], _ messages: [String],
        _ description: String? = nil
    ) -> Channel {
        Channel(
            id: id, address: address, summary: summary, description: description, servers: ["broker"], parameters: parameters,
            messages: messages)
    }

    private static func publishes(
        _ id: String, _ channel: String, _ summary: String, _ messages: [String], retain: Bool = false
    ) -> Operation {
        Operation(
            id: id, action: .send, channel: channel, summary: summary, messages: messages, bindings: delivery(retain: retain))
    }

    private static func delivery(retain: Bool = false) -> JSONValue {
        ["mqtt": ["qos": 1, "retain": .bool(retain), "bindingVersion": "0.2.0"]]
    }
}
