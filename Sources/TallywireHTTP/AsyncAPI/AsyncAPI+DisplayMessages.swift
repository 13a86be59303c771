import TallywireCore

extension AsyncAPI {
    /// The messages to and from shelf displays, and the server's status.
    static let displayMessages = [
        Message(
            id: "display", summary: "What a display shows. Keep the highest `version`.", payload: reference("DisplayContent"),
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
                "type": "object", "properties": ["version": OpenAPI.count], "required": ["version"],
            ],
            examples: [.init("shown", ["version": 57])]),
        Message(
            id: "serverStatus", summary: "Whether the sink `mqtt` is connected.",
            payload: OpenAPI.object([
                ("status", OpenAPI.words(["online", "offline"])), ("epoch", epoch), ("version", ["type": "string"]),
            ]),
            examples: [
                .init("online", ["status": "online", "epoch": exampleEpoch, "version": "0.1.0"]),
                .init("last will", ["status": "offline", "epoch": exampleEpoch, "version": "0.1.0"]),
            ]),
        Message(
            id: "marker", summary: "Comes back to its sender, who then has all that the broker retains.", contentType: Message.text,
            payload: ["type": "string", "minLength": 1], examples: [.init("marker", "5B0E8C6E-8B0A-4B43-9E0F-6B1C6B6C7E57")]),
    ]

    /// Schemas that are of WebSocket and MQTT alone.
    static let schemas: [(String, JSONValue)] =
        [
            ("Scan", scan),
            ("DisplayContent", displayContent),
            ("CloudEvent", cloudEvent),
            ("ShownItem", ["oneOf": [shownItem, removedItem]]),
        ] + answerSchemas

    /// `stock` is that of the display's location, `total` that of all locations that sell.
    private static let displayContent = OpenAPI.object([
        ("sku", OpenAPI.sku), ("name", OpenAPI.name), ("stock", OpenAPI.count), ("total", OpenAPI.count), ("price", OpenAPI.price),
        ("status", reference("ProductStatus")), ("level", reference("StockLevel")), ("version", OpenAPI.count),
        ("seq", OpenAPI.count), ("timestamp", OpenAPI.timestamp),
    ])

    /// A variant's values as a room shows them: stock in units or in bands, and maybe fewer members.
    private static let shownItem = OpenAPI.object(
        [
            ("productId", OpenAPI.id), ("variantId", OpenAPI.variantID), ("sku", OpenAPI.sku), ("name", OpenAPI.name),
            ("stock", ["oneOf": [OpenAPI.count, OpenAPI.words(["out", "few", "in stock"])]]), ("stockAtMost", OpenAPI.count),
            ("stockMoreThan", OpenAPI.count), ("price", OpenAPI.price), ("status", reference("ProductStatus")),
            ("level", reference("StockLevel")), ("version", OpenAPI.count),
        ], optional: ["sku", "name", "stock", "stockAtMost", "stockMoreThan", "price", "status", "level"])

    private static let removedItem = OpenAPI.object(
        [
            ("productId", OpenAPI.id), ("variantId", OpenAPI.variantID), ("sku", OpenAPI.sku), ("removed", ["const": true]),
        ], optional: ["sku"])
}
