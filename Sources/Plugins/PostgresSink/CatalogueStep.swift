import PostgreSQL
import TallywireCore
import TallywireEngine

/// What a change of the catalogue means for the rows of stock.
enum CatalogueStep: Equatable, Sendable {
    case renamed(VariantID, to: String)
    case removedVariant(VariantID)
    case removedProduct(ProductID)
    case removedLocation(String)

    /// `nil` for an event that leaves the rows alone. Throws if a journal damaged the event.
    init?(_ record: EventEnvelope) throws {
        guard record.type == .catalogueChanged, case .catalogueChanged(let change) = try record.event().body else { return nil }
        switch (change.change, change.subject) {
        case (.updated, .variant(let id, _, let sku, _)):
            guard let before = change.values.previousSKU, before != sku else { return nil }
            self = .renamed(id, to: sku)
        case (.removed, .variant(let id, _, _, _)): self = .removedVariant(id)
        case (.removed, .product(let id)): self = .removedProduct(id)
        case (.removed, .location(let code)): self = .removedLocation(code)
        default: return nil
        }
    }

    /// The column that says which rows are removed, and its value; `nil` if the rows stay.
    private var removal: (column: String, value: String)? {
        switch self {
        case .renamed: nil
        case .removedVariant(let id): ("variant_id", "\(id.rawValue)")
        case .removedProduct(let id): ("product_id", "\(id.rawValue)")
        case .removedLocation(let code): ("location", code)
        }
    }

    /// Changes the rows, in the turn of the event.
    func run(on connection: PostgresConnection, _ tables: PostgresTables) throws(PostgresError) {
        if let removal { _ = try connection.query(tables.removed(removal.column), [removal.value]) }
        guard case .renamed(let id, let sku) = self else { return }
        _ = try connection.query(tables.singled, ["{\(id.rawValue)}"])
        for statement in tables.named { _ = try connection.query(statement, ["{\(id.rawValue)}", sku]) }
    }

    /// Removes the rows that are from before the event `seq`, out of its turn.
    func remove(before seq: UInt64, on connection: PostgresConnection, _ tables: PostgresTables) throws(PostgresError) {
        guard let removal else { return }
        _ = try connection.query(tables.removedBefore(removal.column), [removal.value, "\(seq)"])
    }
}
