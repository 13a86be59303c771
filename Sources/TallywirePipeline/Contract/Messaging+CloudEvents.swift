import TallywireCore

/// What the descriptions of CloudEvents have in common, whatever carries them.
extension Messaging {
    /// The schema `CloudEvent`: the structured mode.
    package static let cloudEvent = (
        name: "CloudEvent",
        schema: JSONSchema.object(
            cloudContext + [("datacontenttype", ["const": "application/json"]), ("data", ["type": "object"])], optional: ["subject"]
        )
    )

    /// The schema of the data in binary mode, which is no CloudEvent by itself.
    package static let cloudEventData: JSONValue = [
        "type": "object", "required": ["timestamp"], "not": ["required": ["specversion"]],
    ]

    /// The context attributes that a protocol carries beside the data.
    package static let cloudContext: [(String, JSONValue)] = [
        ("specversion", ["const": "1.0"]), ("id", ["type": "string", "description": "EPOCH:SEQ"]),
        ("source", ["type": "string", "description": "A URI reference that says which journal it is of."]),
        ("type", ["type": "string", "description": "The event's type, behind `cloudEvents.typePrefix`."]),
        ("subject", ["type": "string", "description": "The SKU, the product or the location."]), ("time", JSONSchema.timestamp),
    ]

    /// The attributes of an example, and its data.
    package static let cloudAttributes: [(String, JSONValue)] = [
        ("specversion", "1.0"), ("id", "ca451159-bd30-453b-af2f-c9b2c33073c6:1044"),
        ("source", "/tallywire/ca451159-bd30-453b-af2f-c9b2c33073c6"), ("type", "product_status_changed"), ("subject", "1"),
        ("time", exampleTime),
    ]

    package static let cloudData: JSONValue = [
        "productId": 1, "status": "inactive", "previousStatus": "active", "timestamp": exampleTime,
    ]
}
