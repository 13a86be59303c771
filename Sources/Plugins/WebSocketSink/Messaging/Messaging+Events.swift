import TallywireCore
import TallywirePipeline

extension Messaging {
    /// Events in rooms. A room may show fewer members, and merges events for a client that reads slowly.
    static let roomEventMessages = Event.bodies.map { body in
        Message(
            id: body.schema.roomMessageID, summary: body.schema.summary, payload: body.schema.shown,
            examples: body.schema.types == [.inventoryUpdated]
                ? [.init("inventory_updated", body.exampleEvent), .init("in bands, merged", exampleInBands)]
                : [.init(body.schema.types[0].rawValue, body.exampleEvent)])
    }

    private static let exampleInBands: JSONValue = [
        "type": "inventory_updated", "seq": 1042, "conflated": 3, "timestamp": exampleTime,
        "data": ["productId": 1, "variantId": 11, "sku": "TEE-RED-M", "stock": "few", "stockAtMost": 5, "version": 57],
    ]
}

extension EventSchema {
    /// Such as `inventoryUpdatedInRoom`.
    var roomMessageID: String { messageID + "InRoom" }

    /// The event as a room shows it: any part of `data` but what tells which value it is and whether it is newer, stock maybe in bands.
    fileprivate var shown: JSONValue {
        let identity: Set<String> = ["productId", "variantId", "version"]
        let hasStock = members.contains { $0.name == "stock" }
        let bands: JSONValue = [
            "oneOf": [JSONSchema.count, JSONSchema.words(["out", "few", "in stock"])],
            "description": "Units, or a band in rooms that show bands.",
        ]
        let shown = members.map { ($0.name, $0.name == "stock" ? bands : $0.kind.tree) }
        let edges: [(String, JSONValue)] = hasStock ? [("stockAtMost", JSONSchema.count), ("stockMoreThan", JSONSchema.count)] : []
        let required = Set(members.map(\.name)).intersection(identity).subtracting(optional)
        let data = JSONSchema.object(shown + edges, optional: Set((shown + edges).map(\.0)).subtracting(required))
        guard types == [.inventoryUpdated] else { return tree(data: data) }
        let conflated: JSONValue = ["type": "integer", "minimum": 1, "description": "How many earlier changes are merged into it."]
        return tree(data: data, extra: [("conflated", conflated)])
    }
}
