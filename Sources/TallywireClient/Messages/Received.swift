import TallywireCore
import TallywireProtocol

extension TallywireClient {
    /// A message from the server, with the events and values in it as readers of this client get them.
    enum Received: Sendable {
        case message(ServerMessage)
        case page(ItemsPage, Page)
        case event(Event)
        /// A message that this version does not know.
        case other

        /// Reads a text message. Throws ``Failure`` if the message does not follow the protocol.
        init(_ bytes: [UInt8]) throws {
            let message: ReceivedMessage
            do {
                message = try ReceivedMessage(bytes)
            } catch let mistake as ReceivedMessage.Mistake {
                throw Failure(.invalidMessage, "the server sent a message without “\(mistake.member)”")
            }
            switch message {
            case .message(let message): self = .message(message)
            case .page(let page, let items, let isLast): self = .page(page, try Page(page, items, isLast: isLast))
            case .event(let type, let value):
                let data = MemberReader(value["data"] ?? .null)
                self = .event(try Event(type, MemberReader(value), data, String(decoding: bytes, as: UTF8.self)))
            case .other: self = .other
            }
        }
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
        var onHand: Int64?
        var reserved: Int64?
        var price: Price?
        var status: ProductStatus?
        var level: StockLevel?
    }
}

extension TallywireClient.Page {
    init(_ page: ItemsPage, _ items: [JSONValue], isLast: Bool) throws {
        seq = page.seq
        self.isLast = isLast
        var values: [TallywireClient.Values] = []
        var removed: [TallywireClient.ItemKey] = []
        for item in items {
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
            onHand: item.integer("onHand"), reserved: item.integer("reserved"), price: item.price("price"),
            status: item.word("status"), level: item.word("level"))
    }

    init(_ update: TallywireClient.InventoryUpdate) {
        self.init(
            key: update.key, version: update.version, sku: update.sku, name: update.variantName, stock: update.stock,
            band: update.band, onHand: update.onHand, reserved: update.reserved, price: update.price, status: update.status,
            level: update.level)
    }
}
