import TallywireCore

extension AsyncAPI {
    /// Events in topics: in the journal's form, or as CloudEvents.
    static let eventMessages: [Message] =
        Event.bodies.map { body in
            Message(
                id: body.schema.messageID, summary: body.schema.summary, payload: reference(body.schema.name),
                examples: [.init(body.schema.types[0].rawValue, example(of: body))])
        } + [
            Message(
                id: "cloudEvent", summary: "An event as a CloudEvent 1.0 in structured mode.",
                contentType: "application/cloudevents+json; charset=utf-8", payload: reference("CloudEvent"),
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
                headers: OpenAPI.object(cloudContext, optional: ["subject"]),
                examples: [.init("binary", exampleStatus, headers: .members(cloudAttributes))]),
        ]

    /// Events in rooms. A room may show fewer members, and merges events for a client that reads slowly.
    static let roomEventMessages = Event.bodies.map { body in
        Message(
            id: body.schema.roomMessageID, summary: body.schema.summary, payload: body.schema.shown,
            examples: body.schema.types == [.inventoryUpdated]
                ? [.init("inventory_updated", example(of: body)), .init("in bands, merged", exampleInBands)]
                : [.init(body.schema.types[0].rawValue, example(of: body))])
    }

    private static func example(of body: (some EventBody).Type) -> JSONValue {
        var json = JSONWriter()
        json.object { body.example.writeMembers(to: &$0) }
        let data = (try? JSONReader.value(of: json.bytes)) ?? [:]
        return ["type": .string(body.example.type.rawValue), "seq": 1042, "timestamp": AsyncAPI.exampleTime]
            + ["data": data + ["timestamp": AsyncAPI.exampleTime]]
    }

    static let cloudEvent = OpenAPI.object(
        cloudContext + [("datacontenttype", ["const": "application/json"]), ("data", ["type": "object"])], optional: ["subject"])

    private static let cloudContext: [(String, JSONValue)] = [
        ("specversion", ["const": "1.0"]), ("id", ["type": "string", "description": "EPOCH:SEQ"]),
        ("source", ["type": "string", "description": "A URI reference that says which journal it is of."]),
        ("type", ["type": "string", "description": "The event's type, behind `cloudEvents.typePrefix`."]),
        ("subject", ["type": "string", "description": "The SKU, the product or the location."]), ("time", OpenAPI.timestamp),
    ]

    private static let cloudAttributes: [(String, JSONValue)] = [
        ("specversion", "1.0"), ("id", "ca451159-bd30-453b-af2f-c9b2c33073c6:1044"),
        ("source", "/tallywire/ca451159-bd30-453b-af2f-c9b2c33073c6"), ("type", "product_status_changed"), ("subject", "1"),
        ("time", exampleTime),
    ]

    private static let exampleStatus: JSONValue = [
        "productId": 1, "status": "inactive", "previousStatus": "active", "timestamp": exampleTime,
    ]

    private static let exampleInBands: JSONValue = [
        "type": "inventory_updated", "seq": 1042, "conflated": 3, "timestamp": exampleTime,
        "data": ["productId": 1, "variantId": 11, "sku": "TEE-RED-M", "stock": "few", "stockAtMost": 5, "version": 57],
    ]

    static let exampleTime: JSONValue = "2026-11-22T16:40:00.123Z"
}

extension EventSchema {
    /// Such as `inventoryUpdated`.
    var messageID: String { name.prefix(1).lowercased() + name.dropFirst() }
    /// Such as `inventoryUpdatedInRoom`.
    var roomMessageID: String { messageID + "InRoom" }

    /// The event as a room shows it: any part of `data` but what tells which value it is and whether it is newer, stock maybe in bands.
    fileprivate var shown: JSONValue {
        let identity: Set<String> = ["productId", "variantId", "version"]
        let hasStock = members.contains { $0.name == "stock" }
        let bands: JSONValue = [
            "oneOf": [OpenAPI.count, OpenAPI.words(["out", "few", "in stock"])],
            "description": "Units, or a band in rooms that show bands.",
        ]
        let shown = members.map { ($0.name, $0.name == "stock" ? bands : $0.kind.tree) }
        let edges: [(String, JSONValue)] = hasStock ? [("stockAtMost", OpenAPI.count), ("stockMoreThan", OpenAPI.count)] : []
        let required = Set(members.map(\.name)).intersection(identity).subtracting(optional)
        let data = OpenAPI.object(shown + edges, optional: Set((shown + edges).map(\.0)).subtracting(required))
        guard types == [.inventoryUpdated] else { return tree(data: data) }
        let conflated: JSONValue = ["type": "integer", "minimum": 1, "description": "How many earlier changes are merged into it."]
        return tree(data: data, extra: [("conflated", conflated)])
    }
}
