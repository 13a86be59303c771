import TallywireCore
import TallywirePipeline

extension Messaging {
    /// The messages to and from shelf displays, and the server's status.
    static let displayMessages = [
        Message(
            id: "display", summary: "What a display shows. Keep the highest `version`.",
            payload: JSONSchema.reference("DisplayContent"),
            examples: [
                .init(
                    "display",
                    [
                        "sku": "TEE-RED-M", "name": "Red / M", "stock": 42, "total": 52, "price": 19.99, "status": "active",
                        "level": "ok", "version": 57, "seq": 1042, "timestamp": exampleTime,
                    ])
            ]),
        Message(
            id: "displayRemoved", summary: "An empty payload: the item is gone.", contentType: Message.text,
            payload: ["type": "string", "maxLength": 0], examples: [.init("removed", "")]),
        Message(
            id: "displayShown", summary: "The version that a display shows; other members are passed over.",
            payload: [
                "type": "object", "properties": ["version": JSONSchema.count], "required": ["version"],
            ],
            examples: [.init("shown", ["version": 57])]),
        Message(
            id: "serverStatus", summary: "Whether the sink `mqtt` is connected.",
            payload: JSONSchema.object([
                ("status", JSONSchema.words(["online", "offline"])), ("epoch", epoch), ("version", ["type": "string"]),
            ]),
            examples: [
                .init("online", ["status": "online", "epoch": exampleEpoch, "version": "0.1.0"]),
                .init("last will", ["status": "offline", "epoch": exampleEpoch, "version": "0.1.0"]),
            ]),
        Message(
            id: "marker", summary: "Comes back to its sender, who then has all that the broker retains.", contentType: Message.text,
            payload: ["type": "string", "minLength": 1], examples: [.init("marker", "5B0E8C6E-8B0A-4B43-9E0F-6B1C6B6C7E57")]),
    ]

    /// `stock` is that of the display's location, `total` that of all locations that sell.
    static let displayContent = JSONSchema.object([
        ("sku", JSONSchema.sku), ("name", JSONSchema.name), ("stock", JSONSchema.count), ("total", JSONSchema.count),
        ("price", JSONSchema.price),
        ("status", JSONSchema.reference("ProductStatus")), ("level", JSONSchema.reference("StockLevel")),
        ("version", JSONSchema.count),
        ("seq", JSONSchema.count), ("timestamp", JSONSchema.timestamp),
    ])
}
