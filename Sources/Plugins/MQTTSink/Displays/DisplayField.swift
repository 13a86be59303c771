import TallywireCore

/// A value that a display can show, by its name on the wire.
enum DisplayField: String, CaseIterable, Decodable, Sendable {
    case sku, name, stock, total, price, status, level, version, seq, timestamp, location

    /// The contract's payload: these, in this order.
    static let contract: [DisplayField] = [.sku, .name, .stock, .total, .price, .status, .level, .version, .seq, .timestamp]
}

extension Display {
    /// Writes one field as a member of an object.
    func write(_ field: DisplayField, to json: inout JSONWriter) {
        switch field {
        case .sku:
            json.key("sku")
            json.string(sku)
        case .name:
            json.key("name")
            json.string(name)
        case .stock:
            json.key("stock")
            json.integer(stock)
        case .total:
            json.key("total")
            json.integer(total)
        case .price:
            json.key("price")
            json.price(price)
        case .status:
            json.key("status")
            json.string(status.rawValue)
        case .level:
            json.key("level")
            json.string(level.rawValue)
        case .version:
            json.key("version")
            json.integer(version)
        case .seq:
            json.key("seq")
            json.integer(seq)
        case .timestamp:
            json.key("timestamp")
            json.timestamp(timestamp)
        case .location:
            json.key("location")
            json.string(location)
        }
    }

    /// A field as people read it; `nil` where there is nothing: no price, no units.
    func text(_ field: DisplayField) -> String? {
        switch field {
        case .sku: sku
        case .name: name
        case .stock: stock == 0 ? nil : String(stock)
        case .total: total == 0 ? nil : String(total)
        case .price: price?.description
        case .status: status.rawValue
        case .level: level.rawValue
        case .version: String(version)
        case .seq: String(seq)
        case .timestamp: timestamp.description
        case .location: location
        }
    }
}
