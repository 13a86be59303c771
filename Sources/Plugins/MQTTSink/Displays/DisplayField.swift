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
            json.member("sku", sku)
        case .name:
            json.member("name", name)
        case .stock:
            json.member("stock", stock)
        case .total:
            json.member("total", total)
        case .price:
            json.member("price", price: price)
        case .status:
            json.member("status", status.rawValue)
        case .level:
            json.member("level", level.rawValue)
        case .version:
            json.member("version", version)
        case .seq:
            json.member("seq", seq)
        case .timestamp:
            json.member("timestamp", timestamp)
        case .location:
            json.member("location", location)
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
