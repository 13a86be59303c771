import TallywireCore

extension TallywireClient {
    /// A message from the server; see docs/WEBSOCKET.md.
    enum ServerMessage: Sendable {
        case welcome(epoch: String, seq: UInt64, pingInterval: Duration)
        case authenticated
        case joined(room: String, seq: UInt64, isRecovered: Bool?)
        case left(room: String, code: Failure.Code?)
        case snapshot(room: String?, Page, isPartial: Bool)
        /// `answers` is how many `track` messages the page answers.
        case tracking(Page, answers: Int)
        case pong(id: Int64?, seq: UInt64)
        case error(Failure.Code, message: String)
        case goingAway(comeBackAfter: Duration)
        case event(Event)
        /// A message that this version does not know, or one without news.
        case other
    }

    /// The values of variants at `seq`.
    struct Page: Sendable {
        let seq: UInt64
        let values: [Values]
        let removed: [ItemKey]
        let isLast: Bool
    }

    /// The values of a variant: an item of a page, or those of an event.
    struct Values: Sendable {
        let key: ItemKey
        let version: Int64
        var sku: String?
        var name: String?
        var stock: Int64?
        var band: Band?
        var price: Price?
        var status: ProductStatus?
        var level: StockLevel?
    }
}

extension TallywireClient.ServerMessage {
    /// Reads a text message. Throws if the message does not follow the protocol.
    init(_ bytes: [UInt8]) throws {
        let json = try JSONReader.value(of: bytes)
        let message = MemberReader(json)
        switch try message.text("type") {
        case "welcome":
            self = .welcome(
                epoch: try message.text("epoch"), seq: try message.seq(),
                pingInterval: .milliseconds(try message.number("pingInterval")))
        case "authenticated": self = .authenticated
        case "joined":
            self = .joined(room: try message.text("room"), seq: try message.seq(), isRecovered: message.flag("recovered"))
        case "left": self = .left(room: try message.text("room"), code: message.string("code").map { .init(rawValue: $0) })
        case "snapshot":
            self = .snapshot(
                room: message.string("room"), try TallywireClient.Page(message), isPartial: message.has("changedSince"))
        case "tracking": self = .tracking(try TallywireClient.Page(message), answers: max(1, Int(message.integer("answers") ?? 1)))
        case "pong": self = .pong(id: message.integer("id"), seq: try message.seq())
        case "error":
            self = .error(.init(rawValue: try message.text("code")), message: message.string("message") ?? "")
        case "going_away": self = .goingAway(comeBackAfter: .milliseconds(try message.number("comeBackAfter")))
        case let type:
            // A message with a seq and data is an event, even of a type that this version does not know.
            guard message.integer("seq") != nil, let data = json["data"] else {
                self = .other
                return
            }
            self = .event(try TallywireClient.Event(type, message, MemberReader(data), String(decoding: bytes, as: UTF8.self)))
        }
    }
}

extension TallywireClient.Page {
    init(_ message: MemberReader) throws {
        seq = try message.seq()
        isLast = message.flag("last") ?? false
        var values: [TallywireClient.Values] = []
        var removed: [TallywireClient.ItemKey] = []
        for item in message.array("items") {
            let item = MemberReader(item)
            if item.flag("removed") == true {
                removed.append(try item.key())
            } else {
                values.append(try TallywireClient.Values(item))
            }
        }
        self.values = values
        self.removed = removed
    }
}

extension TallywireClient.Values {
    init(_ item: MemberReader) throws {
        self.init(
            key: try item.key(), version: try item.number("version"), sku: item.string("sku"),
            name: item.string("variantName") ?? item.string("name"), stock: item.integer("stock"), band: item.band,
            price: item.price("price"), status: item.word("status"), level: item.word("level"))
    }

    init(_ update: TallywireClient.InventoryUpdate) {
        self.init(
            key: update.key, version: update.version, sku: update.sku, name: update.variantName, stock: update.stock,
            band: update.band, price: update.price, status: update.status, level: update.level)
    }
}
