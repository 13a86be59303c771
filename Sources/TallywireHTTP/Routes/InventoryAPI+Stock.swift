import HTTPPort
import Hummingbird
import TallywireCore
import TallywireEngine

/// `/api/stock`: units by variant and location.
extension InventoryAPI {
    func listStock(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["sku", "location", "limit", "cursor"])
        let limit = try query.limit()
        let sku = try query.name("sku")
        let location = try query.name("location")
        let after = try Cursor.stockPosition(of: "stock", in: query)
        let reading = try await journal.stock(StockQuery(sku: sku, location: location, after: after, limit: limit + 1))
        if reading.value.isEmpty, after == nil { try await checkFilter(sku: sku, location: location) }
        let items = reading.value.prefix(limit)
        let last = reading.value.count > limit ? items.last : nil
        return .json(headers: headers(at: reading.seq), capacity: 128 * items.count) { json in
            json.page(
                items, next: last.map { Cursor(list: "stock", position: .init(variant: $0.variant, location: $0.balance.location)) }
            ) {
                $0.write(to: &$1)
            }
        }
    }

    /// Distinguishes a filter without stock from a filter that names something unknown.
    func checkFilter(sku: String? = nil, location: String?) async throws {
        if let sku, try await journal.variant(.sku(sku)).value == nil {
            var problem = Problem(Rejection(.unknownVariant, "there is no SKU “\(sku.excerpt)”"))
            problem.field = "sku"
            throw problem
        }
        if let location, try await !journal.locations().value.contains(where: { $0.code == location }) {
            var problem = Problem(Rejection(.unknownLocation, "there is no location “\(location.excerpt)”"))
            problem.field = "location"
            throw problem
        }
    }
}
