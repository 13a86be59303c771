import Foundation
import TallywireCore

/// Catalogue and stock as a server returns them.
struct ServerCatalogue: Sendable {
    var locations: [Location]
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
        var level: StockLevel
        var barcodes: [Barcode]
        var lowStockThreshold: Int64
        var rearm: Int64
        /// `nil` from a server of an earlier version.
        var thresholds: [String: AlertRule]?
        var locations: [Balance]
    }

    struct Location: Decodable, Sendable {
        var code: String
        var name: String
        var sells: Bool
        /// `nil` from a server of an earlier version.
        var priority: Int64?
    }

    struct Balance: Decodable, Sendable {
        var location: String
        var onHand: Int64
    }

    /// Reads everything, page by page.
    static func read(_ client: ServerClient, progress: Progress) async throws -> ServerCatalogue {
        let locations: [Location] = try await pages("/api/locations", client) { _ in }
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

    /// The same as a state of the state machine, so that changes can be decided before they are made.
    var state: InventoryState {
        let selling = Set(locations.filter(\.sells).map(\.code))
        let variants = products.map { product in product.variants.map { $0.state(of: product, selling: selling) } }
        return InventoryState(
            seq: 0,
            locations: locations.map {
                TallywireCore.Location(code: $0.code, name: $0.name, sells: $0.sells, priority: $0.priority ?? 0)
            },
            products: zip(products, variants).map { product, variants in
                TallywireCore.Product(
                    id: ProductID(product.id), name: product.name, status: product.status, price: product.price,
                    variants: variants.map(\.id), hasDefaultVariant: variants.first?.isDefault ?? false,
                    totalStock: variants.reduce(0) { $0 + $1.stock })
            },
            variants: variants.flatMap(\.self),
            lastIDs: .init(
                product: products.map(\.id).max() ?? 0, variant: products.flatMap(\.variants).map(\.id).max() ?? 0))
    }
}

extension ServerCatalogue.Variant {
    fileprivate func state(of product: ServerCatalogue.Product, selling: Set<String>) -> TallywireCore.Variant {
        TallywireCore.Variant(
            id: VariantID(id), productID: ProductID(product.id), isDefault: isDefault, sku: sku, name: name,
            ownPrice: ownPrice ? price : nil, barcodes: barcodes,
            alerts: AlertRule(threshold: lowStockThreshold, rearm: rearm), level: level,
            stock: locations.filter { selling.contains($0.location) }.reduce(0) { $0 + $1.onHand },
            balances: Balances(locations.map { TallywireCore.Balance(location: $0.location, onHand: $0.onHand) }),
            thresholds: [ThresholdChange](thresholds ?? [:]).map {
                LocationThreshold(location: $0.location, rule: $0.rule ?? AlertRule(), level: .ok)
            })
    }
}

extension CatalogueFile {
    /// Makes a file of the whole catalogue, in order of ids. A product whose last variant was removed is left out with a note: a
    /// file names items by SKU, and that product has none.
    init(_ state: InventoryState) {
        locations = state.locations.values.sorted { $0.code < $1.code }.map {
            .init(code: $0.code, name: $0.name, sells: $0.sells, priority: $0.priority)
        }
        for product in state.products.values.sorted(by: { $0.id < $1.id }) {
            let variants = product.variants.compactMap { state.variants[$0] }
            guard !variants.isEmpty else {
                notes.append("product \(product.id) “\(product.name.excerpt)” has no variants left, so no SKU, and is left out")
                continue
            }
            for variant in variants {
                for balance in variant.balances where balance.onHand < 0 {
                    notes.append(
                        "\(variant.sku) has \(balance.onHand) on hand at \(balance.location), and is written as 0: count it")
                }
            }
            products.append(
                ProductRow(
                    id: product.id.rawValue, name: product.name, status: product.status, price: .some(product.price),
                    variants: variants.map { VariantRow($0, of: product) }))
        }
    }
}

extension CatalogueFile.VariantRow {
    fileprivate init(_ variant: TallywireCore.Variant, of product: TallywireCore.Product) {
        self.init(
            id: variant.id.rawValue, productID: product.id.rawValue, sku: variant.sku, name: variant.isDefault ? nil : variant.name,
            isDefault: variant.isDefault, price: .some(variant.ownPrice ?? product.price),
            ownPrice: variant.isDefault ? nil : variant.ownPrice != nil, barcodes: variant.barcodes,
            lowStockThreshold: variant.alerts.threshold, rearm: variant.alerts.rearm, thresholds: variant.thresholdRules,
            stock: Dictionary(variant.balances.map { ($0.location, .init(units: max(0, $0.onHand))) }) { first, _ in first })
    }
}

/// A progress line on a terminal; nothing elsewhere.
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
