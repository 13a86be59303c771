import MQTTConnection
import TallywireCore
import TallywirePipeline

extension Messaging {
    /// The messages of the sink `mqtt`.
    static let publications = Messaging(
        servers: [broker], channels: publicationChannels, operations: publicationOperations,
        messages: displayMessages + eventMessages,
        schemas: [("DisplayContent", displayContent), cloudEvent])

    private static let publicationChannels = [
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

    private static let publicationOperations = [
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

    private static let location: Parameter = ("location", ["description": "The location's code."])
    private static let sku: Parameter = ("sku", ["description": "The variant's SKU."])
    private static let event: Parameter = (
        "event", ["description": "The event's type.", "enum": .array(EventType.allCases.map { .string($0.rawValue) })]
    )
}
