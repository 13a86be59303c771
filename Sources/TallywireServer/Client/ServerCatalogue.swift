import Foundation
import TallywireCore
import TallywirePipeline

/// What a server says of its catalogue and stock.
struct ServerCatalogue: Sendable {
    var locations: [Place]
    var products: [Product]

    struct Page<Item: Decodable & Sendable>: Decodable, Sendable {
        var items: [Item]
        var nextCursor: String?
    }

    struct Product: Decodable, Sendable {
        var id: Int64
        var name: String
        var status: ProductStatus
        var price: Price?
        var variants: [Variant]
    }

    struct Variant: Decodable, Sendable {
        var id: Int64
        var isDefault: Bool
        var sku: String
        var name: String
        var price: Price?
        var ownPrice: Bool
        var barcodes: [Barcode]
        var lowStockThreshold: Int64
        var rearm: Int64
        var locations: [Balance]
    }

    struct Place: Decodable, Sendable {
        var code: String
        var name: String
        var sells: Bool
    }

    struct Balance: Decodable, Sendable {
        var location: String
        var onHand: Int64
    }

    /// Reads all of it, page by page.
    static func read(_ client: ServerClient, progress: Progress) async throws -> ServerCatalogue {
        let locations: [Place] = try await pages("/api/locations", client) { _ in }
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
            let page = try JSONDecoder().decode(Page<Item>.self, fromOutside: data)
            items += page.items
            cursor = page.nextCursor
            seen(items.count)
        } while cursor != nil
        return items
    }

    /// The same as the state machine has it, so that changes can be judged before they are made.
    var state: InventoryState {
        InventoryState(
            seq: 0, locations: locations.map { Location(code: $0.code, name: $0.name, sells: $0.sells) },
            products: products.map { product in
                TallywireCore.Product(
                    id: ProductID(product.id), name: product.name, status: product.status, price: product.price,
                    variants: product.variants.map { VariantID($0.id) },
                    hasDefaultVariant: product.variants.first?.isDefault ?? false)
            },
            variants: products.flatMap { product in product.variants.map { $0.state(of: product) } },
            lastIDs: .init(
                product: products.map(\.id).max() ?? 0, variant: products.flatMap(\.variants).map(\.id).max() ?? 0))
    }
}

extension ServerCatalogue.Variant {
    fileprivate func state(of product: ServerCatalogue.Product) -> TallywireCore.Variant {
        TallywireCore.Variant(
            id: VariantID(id), productID: ProductID(product.id), isDefault: isDefault, sku: sku, name: name,
            ownPrice: ownPrice ? price : nil, barcodes: barcodes,
            alerts: AlertRule(threshold: lowStockThreshold, rearm: rearm),
            balances: locations.map { TallywireCore.Balance(location: $0.location, onHand: $0.onHand) })
    }
}

extension CatalogueFile {
    /// All that a catalogue holds, in order of ids.
    init(_ state: InventoryState) {
        locations = state.locations.values.sorted { $0.code < $1.code }.map { .init(code: $0.code, name: $0.name, sells: $0.sells) }
        products = state.products.values.sorted { $0.id < $1.id }.map { product in
            ProductRow(
                id: product.id.rawValue, name: product.name, status: product.status, price: product.price.map { .some($0) },
                variants: product.variants.compactMap { state.variants[$0] }.map { VariantRow($0) })
        }
    }
}

extension CatalogueFile.VariantRow {
    fileprivate init(_ variant: TallywireCore.Variant) {
        self.init(
            id: variant.id.rawValue, sku: variant.sku, name: variant.isDefault ? nil : variant.name,
            price: variant.ownPrice.map { .own($0) }, barcodes: variant.barcodes, lowStockThreshold: variant.alerts.threshold,
            rearm: variant.alerts.rearm,
            stock: Dictionary(variant.balances.map { ($0.location, .init(units: $0.onHand)) }) { first, _ in first })
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
