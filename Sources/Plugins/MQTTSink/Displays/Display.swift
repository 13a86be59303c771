import TallywireCore
import TallywireEngine

/// The values of a shelf display: one variant at one location, with the event at which they hold.
struct Display: Equatable, Sendable {
    let location: String
    let sku: String
    let name: String
    /// The available units at the display's location.
    let stock: Int64
    /// The available units over all locations that sell.
    let total: Int64
    let price: Price?
    let status: ProductStatus
    let level: StockLevel
    let version: Int64
    let seq: UInt64
    let timestamp: Timestamp
}

extension Display {
    /// The display at the location of a change of stock; `nil` for a change of price, which belongs to no one location.
    init?(_ update: InventoryUpdated, seq: UInt64, timestamp: Timestamp) {
        guard let change = update.stockChange else { return nil }
        self.init(
            location: change.location, sku: update.sku, name: update.variantName, stock: change.locationStock, total: update.stock,
            price: update.price,
            status: update.status, level: update.level, version: update.version, seq: seq, timestamp: timestamp)
    }

    /// The display at one of a variant's locations, with the current values.
    init(_ record: VariantRecord, _ balance: Balance, seq: UInt64, timestamp: Timestamp) {
        let variant = record.variant
        self.init(
            location: balance.location, sku: variant.sku, name: variant.name, stock: balance.available, total: variant.stock,
            price: record.price,
            status: record.status, level: variant.level, version: variant.version, seq: seq, timestamp: timestamp)
    }
}

/// Which display: its item and its location.
struct DisplayKey: Hashable, Sendable {
    let location: String
    let sku: String
}

/// How a display's values are written into its topic.
enum DisplayFormat: Equatable, Sendable {
    /// An object with these members, in this order.
    case fields([DisplayField])
    /// Lines for a display that shows plain text.
    case text(DisplayText)

    static let contract = DisplayFormat.fields(DisplayField.contract)

    func payload(_ display: Display) -> [UInt8] {
        switch self {
        case .fields(let fields):
            var json = JSONWriter(capacity: 256)
            json.object { json in
                for field in fields { display.write(field, to: &json) }
            }
            return json.bytes
        case .text(let text): return Array(text.filled(with: display).utf8)
        }
    }
}

/// A value that a display can show, by its name on the wire.
enum DisplayField: String, CaseIterable, Decodable, Sendable {
    case sku, name, stock, total, price, status, level, version, seq, timestamp, location

    /// The fields of the standard payload, in this order.
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

    /// A field as people read it; `nil` for no price and for zero units.
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
