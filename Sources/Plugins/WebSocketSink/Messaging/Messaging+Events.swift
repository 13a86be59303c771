import RoomHub
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

    /// The event as a room shows it, with how many earlier changes are merged into it.
    fileprivate var shown: JSONValue {
        guard types == [.inventoryUpdated] else { return tree(data: shownData) }
        return tree(data: shownData, extra: [("conflated", EventSchema.conflated)])
    }
}
