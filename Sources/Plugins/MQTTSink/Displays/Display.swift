import TallywireCore
import TallywireEngine

/// What a shelf display shows: one variant at one location, with the event it is true at.
struct Display: Equatable, Sendable {
    let location: String
    let sku: String
    let name: String
    /// Available at the display's location.
    let stock: Int64
    /// Available over all locations that sell.
    let total: Int64
    let price: Price?
    let status: ProductStatus
    let level: StockLevel
    let version: Int64
    let seq: UInt64
    let timestamp: Timestamp
}

extension Display {
    /// The display at the location of a change of stock; `nil` for a change of price, which is of no one location.
    init?(_ update: InventoryUpdated, seq: UInt64, timestamp: Timestamp) {
        guard case .stock(_, _, let location, let locationStock) = update.change else { return nil }
        self.init(
            location: location, sku: update.sku, name: update.variantName, stock: locationStock, total: update.stock,
            price: update.price,
            status: update.status, level: update.level, version: update.version, seq: seq, timestamp: timestamp)
    }

    /// The display at one of a variant's locations, as things stand.
    init(_ record: VariantRecord, _ balance: Balance, seq: UInt64, timestamp: Timestamp) {
        let variant = record.variant
        self.init(
            location: balance.location, sku: variant.sku, name: variant.name, stock: balance.available, total: variant.stock,
            price: record.price,
            status: record.status, level: variant.level, version: variant.version, seq: seq, timestamp: timestamp)
    }
}
