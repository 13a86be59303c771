import TallywireCore
import TallywireEngine

/// What a change of the catalogue means for the rows of stock.
enum CatalogueStep: Equatable, Sendable {
    case renamed(from: String, to: String)
    case removedSKU(String)
    case removedProduct(Int64)
    case removedLocation(String)

    /// `nil` for an event that leaves the rows alone. Throws if a journal damaged the event.
    init?(_ record: EventEnvelope) throws {
        guard record.type == .catalogueChanged, case .catalogueChanged(let change) = try record.event().body else { return nil }
        switch (change.change, change.subject) {
        case (.updated, .variant(_, _, let sku, _)):
            guard let before = change.values.previousSKU, before != sku else { return nil }
            self = .renamed(from: before, to: sku)
        case (.removed, .variant(_, _, let sku, _)): self = .removedSKU(sku)
        case (.removed, .product(let id)): self = .removedProduct(id.rawValue)
        case (.removed, .location(let code)): self = .removedLocation(code)
        default: return nil
        }
    }
}
