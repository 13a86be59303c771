import TallywireAccess
import TallywireCore

extension OpenAPI {
    /// What can stand in paths, queries and headers.
    static let parameters: [(String, JSONValue)] = [
        ("productId", path("id", "The product's id.", JSONSchema.id)),
        ("variantId", path("id", "The variant's id; a default variant has one too.", JSONSchema.id)),
        ("locationCode", path("code", "The location's code, in percent encoding.", JSONSchema.locationCode)),
        ("movementId", path("id", "The movement's id, in percent encoding.", JSONSchema.movementID)),
        (
            "ownerOfID",
            query(
                "device", "The device that gave the id, for an id that a device gave.", JSONSchema.key(DeviceName.length))
        ),
        ("sinkName", path("sink", "The sink's name in plugins.json.", ["type": "string", "minLength": 1, "maxLength": 64])),
        ("reservationId", path("id", "The reservation's id, in percent encoding.", JSONSchema.movementID)),
        (
            "reservationStatus",
            query("status", "Only reservations with this status.", JSONSchema.words(Reservation.Status.allCases.map(\.rawValue)))
        ),
        ("countId", path("id", "The count's id, in percent encoding.", JSONSchema.movementID)),
        (
            "countStatus",
            query("status", "Only counts with this status.", JSONSchema.words(StockCount.Status.allCases.map(\.rawValue)))
        ),
        ("reference", query("reference", "Only reservations with this reference.", ["type": "string"])),
        ("expiringBefore", query("expiringBefore", "Only reservations whose time ends before this.", JSONSchema.timestamp)),
        (
            "limit",
            query(
                "limit", "Items of the page.",
                [
                    "type": "integer", "minimum": 1, "maximum": .integer(Int64(HTTPLimits.largestPage)),
                    "default": .integer(Int64(HTTPLimits.page)),
                ])
        ),
        (
            "variantLimit",
            query(
                "limit", "Items of the page.",
                [
                    "type": "integer", "minimum": 1, "maximum": .integer(Int64(HTTPLimits.largestVariantPage)),
                    "default": .integer(Int64(HTTPLimits.page)),
                ])
        ),
        (
            "codeLimit",
            query(
                "limit", "Locations of the page; each has two codes.",
                [
                    "type": "integer", "minimum": 1, "maximum": .integer(Int64(HTTPLimits.largestCodePage)),
                    "default": .integer(Int64(HTTPLimits.page)),
                ])
        ),
        ("backupSeq", query("seq", "The last event of the backup.", JSONSchema.count)),
        (
            "backupPlace",
            query("place", "Where the backup is, for people.", ["type": "string", "minLength": 1, "maxLength": 1_024])
        ),
        ("alertSeq", path("seq", "The alert's `seq`, which is that of its `stock_alert`.", JSONSchema.id)),
        ("order", query("order", "`desc` begins with the newest.", JSONSchema.words(["asc", "desc"]))),
        ("variant", query("variant", "Only events of this variant, from the newest backwards.", JSONSchema.id)),
        ("from", query("from", "Only events from this time on, from the newest backwards.", JSONSchema.timestamp)),
        ("until", query("until", "Only events up to this time, from the newest backwards.", JSONSchema.timestamp)),
        (
            "cursor",
            query("cursor", "Where to go on: the `nextCursor` of the page before. Opaque.", ["type": "string", "maxLength": 512])
        ),
        (
            "search",
            query("search", "Only products whose name, or a variant's name or SKU, contains this, in any case.", ["type": "string"])
        ),
        ("sku", query("sku", "Only this SKU.", ["type": "string"])),
        ("location", query("location", "Only this location.", ["type": "string"])),
        (
            "at",
            query(
                "at", "As it was answered after the last event up to this time. Not together with `seq`.", JSONSchema.timestamp)
        ),
        (
            "seq",
            query(
                "seq", "As it was answered after this event. Not together with `at`.", ["type": "integer", "minimum": 0])
        ),
        ("after", query("after", "Only events after this `seq`.", ["type": "integer", "minimum": 0, "default": 0])),
        (
            "type",
            query(
                "type", "Only events of these types, with commas between them.",
                JSONSchema.list(of: JSONSchema.reference("EventType"), 1, 64))
                + ["style": "form", "explode": false]
        ),
        ("since", query("since", "Only events after this one: the `id` of an event, `EPOCH:SEQ`.", ["type": "string"])),
        ("source", query("source", "Only devices of this source.", ["type": "string"])),
        ("presence", query("presence", "Only devices in this state.", JSONSchema.words(["unknown", "online", "offline"]))),
        ("displayLocation", query("location", "Only displays at this location.", ["type": "string"])),
        ("stale", query("stale", "Only displays that are overdue, or that are not.", JSONSchema.flag)),
        (
            "lastEventId",
            [
                "name": "Last-Event-ID", "in": "header", "required": false, "schema": ["type": "string"],
                "description":
                    "The `id` of the last event that came: what browsers send when they come back. It goes before `since`.",
            ]
        ),
        (
            "idempotencyKey",
            [
                "name": "Idempotency-Key", "in": "header", "required": false, "schema": JSONSchema.movementID,
                "description": """
                The change's id. A repeat with the same id and meaning gets the first answer again; with another meaning it is \
                `idempotency_conflict`. Kept for at least 24 hours.
                """,
            ]
        ),
    ]

    private static func path(_ name: String, _ description: String, _ schema: JSONValue) -> JSONValue {
        ["name": .string(name), "in": "path", "required": true, "description": .string(description), "schema": schema]
    }

    private static func query(_ name: String, _ description: String, _ schema: JSONValue) -> JSONValue {
        ["name": .string(name), "in": "query", "required": false, "description": .string(description), "schema": schema]
    }
}
