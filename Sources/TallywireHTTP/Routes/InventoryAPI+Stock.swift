import HTTPPort
import Hummingbird
import TallywireCore
import TallywireEngine

/// `/api/stock`: units by variant and location.
extension InventoryAPI {
    func listStock(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["sku", "location", "limit", "cursor", "at", "seq"])
        let limit = try query.limit()
        let sku = try query.name("sku")
        let location = try query.name("location")
        let past = try await PastMoment(query, of: self)
        // The pages of a moment are those of one list: a cursor of now, or of another moment, leads nowhere in it.
        let list = past.map { "stock@\($0.seq)" } ?? "stock"
        let after = try Cursor.stockPosition(of: list, in: query)
        let page = StockQuery(sku: sku, location: location, after: after, limit: limit + 1)
        let reading = try await past.read({ try await journal.stock(page, at: $0) }, now: { try await journal.stock(page) })
        if reading.value.isEmpty, after == nil { try await checkFilter(sku: sku, location: location, at: past) }
        let items = reading.value.prefix(limit)
        let last = reading.value.count > limit ? items.last : nil
        return .json(headers: headers(at: reading.seq), capacity: 128 * items.count) { json in
            json.page(
                items, next: last.map { Cursor(list: list, position: .init(variant: $0.variant, location: $0.balance.location)) }
            ) {
                $0.write(to: &$1)
            }
        }
    }

    /// Distinguishes a filter without stock from a filter that names something unknown, now or at a moment in the past.
    func checkFilter(sku: String? = nil, location: String?, at past: PastMoment? = nil) async throws {
        if let sku,
            try await !past.read(
                { try await journal.hasSKU(sku, at: $0) }, now: { try await journal.variant(.sku(sku)).value != nil })
        {
            var problem = Problem(Rejection(.unknownVariant, "there is no SKU “\(sku.excerpt)”\(past?.words ?? "")"))
            problem.field = "sku"
            throw problem
        }
        if let location,
            try await !past.read(
                { try await journal.hasLocation(location, at: $0) },
                now: { try await journal.locations().value.contains(where: { $0.code == location }) })
        {
            var problem = Problem(Rejection(.unknownLocation, "there is no location “\(location.excerpt)”\(past?.words ?? "")"))
            problem.field = "location"
            throw problem
        }
    }
}
