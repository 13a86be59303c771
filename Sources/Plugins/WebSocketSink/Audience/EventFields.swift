/// The members that an event's `data`, or an item of a snapshot, may have.
enum EventFields {
    static let names = [
        // Changes of stock and price, and items, whose name is `name`.
        "productId", "variantId", "sku", "variantName", "name", "stock", "previousStock", "totalProductStock", "operation",
        "quantity",
        "reason", "reference", "price", "previousPrice", "ownPrice", "status", "previousStatus", "level", "location",
        "locationStock",
        "version",
        "source", "movementId", "occurredAt", "timestamp", "batch", "serial", "expiry",
        // Alerts.
        "stockLevel", "previousLevel", "threshold", "message", "alertSeq", "by", "note",
        // The catalogue.
        "change", "values",
        // Devices, displays, serial numbers, messages that were set aside.
        "device", "lastSeen", "sink", "wantedVersion", "shownVersion", "previousSeq", "topic", "file",
    ]
}
