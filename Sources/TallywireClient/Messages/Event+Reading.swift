import TallywireCore

extension TallywireClient.Event {
    init(_ type: String, _ message: MemberReader, _ data: MemberReader, _ json: String) throws {
        let body: Body =
            switch type {
            case "inventory_updated": .inventoryUpdated(try TallywireClient.InventoryUpdate(data))
            case "stock_alert": .stockAlert(try TallywireClient.StockAlert(data))
            case "product_status_changed":
                try TallywireClient.ProductStatusChange(data).map { .productStatusChanged($0) }
                    ?? .notice(TallywireClient.Notice(type, message))
            case "catalogue_changed":
                try TallywireClient.CatalogueChange(data).map { .catalogueChanged($0) }
                    ?? .notice(TallywireClient.Notice(type, message))
            case "reservation_changed":
                try TallywireClient.ReservationChange(data).map { .reservationChanged($0) }
                    ?? .notice(TallywireClient.Notice(type, message))
            default: .notice(TallywireClient.Notice(type, message))
            }
        guard let timestamp = message.time("timestamp") else {
            throw TallywireClient.Failure(.invalidMessage, "the server sent an event without its time")
        }
        self.init(
            seq: try message.seq(), timestamp: timestamp, body: body, conflated: Int(message.integer("conflated") ?? 0), json: json)
    }
}

extension TallywireClient.InventoryUpdate {
    init(_ data: MemberReader) throws {
        self.init(
            key: try data.key(), version: try data.number("version"), sku: data.string("sku"),
            variantName: data.string("variantName"), stock: data.integer("stock"), band: data.band,
            previousStock: data.integer("previousStock"), totalProductStock: data.integer("totalProductStock"),
            onHand: data.integer("onHand"), reserved: data.integer("reserved"),
            operation: data.word("operation"), quantity: data.integer("quantity"), reason: data.string("reason"),
            reference: data.string("reference"), price: data.price("price"), previousPrice: data.price("previousPrice"),
            status: data.word("status"), level: data.word("level"), location: data.string("location"),
            locationStock: data.integer("locationStock"), locationOnHand: data.integer("locationOnHand"),
            locationReserved: data.integer("locationReserved"), locationUnavailable: data.integer("locationUnavailable"),
            locationIncoming: data.integer("locationIncoming"), discrepancy: data.integer("discrepancy"),
            fromState: data.word("from"), toState: data.word("to"), locationLevel: data.word("locationLevel"),
            previousOnHand: data.integer("previousOnHand"), source: data.string("source"),
            movementID: data.string("movementId"), reservationID: data.string("reservationId"),
            reverses: data.string("reverses"), occurredAt: data.time("occurredAt"),
            batch: data.string("batch"), serial: data.string("serial"),
            expiry: data.string("expiry"))
    }
}

extension TallywireClient.StockAlert {
    init(_ data: MemberReader) throws {
        self.init(
            key: try data.key(), sku: data.string("sku"), scope: data.word("scope") ?? .total, location: data.string("location"),
            locationStock: data.integer("locationStock"), level: data.word("stockLevel"),
            previousLevel: data.word("previousLevel"), stock: data.integer("stock"), band: data.band,
            threshold: data.integer("threshold"), message: data.string("message"),
            discrepancy: data.integer("discrepancy"))
    }
}

extension TallywireClient.ProductStatusChange {
    /// `nil` for a status that this version does not know.
    init?(_ data: MemberReader) throws {
        guard let status: ProductStatus = data.word("status") else { return nil }
        self.init(
            product: ProductID(try data.number("productId")), status: status, previousStatus: data.word("previousStatus"))
    }
}

extension TallywireClient.CatalogueChange {
    /// `nil` for a change that this version does not know.
    init?(_ data: MemberReader) throws {
        guard let change: CatalogueChanged.Change = data.word("change") else { return nil }
        let product = data.integer("productId").map { ProductID($0) }
        // Without a variant the change is about a product as a whole, or about a location.
        let key = data.has("variantId") && product != nil ? try data.key() : nil
        self.init(
            change: change, product: product, key: key, sku: data.string("sku"), location: data.string("location"),
            values: data.value("values") ?? .null)
    }
}

extension TallywireClient.ReservationChange {
    /// `nil` for a status that this version does not know.
    init?(_ data: MemberReader) throws {
        guard let id = data.string("reservationId"), let status: Reservation.Status = data.word("status") else { return nil }
        self.init(
            id: id, status: status, reference: data.string("reference"), expiresAt: data.time("expiresAt"),
            lines: (data.value("lines")?.array ?? []).compactMap { Line($0) })
    }
}

extension TallywireClient.ReservationChange.Line {
    fileprivate init?(_ value: JSONValue) {
        guard let product = value["productId"]?.integer, let sku = value["sku"]?.string, let location = value["location"]?.string,
            let quantity = value["quantity"]?.integer
        else { return nil }
        self.init(
            key: .init(product: ProductID(product), variant: value["variantId"]?.integer.map { VariantID($0) }), sku: sku,
            location: location, quantity: quantity, captured: value["captured"]?.integer ?? 0,
            released: value["released"]?.integer ?? 0, short: value["short"]?.integer ?? 0)
    }
}

extension TallywireClient.Notice {
    init(_ type: String, _ message: MemberReader) {
        let data = message.value("data") ?? .null
        self.init(type: type, message: data["message"]?.string, data: data)
    }
}
