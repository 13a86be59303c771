import TallywireCore

extension AsyncAPI {
    /// Events in topics: as they are in the journal, or as CloudEvents.
    static let eventMessages: [Message] =
        OpenAPI.events.map { event in
            Message(
                id: event.messageID, summary: event.summary, payload: reference(event.name),
                examples: [.init(event.types[0].rawValue, event.example)])
        } + [
            Message(
                id: "cloudEvent", summary: "An event as a CloudEvent 1.0 in structured mode.",
                contentType: "application/cloudevents+json; charset=utf-8", payload: reference("CloudEvent"),
                examples: [
                    .init(
                        "structured",
                        .object(cloudAttributes + [("datacontenttype", "application/json"), ("data", exampleStatus)]))
                ]),
            Message(
                id: "cloudEventData",
                summary:
                    "An event as a CloudEvent 1.0 in binary mode: its `data`, and the attributes as user properties of MQTT 5.",
                payload: ["type": "object", "required": ["timestamp"], "not": ["required": ["specversion"]]],
                headers: OpenAPI.object(cloudContext, optional: ["subject"]),
                examples: [.init("binary", exampleStatus, headers: .object(cloudAttributes))]),
        ]

    /// Events in rooms: a room may show less of them, and merges what a slow reader has not read.
    static let roomEventMessages = OpenAPI.events.map { event in
        Message(
            id: event.roomMessageID, summary: event.summary, payload: event.shown,
            examples: event.types == [.inventoryUpdated]
                ? [.init("inventory_updated", event.example), .init("in bands, merged", exampleInBands)]
                : [.init(event.types[0].rawValue, event.example)])
    }

    static let cloudEvent = OpenAPI.object(
        cloudContext + [("datacontenttype", ["const": "application/json"]), ("data", ["type": "object"])], optional: ["subject"])

    private static let cloudContext: [(String, JSONTree)] = [
        ("specversion", ["const": "1.0"]), ("id", ["type": "string", "description": "EPOCH:SEQ"]),
        ("source", ["type": "string", "description": "A URI reference that says which journal it is of."]),
        ("type", ["type": "string", "description": "The event's type, behind `cloudEvents.typePrefix`."]),
        ("subject", ["type": "string", "description": "The SKU, the product or the location."]), ("time", OpenAPI.timestamp),
    ]

    private static let cloudAttributes: [(String, JSONTree)] = [
        ("specversion", "1.0"), ("id", "ca451159-bd30-453b-af2f-c9b2c33073c6:1044"),
        ("source", "/tallywire/ca451159-bd30-453b-af2f-c9b2c33073c6"), ("type", "product_status_changed"), ("subject", "1"),
        ("time", exampleTime),
    ]

    private static let exampleStatus: JSONTree = [
        "productId": 1, "status": "inactive", "previousStatus": "active", "timestamp": exampleTime,
    ]

    private static let exampleInBands: JSONTree = [
        "type": "inventory_updated", "seq": 1042, "conflated": 3, "timestamp": exampleTime,
        "data": ["productId": 1, "variantId": 11, "sku": "TEE-RED-M", "stock": "few", "stockAtMost": 5, "version": 57],
    ]

    static let exampleTime: JSONTree = "2026-11-22T16:40:00.123Z"
}

extension OpenAPI.EventSchema {
    /// Such as `inventoryUpdated`.
    var messageID: String { name.prefix(1).lowercased() + name.dropFirst() }
    /// Such as `inventoryUpdatedInRoom`.
    var roomMessageID: String { messageID + "InRoom" }

    /// The event as a room shows it: any part of `data` but what tells which value it is and whether it is newer, stock maybe in bands.
    fileprivate var shown: JSONTree {
        let identity: Set<String> = ["productId", "variantId", "version"]
        let hasStock = members.contains { $0.0 == "stock" }
        let bands: JSONTree = [
            "oneOf": [OpenAPI.count, OpenAPI.words(["out", "few", "in stock"])],
            "description": "Units, or a band in rooms that show bands.",
        ]
        let shown = members.map { name, schema in (name, name == "stock" ? bands : schema) }
        let edges: [(String, JSONTree)] = hasStock ? [("stockAtMost", OpenAPI.count), ("stockMoreThan", OpenAPI.count)] : []
        let required = Set(members.map(\.0)).intersection(identity).subtracting(optional)
        let data = OpenAPI.object(shown + edges, optional: Set((shown + edges).map(\.0)).subtracting(required))
        guard types == [.inventoryUpdated] else { return tree(data: data) }
        let conflated: JSONTree = ["type": "integer", "minimum": 1, "description": "How many earlier changes are merged into it."]
        return tree(data: data, extra: [("conflated", conflated)])
    }

    fileprivate var summary: String {
        switch types[0] {
        case .inventoryUpdated: "A variant's stock or price changed."
        case .stockAlert: "A variant's stock crossed a threshold, in either direction."
        case .productStatusChanged: "A product's status changed."
        case .catalogueChanged: "Something in the catalogue was created, changed or removed."
        case .deviceOffline, .deviceOnline: "A device went out of reach, or came back."
        case .displayStale, .displayCurrent: "A shelf display does not confirm what it has to show, or does again."
        case .serialRepeated: "A serial number was counted twice in one direction."
        case .alertAcknowledged: "Somebody has seen an alert."
        case .scanSetAside: "A device's message ended the server again and again, and is not handled any more."
        }
    }

    fileprivate var example: JSONTree {
        ["type": .string(types[0].rawValue), "seq": 1042, "timestamp": AsyncAPI.exampleTime]
            + ["data": exampleData + ["timestamp": AsyncAPI.exampleTime]]
    }

    private var exampleData: JSONTree {
        switch types[0] {
        case .inventoryUpdated:
            [
                "productId": 1, "variantId": 11, "sku": "TEE-RED-M", "variantName": "Red / M", "stock": 41, "previousStock": 42,
                "totalProductStock": 120, "operation": "subtract", "quantity": 1, "reason": "sale", "price": 19.99,
                "status": "active", "level": "ok", "location": "WH1", "locationStock": 10, "version": 57,
                "source": "mqtt-scanners/dock-1", "movementId": "7f3a",
            ]
        case .stockAlert:
            [
                "productId": 1, "variantId": 11, "sku": "TEE-RED-M", "stockLevel": "low", "previousLevel": "ok", "stock": 10,
                "threshold": 10, "message": "Low stock: Red / M (TEE-RED-M) has 10 left",
            ]
        case .productStatusChanged: ["productId": 1, "status": "inactive", "previousStatus": "active"]
        case .catalogueChanged:
            [
                "change": "updated", "productId": 1, "variantId": 11, "sku": "TEE-RED-M", "values": ["name": "Red / M"],
            ]
        case .deviceOffline, .deviceOnline:
            [
                "device": "dock-1", "source": "mqtt-scanners", "status": "offline", "lastSeen": "2026-11-22T16:39:00.000Z",
                "reason": "its status says so, or its will", "message": "dock-1 is offline: its status says so, or its will",
            ]
        case .displayStale, .displayCurrent:
            [
                "sku": "TEE-RED-M", "location": "WH1", "sink": "shelf-displays", "status": "stale", "wantedVersion": 57,
                "shownVersion": 56, "message": "The display of TEE-RED-M at WH1 has not confirmed version 57",
            ]
        case .serialRepeated:
            [
                "productId": 1, "variantId": 11, "sku": "TEE-RED-M", "serial": "S-7", "operation": "subtract", "previousSeq": 12,
                "source": "mqtt-scanners/dock-1", "movementId": "7f3c",
                "message": "Serial number S-7 of TEE-RED-M was counted out twice",
            ]
        case .scanSetAside:
            [
                "device": "dock-1", "source": "mqtt-scanners", "topic": "scanners/dock-1/scan",
                "file": "data/set-aside/mqtt-scanners.jsonl",
                "message": "A message of dock-1 ended the server twice and was set aside in data/set-aside/mqtt-scanners.jsonl",
            ]
        case .alertAcknowledged:
            [
                "productId": 1, "variantId": 11, "sku": "TEE-RED-M", "stockLevel": "low", "alertSeq": 1043, "by": "anna",
                "note": "ordered, comes on Tuesday", "message": "anna has seen the alert of TEE-RED-M",
            ]
        }
    }
}
