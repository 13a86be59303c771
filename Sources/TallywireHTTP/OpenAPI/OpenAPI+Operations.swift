import HTTPPort
import PipelineHost
import TallywireAccess
import TallywireCore
import TallywirePipeline

extension OpenAPI {
    /// All operations, in the order of the routes. The pages are not part of the API.
    static let operations =
        catalogueOperations + movementOperations + reservationOperations + countOperations
        + readingOperations + serverOperations + clusterOperations + checkpointOperations + backupOperations

    static let reading = ["Tallywire-Seq", "Tallywire-Epoch"]
    static let changing = ["Tallywire-Seq", "Tallywire-Epoch", "Tallywire-Movement", "Tallywire-Status"]
    private static let duplicate = "A repeat: what the first request created, as it is now, or the receipt if it was removed since."

    private static let catalogueOperations: [Operation] = [
        Operation(
            method: "get", path: "/api/products", id: "listProducts", { $0.listProducts }, tag: "catalogue",
            summary: "Products by id.",
            access: .readers, parameters: ["limit", "cursor", "search"],
            answers: [.json(200, "A page.", "ProductPage", headers: reading)]),
        Operation(
            method: "post", path: "/api/products", id: "createProduct", { $0.createProduct }, tag: "catalogue",
            summary: "Creates a product with its variants.",
            description: "Without `variants` it has one default variant, whose `sku` and `barcodes` stand on the product.",
            parameters: ["idempotencyKey"],
            body: .json("NewProduct", [("variants", newTee), ("defaultVariant", newMug)]),
            answers: [
                .json(200, duplicate, "ProductOrReceipt", headers: changing),
                .json(201, "The product with all ids.", "Product", headers: changing + ["Location"]),
            ], problems: ["unknown_location", "sku_taken", "barcode_taken", "id_taken", "out_of_range"]),
        Operation(
            method: "get", path: "/api/products/{id}", id: "getProduct", { $0.getProduct }, tag: "catalogue",
            summary: "One product with its variants.",
            access: .readers, parameters: ["productId"], answers: [.json(200, "The product.", "Product", headers: reading)],
            problems: ["unknown_product"]),
        Operation(
            method: "patch", path: "/api/products/{id}", id: "updateProduct", { $0.updateProduct }, tag: "catalogue",
            summary: "Changes name, status or price.",
            description: "`price: null` takes the price away. Variants without a price of their own follow.",
            parameters: ["productId", "idempotencyKey"],
            body: .json("ProductUpdate", [("price", ["price": 17.5]), ("name", ["name": "Tee, organic"])]),
            answers: [.json(200, "The product after the change.", "ProductOrReceipt", headers: changing)],
            problems: ["unknown_product", "out_of_range"]),
        Operation(
            method: "delete", path: "/api/products/{id}", id: "removeProduct", { $0.removeProduct }, tag: "catalogue",
            summary: "Removes a product that has no stock.", parameters: ["productId", "idempotencyKey"],
            answers: [.json(200, "The receipt.", "Receipt", headers: ["Tallywire-Epoch"])],
            problems: ["unknown_product", "in_stock"]),
        Operation(
            method: "patch", path: "/api/products/{id}/status", id: "updateStatus", { $0.updateStatus }, tag: "catalogue",
            summary: "Changes the status.", parameters: ["productId", "idempotencyKey"],
            body: .json("StatusUpdate", [("inactive", ["status": "inactive"])]),
            answers: [.json(200, "The product after the change.", "ProductOrReceipt", headers: changing)],
            problems: ["unknown_product", "out_of_range"]),
        Operation(
            method: "post", path: "/api/products/{id}/variants", id: "addVariant", { $0.addVariant }, tag: "catalogue",
            summary: "Adds a variant to a product that has variants.", parameters: ["productId", "idempotencyKey"],
            body: .json("NewVariant", [("variant", ["sku": "TEE-GREEN-M", "name": "Green / M", "barcodes": ["4006381333955"]])]),
            answers: [
                .json(200, duplicate, "VariantOrReceipt", headers: changing),
                .json(201, "The variant.", "Variant", headers: changing + ["Location"]),
            ], problems: ["unknown_product", "unknown_location", "sku_taken", "barcode_taken", "id_taken", "out_of_range"]),
        Operation(
            method: "get", path: "/api/variants", id: "listVariants", { $0.listVariants }, tag: "catalogue",
            summary: "All variants with their stock by location, by id.",
            description:
                "For whoever shows the whole stock: read all pages, then follow the events after the first page's `Tallywire-Seq`.",
            access: .readers, parameters: ["variantLimit", "cursor"],
            answers: [.json(200, "A page.", "VariantPage", headers: reading)]),
        Operation(
            method: "get", path: "/api/variants/{id}", id: "getVariant", { $0.getVariant }, tag: "catalogue",
            summary: "One variant with its stock.", description: past,
            access: .readers, parameters: ["variantId", "at", "seq"],
            answers: [.json(200, "The variant.", "Variant", headers: reading)],
            problems: ["unknown_variant", "pruned", "too_far_back"]),
        Operation(
            method: "patch", path: "/api/variants/{id}", id: "updateVariant", { $0.updateVariant }, tag: "catalogue",
            summary: "Changes SKU, name, price, barcodes or thresholds.",
            description: """
                `price: null` lets it follow its product's price again. `barcodes` replaces all of them. `thresholds` names the locations \
                whose threshold changes, and `null` takes one away. With another `sku` it keeps its id, its stock and its history; the \
                old SKU is free.
                """,
            parameters: ["variantId", "idempotencyKey"],
            body: .json(
                "VariantUpdate",
                [
                    ("threshold", ["lowStockThreshold": 5, "rearm": 2]),
                    ("thresholds", ["thresholds": ["MAIN": ["low": 3, "rearm": 1]]]), ("sku", ["sku": "TEE-CRIMSON-M"]),
                ]),
            answers: [.json(200, "The variant after the change.", "VariantOrReceipt", headers: changing)],
            problems: ["unknown_variant", "unknown_location", "sku_taken", "barcode_taken", "out_of_range"]),
        Operation(
            method: "delete", path: "/api/variants/{id}", id: "removeVariant", { $0.removeVariant }, tag: "catalogue",
            summary: "Removes a variant that has no stock.", parameters: ["variantId", "idempotencyKey"],
            answers: [.json(200, "The receipt.", "Receipt", headers: ["Tallywire-Epoch"])],
            problems: ["unknown_variant", "in_stock"]),
        Operation(
            method: "get", path: "/api/locations", id: "listLocations", { $0.listLocations }, tag: "catalogue",
            summary: "Locations by code.",
            access: .readers, parameters: ["limit", "cursor"], answers: [.json(200, "A page.", "LocationPage", headers: reading)]),
        Operation(
            method: "get", path: "/api/codes", id: "listCodes", { $0.listCodes }, tag: "catalogue",
            summary: "The control codes of scanners as QR codes: those without a location, then two for each location.",
            access: .readers, parameters: ["codeLimit", "cursor"], answers: [.json(200, "A page.", "CodePage", headers: reading)]),
        Operation(
            method: "post", path: "/api/locations", id: "createLocation", { $0.createLocation }, tag: "catalogue",
            summary: "Creates a location.",
            parameters: ["idempotencyKey"],
            body: .json("NewLocation", [("store", ["code": "STORE-7", "name": "Store at the harbour", "sells": true])]),
            answers: [
                .json(200, duplicate, "LocationOrReceipt", headers: changing),
                .json(201, "The location.", "Location", headers: changing),
            ], problems: ["location_taken", "out_of_range"]),
        Operation(
            method: "patch", path: "/api/locations/{code}", id: "updateLocation", { $0.updateLocation }, tag: "catalogue",
            summary: "Changes name, priority, or whether the location sells.",
            description: """
                Another `sells` changes the stock of each variant that has units there, and gives an `inventory_updated` for each: \
                `out_of_range` if there are more than \(Limits.variantsPerLocationUpdate).
                """,
            parameters: ["locationCode", "idempotencyKey"],
            body: .json("LocationUpdate", [("priority", ["priority": 10]), ("sells", ["sells": false])]),
            answers: [.json(200, "The location after the change.", "LocationOrReceipt", headers: changing)],
            problems: ["unknown_location", "out_of_range"]),
        Operation(
            method: "delete", path: "/api/locations/{code}", id: "removeLocation", { $0.removeLocation }, tag: "catalogue",
            summary: "Removes a location where no stock is.", parameters: ["locationCode", "idempotencyKey"],
            answers: [.json(200, "The receipt.", "Receipt", headers: ["Tallywire-Epoch"])],
            problems: ["unknown_location", "in_stock", "count_open", "out_of_range"]),
    ]

    private static let ofStock = [
        "unknown_variant", "unknown_location", "insufficient_stock", "stale_expectation", "out_of_range",
    ]
    private static let ofCaptures = ["unknown_reservation", "reservation_expired", "reservation_closed"]

    private static let movementOperations: [Operation] = [
        Operation(
            method: "patch", path: "/api/variants/{id}/inventory", id: "updateInventory", { $0.updateInventory }, tag: "movements",
            summary: "Changes one variant's stock at one location.", access: .adminsAndDevices,
            parameters: ["variantId", "idempotencyKey"],
            body: .json("InventoryUpdate", [("add", ["operation": "add", "quantity": 5, "reason": "restock"])]),
            answers: [.json(200, "The receipt.", "Receipt", headers: ["Tallywire-Epoch"])], problems: ofStock),
        Operation(
            method: "post", path: "/api/movements", id: "createMovements", { $0.createMovements }, tag: "movements",
            summary: "Applies movements: one, an array, or one a line.",
            description: """
                All lines of a movement apply, or none. An array or NDJSON is a batch of independent movements with a result each, in \
                order: a receipt or a problem. With NDJSON results are sent while the body comes, so read while you send; a broken \
                line is its own problem.
                """,
            access: .adminsAndDevices, parameters: ["idempotencyKey"],
            body: Operation.Body(
                content: [
                    (
                        "application/json",
                        [
                            "oneOf": [
                                JSONSchema.reference("Movement"),
                                JSONSchema.list(of: JSONSchema.reference("Movement"), 0, HTTPLimits().batch),
                            ]
                        ]
                    ),
                    ("application/x-ndjson", ["type": "string", "description": "A `Movement` a line."]),
                ], examples: [("movement", movement), ("batch", [batched(1), batched(2)])]),
            answers: [
                Operation.Answer(
                    status: 200, description: "The receipt; for a batch, a result for each movement.",
                    content: [
                        ("application/json", JSONSchema.reference("MovementAnswer")),
                        ("application/x-ndjson", ["type": "string", "description": "A `Receipt` or a `Problem` a line."]),
                    ])
            ], problems: ofStock + ofCaptures),
        Operation(
            method: "get", path: "/api/movements/{id}", id: "getMovement", { $0.getMovement }, tag: "movements",
            summary: "The answer that a movement or change got.", access: .adminsAndDevices,
            parameters: ["movementId", "ownerOfID"],
            answers: [.json(200, "What it asked, and the receipt or the refusal.", "Answer", headers: ["Tallywire-Epoch"])],
            problems: ["unknown_movement"]),
        Operation(
            method: "post", path: "/api/movements/{id}/reversal", id: "reverseMovement", { $0.reverseMovement }, tag: "movements",
            summary: "Takes a movement back: its opposite is applied, as a movement of its own.",
            description: """
                All lines are taken back, or none. Each movement is reversed once; a reversal is a movement, and can be reversed. What a \
                capture took is on hand again and belongs to no reservation. `too_late`: what the movement did is no longer kept.
                """,
            access: .adminsAndDevices, parameters: ["movementId", "ownerOfID", "idempotencyKey"],
            body: .json("Reversal", [("by mistake", ["reason": "correction"])]),
            answers: [.json(200, "The receipt of the reversal.", "Receipt", headers: ["Tallywire-Epoch"])],
            problems: [
                "unknown_movement", "already_reversed", "not_reversible", "insufficient_stock", "unknown_variant",
                "unknown_location",
                "out_of_range", "too_late",
            ]),
    ]

    private static let readingOperations: [Operation] = [
        Operation(
            method: "get", path: "/api/events", id: "listEvents", { $0.listEvents }, tag: "events", summary: "Events in order.",
            description: """
                To follow the journal, give `last` as the next `after`. 410 `pruned`: events in between are gone. With `order=desc`, and \
                whenever `variant`, `from` or `until` are given, from the newest backwards: then a page may be empty and not the last, and \
                `last` is the last event of the journal.
                """,
            parameters: ["after", "limit", "type", "cursor", "order", "variant", "from", "until"],
            answers: [.json(200, "A page.", "EventPage", headers: reading)], problems: ["pruned"]),
        Operation(
            method: "get", path: "/api/events/stream", id: "streamEvents", { $0.streamEvents }, tag: "events",
            summary: "Events as Server-Sent Events, as they are committed.",
            description: """
                Each has its type as `event` and its position, `EPOCH:SEQ`, as `id`. It begins after `Last-Event-ID` or `since`, with what was \
                missed, else with what comes next. An event `reset` with `{"epoch","seq"}` instead of what was missed says that the \
                position is of another journal or too old: read anew what is shown.
                """,
            parameters: ["since", "type", "lastEventId"],
            answers: [
                Operation.Answer(
                    status: 200, description: "A stream that ends when the server does.",
                    content: [("text/event-stream", ["type": "string"])])
            ], problems: ["overloaded"]),
        Operation(
            method: "get", path: "/api/alerts", id: "listAlerts", { $0.listAlerts }, tag: "stock",
            summary: "What is low or out of stock, in all or at a location with a threshold of its own.",
            description: "By variant, the total first, then by location. With `location` only what is low or out there.",
            parameters: ["location", "limit", "cursor"], answers: [.json(200, "A page.", "AlertPage", headers: reading)],
            problems: ["unknown_location"]),
        Operation(
            method: "post", path: "/api/alerts/{seq}/acknowledgement", id: "acknowledgeAlert", { $0.acknowledgeAlert },
            tag: "stock",
            summary: "Says for all to see that the caller has seen an alert.",
            description: """
                The first who says so is kept, until the stock's level changes again. Whoever says it later changes nothing, and is \
                answered who it was.
                """,
            parameters: ["alertSeq", "idempotencyKey"],
            body: .json("AlertReply", [("note", ["note": "ordered, comes on Tuesday"])]),
            answers: [.json(200, "The alert.", "Alert", headers: changing)], problems: ["unknown_alert"]),
        Operation(
            method: "get", path: "/api/stock", id: "listStock", { $0.listStock }, tag: "stock",
            summary: "Stock by variant and location.", description: past,
            access: .readers, parameters: ["sku", "location", "limit", "cursor", "at", "seq"],
            answers: [.json(200, "A page.", "StockPage", headers: reading)],
            problems: ["unknown_variant", "unknown_location", "pruned", "too_far_back"]),
    ]

    private static let past = """
        With `at` or `seq` as it was then, by commit. 410 `pruned`: the events since then are no longer kept. 410 `too_far_back`: more \
        than \(Limits.eventsPerPast) of them would have to be read. `oldest` says which moment can be asked for.
        """

    private static let serverOperations: [Operation] = [
        Operation(
            method: "get", path: "/api/pipeline", id: "getPipeline", { $0.getPipeline }, tag: "operations",
            summary: "Each source and sink: state, position, counters, last error.",
            answers: [.json(200, "The pipeline.", "Pipeline", headers: reading)]),
        Operation(
            method: "get", path: "/api/pipeline/{sink}/deliveries", id: "listDeliveries", { $0.listDeliveries }, tag: "operations",
            summary: "The last tries to deliver of a sink, the newest first.",
            description: """
                At most \(DeliveryLog.limit), since the server started. `status` is the HTTP status with which the other side answered; \
                for a sink that speaks no HTTP, and for a request without an answer, `delivered` or `failed`. `seq` is the last of the \
                `events` that were tried together. A sink for clients that connect to the server, such as `websocket`, has none.
                """,
            parameters: ["sinkName"],
            answers: [.json(200, "The tries.", "Deliveries", headers: reading)], problems: ["unknown_sink"]),
        Operation(
            method: "post", path: "/api/pipeline/{sink}/replay", id: "replay", { $0.replay }, tag: "operations",
            summary: "Delivers events of the journal to one sink again.",
            description: """
                In order, through that sink alone, beside what is current; the sink's position stays. Without `from` it begins with the \
                first event that is kept, and without `to` it ends with the sink's position. With `deadLetters` it delivers the events \
                in the sink's dead-letter file that were not delivered since, and marks them there. With `dryRun` it only says how many \
                there are. `GET /api/pipeline` shows how far it is.
                """,
            parameters: ["sinkName"],
            body: .json(
                "ReplayRequest", [("deadLetters", ["deadLetters": true]), ("events", ["from": 120, "to": 180, "dryRun": true])]),
            answers: [
                .json(200, "What a replay would deliver.", "Replay", headers: reading),
                .json(202, "The replay, which runs now.", "Replay", headers: reading),
            ],
            problems: ["unknown_sink", "not_durable", "replay_running", "sink_disabled", "pruned"]),
        Operation(
            method: "delete", path: "/api/pipeline/{sink}/replay", id: "cancelReplay", { $0.cancelReplay }, tag: "operations",
            summary: "Cancels the replay of a sink. What was delivered stays delivered, and marked.",
            parameters: ["sinkName"], answers: [.json(200, "The replay as it ended.", "Replay", headers: reading)],
            problems: ["unknown_sink", "no_replay"]),
        Operation(
            method: "get", path: "/api/configuration", id: "getConfiguration", { $0.getConfiguration }, tag: "operations",
            summary: "The configuration that runs, with all defaults and without secrets.",
            description: "A text that a variable or a file was filled into is shown as the file has it.",
            answers: [.json(200, "The configuration.", "RunningConfiguration", headers: reading)], problems: ["unavailable"]),
        Operation(
            method: "post", path: "/api/configuration/reload", id: "reloadConfiguration", { $0.reloadConfiguration },
            tag: "operations",
            summary: "Reads plugins.json again and applies what has changed in it.",
            description: """
                Entries that did not change go on untouched. Rooms change in place. Any other entry that changed ends between two \
                deliveries, and a new one goes on from its position. With mistakes in the file nothing is changed, and 422 lists them all.
                """,
            answers: [.json(200, "What was done.", "Reload", headers: reading)],
            problems: ["invalid_configuration", "unavailable"]),
        Operation(
            method: "get", path: "/api/devices", id: "listDevices", { $0.listDevices }, tag: "operations",
            summary: "The scanners of all sources: whether they can be reached, when they were seen last, what they did.",
            parameters: ["source", "presence", "limit", "cursor"],
            answers: [.json(200, "A page.", "DevicePage", headers: reading)]),
        Operation(
            method: "get", path: "/api/displays", id: "listDisplays", { $0.listDisplays }, tag: "operations",
            summary:
                "The shelf displays that confirm what they show: the version that they have to show, and the one that they do.",
            parameters: ["displayLocation", "stale", "limit", "cursor"],
            answers: [.json(200, "A page.", "DisplayPage", headers: reading)]),
        Operation(
            method: "get", path: "/api/session", id: "getSession", { $0.getSession }, tag: "operations",
            summary: "What the server asks of callers, and who the caller is.",
            description: "401 `unauthenticated` for a token that is not good.", access: .anyone,
            answers: [.json(200, "The session.", "SessionState")], problems: ["unauthenticated"]),
        Operation(
            method: "post", path: "/api/session", id: "createSession", { $0.createSession }, tag: "operations",
            summary: "Signs in with a name and a password of plugins.json.",
            description: """
                The answer is the same for a name that nobody has and for a wrong password. `rate_limited` after too many attempts with one \
                name or from one address.
                """, access: .anyone,
            body: .json("SignIn", [("anna", ["user": "anna", "password": "correct horse battery staple"])]),
            answers: [.json(200, "A token.", "Session")], problems: ["unauthenticated", "overloaded", "not_found"]),
        Operation(
            method: "post", path: "/api/session/renewal", id: "renewSession", { $0.renewSession }, tag: "operations",
            summary: "Another token for one from signing in that is still good.", access: .roles(Role.allCases),
            answers: [.json(200, "A token.", "Session")], problems: ["not_found"]),
        Operation(
            method: "get", path: "/health/live", id: "getLiveness", { $0.getLiveness }, tag: "operations",
            summary: "Whether the process runs.",
            access: .anyone, answers: [.json(200, "It does.", "Liveness")]),
        Operation(
            method: "get", path: "/health/ready", id: "getReadiness", { $0.getReadiness }, tag: "operations",
            summary: "Whether the server can take movements.",
            access: .anyone, answers: [.json(200, "It can; otherwise 503.", "Readiness", headers: reading)]),
        Operation(
            method: "get", path: "/metrics", id: "getMetrics", { $0.getMetrics }, tag: "operations",
            summary: "Metrics for Prometheus.",
            access: .anyone,
            answers: [
                Operation.Answer(
                    status: 200, description: "The text format 0.0.4.", content: [("text/plain", ["type": "string"])])
            ]),
        Operation(
            method: "get", path: "/openapi.json", id: "getOpenAPI", { $0.getOpenAPI }, tag: "operations",
            summary: "This description.",
            access: .anyone,
            answers: [
                Operation.Answer(
                    status: 200, description: "OpenAPI 3.1.", content: [("application/json", ["type": "object"])])
            ]),
        Operation(
            method: "get", path: "/asyncapi.json", id: "getAsyncAPI", { $0.getAsyncAPI }, tag: "operations",
            summary: "The description of what goes over WebSocket and MQTT.", access: .anyone,
            answers: [
                Operation.Answer(
                    status: 200, description: "AsyncAPI 3.0.", content: [("application/json", ["type": "object"])])
            ]),
    ]

    // MARK: Examples

    private static let newTee: JSONValue = [
        "name": "Tee", "status": "active", "price": 19.99,
        "variants": [
            [
                "sku": "TEE-RED-M", "name": "Red / M", "barcodes": ["4006381333931", ["code": "14006381333938", "units": 12]],
                "lowStockThreshold": 10, "rearm": 0,
            ],
            ["sku": "TEE-BLUE-M", "name": "Blue / M", "price": 21.5],
        ],
    ]

    private static let newMug: JSONValue = ["name": "Mug", "price": 9.5, "sku": "MUG", "barcodes": ["4006381333948"]]

    private static let movement: JSONValue = [
        "id": "order-1001", "reason": "sale", "reference": "1001",
        "lines": [
            ["sku": "TEE-RED-M", "location": "MAIN", "operation": "subtract", "quantity": 1],
            ["barcode": "4006381333948", "operation": "subtract", "quantity": 2],
        ],
    ]

    private static func batched(_ number: Int) -> JSONValue {
        [
            "id": "count-\(number)", "reason": "count",
            "lines": [["sku": "MUG", "operation": "set", "quantity": .integer(Int64(number) * 10)]],
        ]
    }
}
