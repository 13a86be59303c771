import TallywireCore
import TallywirePipeline

extension Messaging {
    /// The messages of the sink `nats`.
    static let nats = Messaging(
        servers: [natsServer],
        channels: [
            natsSubject(
                "natsEvents", "What happened.",
                "In a stream of JetStream, in order, each at least once. `Nats-Msg-Id` recognizes one that comes again.", natsEvents
            ),
            natsSubject(
                "natsCloudEvents", "What happened, as CloudEvents.",
                "Where the entry of plugins.json has `payload` `cloudevents` or `cloudevents-binary`.", natsCloudEvents),
        ],
        operations: [
            Operation(
                id: "publishToStream", action: .send, channel: "natsEvents", summary: "Says what happened.",
                messages: natsEvents.map(\.id)),
            Operation(
                id: "publishCloudEventToStream", action: .send, channel: "natsCloudEvents",
                summary: "Says what happened, as a CloudEvent.", messages: natsCloudEvents.map(\.id)),
        ],
        messages: natsEvents + natsCloudEvents, schemas: [cloudEvent])

    private static let natsServer = Server(
        "nats",
        security: SecurityScheme(
            "natsLogin",
            [
                "type": "userPassword",
                "description": "What the server asks for, if it does; also a token, or a file of credentials.",
            ]),
        [
            "host": "{nats}", "protocol": "nats",
            "description": "The NATS server with JetStream that `sinks` in plugins.json name.",
            "variables": ["nats": ["default": "127.0.0.1:4222", "description": "The server's host and port."]],
        ])

    private static func natsSubject(_ id: String, _ summary: String, _ description: String, _ messages: [Message]) -> Channel {
        Channel(
            id: id, address: "tallywire.events.{event}", summary: summary, description: description, servers: [natsServer.id],
            parameters: [
                (
                    "event",
                    ["description": "The event's type.", "enum": .array(EventType.allCases.map { .string($0.rawValue) })]
                )
            ], messages: messages.map(\.id))
    }

    /// Events in the journal's form.
    private static let natsEvents = Event.bodies.map { body in
        natsMessage(
            body.schema.messageID, body.schema.summary, payload: JSONSchema.reference(body.schema.name),
            example: .init(
                body.schema.types[0].rawValue, body.exampleEvent,
                headers: natsHeaderExamples(1042, [("Content-Type", .string(CloudEvent.dataType))])),
            headers: [("Content-Type", ["const": .string(CloudEvent.dataType)])])
    }

    private static let natsCloudEvents = [
        natsMessage(
            "cloudEvent", "An event as a CloudEvent 1.0 in structured mode.", contentType: CloudEvent.structuredType,
            payload: JSONSchema.reference(cloudEvent.name),
            example: .init(
                "structured", .members(cloudAttributes + [("datacontenttype", "application/json"), ("data", cloudData)]),
                headers: natsHeaderExamples(1044, [("Content-Type", .string(CloudEvent.structuredType))])),
            headers: [("Content-Type", ["const": .string(CloudEvent.structuredType)])]),
        natsMessage(
            "cloudEventData", "An event as a CloudEvent 1.0 in binary mode: its `data`, and the attributes as headers.",
            payload: cloudEventData,
            example: .init("binary", cloudData, headers: natsHeaderExamples(1044, prefixed(cloudAttributes + [dataType]))),
            headers: prefixed(cloudContext) + [("ce-datacontenttype", ["const": "application/json"])], optional: ["ce-subject"]),
    ]

    private static let dataType: (String, JSONValue) = ("datacontenttype", .string(CloudEvent.dataType))

    private static func prefixed(_ attributes: [(String, JSONValue)]) -> [(String, JSONValue)] {
        attributes.map { ("ce-\($0.0)", $0.1) }
    }

    private static func natsMessage(
        _ id: String, _ summary: String, contentType: String = Message.json, payload: JSONValue, example: Message.Example,
        headers: [(String, JSONValue)], optional: Set<String> = []
    ) -> Message {
        Message(
            id: id + "InNATS", summary: summary, contentType: contentType, payload: payload,
            headers: JSONSchema.object(natsHeaders + headers, optional: optional.union([EventMessage.Header.lastID])),
            examples: [example])
    }

    /// The headers of every message. The last two say after which message it stands.
    private static let natsHeaders: [(String, JSONValue)] = [
        (EventMessage.Header.id, ["type": "string", "description": "EPOCH:SEQ"]),
        (EventMessage.Header.stream, ["type": "string", "description": "The stream."]),
        (EventMessage.Header.sink, ["type": "string", "description": "The entry's name in plugins.json."]),
        (EventMessage.Header.lastID, ["type": "string", "description": "The `Nats-Msg-Id` of the message before."]),
        (EventMessage.Header.lastSequence, ["type": "string", "description": "The number of the message before."]),
    ]

    private static func natsHeaderExamples(_ seq: Int, _ more: [(String, JSONValue)]) -> JSONValue {
        let epoch = exampleEpoch.string ?? ""
        return .members(
            [
                (EventMessage.Header.id, .string("\(epoch):\(seq)")), (EventMessage.Header.stream, "STOCK"),
                (EventMessage.Header.sink, "nats"), (EventMessage.Header.lastSequence, "7"),
                (EventMessage.Header.lastID, .string("\(epoch):\(seq - 1)")),
            ] + more)
    }
}
