import Foundation
import TallywireCore

/// The lists of a site.
extension SiteClient {
    /// Products on a page.
    private static let page = 100

    /// All locations, as of the event at which the first page was read.
    func locations() async throws -> ([SiteLocation], JournalPosition) {
        var (page, position): (SitePage<SiteLocation>, JournalPosition) = try await get("/api/locations?limit=1000")
        var all = page.items
        while let cursor = page.nextCursor {
            (page, _) = try await get("/api/locations?limit=1000&cursor=\(Self.encoded(cursor))")
            all += page.items
        }
        return (all, position)
    }

    /// A page of products, with their variants and stock.
    func products(cursor: String?) async throws -> (SitePage<SiteProduct>, JournalPosition) {
        try await get("/api/products?limit=\(Self.page)" + (cursor.map { "&cursor=\(Self.encoded($0))" } ?? ""))
    }

    /// A product; `nil` if the site has none with this id.
    func product(_ id: ProductID) async throws -> (SiteProduct?, JournalPosition) {
        try await find("/api/products/\(id.rawValue)")
    }

    /// The stock of a SKU by location; empty if the site has no such SKU, and `nil` if it lies at more locations than a page has.
    func stock(_ sku: String) async throws -> ([SiteStock]?, JournalPosition) {
        let (page, position): (SitePage<SiteStock>?, JournalPosition) = try await find(
            "/api/stock?limit=1000&sku=\(Self.encoded(sku))")
        return (page?.nextCursor == nil ? page?.items ?? [] : nil, position)
    }

    private static func encoded(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
    }
}
