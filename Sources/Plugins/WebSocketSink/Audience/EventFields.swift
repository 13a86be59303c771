/// The members that an event's `data` may have, as the contract names them.
enum EventFields {
    static let names = [
        "productId", "variantId", "sku", "variantName", "stock", "previousStock", "totalProductStock", "operation", "quantity",
        "reason",
        "reference", "price", "previousPrice", "status", "previousStatus", "level", "location", "locationStock", "version",
        "source",
        "movementId", "occurredAt", "timestamp", "stockLevel", "previousLevel", "threshold", "message", "change", "values",
    ]
}
