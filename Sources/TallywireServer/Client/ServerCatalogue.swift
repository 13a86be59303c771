import Foundation
import TallywireCore

/// What a server says of its catalogue and stock.
struct ServerCatalogue: Sendable {
    var locations: [CatalogueFile.LocationRow]
    var products: [Product]

    struct Page<Item: Decodable & Sendable>: Decodable, Sendable {
        var items: [Item]
        var nextCursor: String?
    }

    struct Product: Decodable, Sendable {
        var id: Int64
        var name: String
        var status: String
        var price: Price?
        var variants: [Variant]
    }

    struct Variant: Decodable, Sendable {
        var id: Int64
        var isDefault: Bool
        var sku: String
        var name: String
        var price: Price?
        var barcodes: [Barcode]
        var lowStockThreshold: Int64
        var rearm: Int64
        var locations: [Balance]
    }

    struct Balance: Decodable, Sendable {
        var location: String
        var onHand: Int64
    }

    /// Reads all of it, page by page.
    static func read(_ client: ServerClient, progress: Progress) async throws -> ServerCatalogue {
        let locations: [CatalogueFile.LocationRow] = try await pages("/api/locations", client) { _ in }
        let products: [Product] = try await pages("/api/products", client) { progress.show($0, of: nil, "products read") }
        return ServerCatalogue(locations: locations, products: products)
    }

    private static func pages<Item: Decodable & Sendable>(
        _ path: String, _ client: ServerClient, _ seen: (Int) -> Void
    ) async throws -> [Item] {
        var items: [Item] = []
        var cursor: String?
        repeat {
            let data = try await client.get("\(path)?limit=1000\(cursor.map { "&cursor=\($0)" } ?? "")")
            let page = try JSONDecoder().decode(Page<Item>.self, from: data)
            items += page.items
            cursor = page.nextCursor
            seen(items.count)
        } while cursor != nil
        return items
    }

    /// The same as a file.
    var file: CatalogueFile {
        CatalogueFile(
            locations: locations,
            products: products.map { product in
                .init(
                    id: product.id, name: product.name, status: product.status, price: product.price,
                    isSingle: product.variants.first?.isDefault ?? false,
                    variants: product.variants.map { variant in
                        .init(
                            id: variant.id, sku: variant.sku, name: variant.name,
                            price: variant.price == product.price ? nil : variant.price, barcodes: variant.barcodes,
                            lowStockThreshold: variant.lowStockThreshold, rearm: variant.rearm,
                            stock: Dictionary(variant.locations.map { ($0.location, $0.onHand) }) { first, _ in first })
                    })
            })
    }
}

/// A progress line on a terminal, and nothing elsewhere.
struct Progress: Sendable {
    private let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1

    func show(_ done: Int, of total: Int?, _ what: String) {
        guard isTerminal else { return }
        var line = "\r\u{1B}[K"
        if let total, total > 0 {
            let width = 30
            let filled = width * done / total
            line += "[" + String(repeating: "#", count: filled) + String(repeating: "·", count: width - filled) + "] "
            line += "\(done)/\(total) \(what)"
        } else {
            line += "\(done) \(what)"
        }
        FileHandle.standardError.write(Data(line.utf8))
    }

    func clear() {
        if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
