import TallywireCore
import TallywirePipeline

extension Messaging {
    /// Events in topics: in the journal's form, or as CloudEvents.
    static let eventMessages: [Message] =
        Event.bodies.map { body in
            Message(
                id: body.schema.messageID, summary: body.schema.summary, payload: JSONSchema.reference(body.schema.name),
                examples: [.init(body.schema.types[0].rawValue, body.exampleEvent)])
        } + [
            Message(
                id: "cloudEvent", summary: "An event as a CloudEvent 1.0 in structured mode.",
                contentType: "application/cloudevents+json; charset=utf-8", payload: JSONSchema.reference("CloudEvent"),
                examples: [
                    .init(
                        "structured",
                        .members(cloudAttributes + [("datacontenttype", "application/json"), ("data", cloudData)]))
                ]),
            Message(
                id: "cloudEventData",
                summary:
                    "An event as a CloudEvent 1.0 in binary mode: its `data`, and the attributes as user properties of MQTT 5.",
                payload: cloudEventData,
                headers: JSONSchema.object(cloudContext, optional: ["subject"]),
                examples: [.init("binary", cloudData, headers: .members(cloudAttributes))]),
        ]
}
