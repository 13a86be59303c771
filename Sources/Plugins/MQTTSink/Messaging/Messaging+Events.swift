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
                        .members(cloudAttributes + [("datacontenttype", "application/json"), ("data", exampleStatus)]))
                ]),
            Message(
                id: "cloudEventData",
                summary:
                    "An event as a CloudEvent 1.0 in binary mode: its `data`, and the attributes as user properties of MQTT 5.",
                payload: ["type": "object", "required": ["timestamp"], "not": ["required": ["specversion"]]],
                headers: JSONSchema.object(cloudContext, optional: ["subject"]),
                examples: [.init("binary", exampleStatus, headers: .members(cloudAttributes))]),
        ]

    static let cloudEvent = JSONSchema.object(
        cloudContext + [("datacontenttype", ["const": "application/json"]), ("data", ["type": "object"])], optional: ["subject"])

    private static let cloudContext: [(String, JSONValue)] = [
        ("specversion", ["const": "1.0"]), ("id", ["type": "string", "description": "EPOCH:SEQ"]),
        ("source", ["type": "string", "description": "A URI reference that says which journal it is of."]),
        ("type", ["type": "string", "description": "The event's type, behind `cloudEvents.typePrefix`."]),
        ("subject", ["type": "string", "description": "The SKU, the product or the location."]), ("time", JSONSchema.timestamp),
    ]

    private static let cloudAttributes: [(String, JSONValue)] = [
        ("specversion", "1.0"), ("id", "ca451159-bd30-453b-af2f-c9b2c33073c6:1044"),
        ("source", "/tallywire/ca451159-bd30-453b-af2f-c9b2c33073c6"), ("type", "product_status_changed"), ("subject", "1"),
        ("time", exampleTime),
    ]

    private static let exampleStatus: JSONValue = [
        "productId": 1, "status": "inactive", "previousStatus": "active", "timestamp": exampleTime,
    ]
}
