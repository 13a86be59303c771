import Foundation
import NIOHTTP1
import TallywireCore

/// Brings a server's catalogue and stock to what a file says, by as few changes as that takes: a second import changes nothing.
///
/// What the file does not name is left alone. Stock is counted (`set`), so an import that was interrupted may simply be run again.
struct CatalogueImport {
    private let client: ServerClient
    private let progress: Progress
    private var created = 0
    private var updated = 0
    private var counted = 0

    init(_ client: ServerClient, progress: Progress) {
        self.client = client
        self.progress = progress
    }

    /// Imports `file` and gives a sentence about what was done. The first thing that the server refuses ends it.
    mutating func run(_ file: CatalogueFile) async throws -> String {
        let server = try await ServerCatalogue.read(client, progress: progress)
        let known = Set(server.locations.map(\.code))
        for location in file.locations where !known.contains(location.code) { try await create(location) }
        var byID: [Int64: ServerCatalogue.Product] = [:]
        var bySKU: [String: (product: ServerCatalogue.Product, variant: ServerCatalogue.Variant)] = [:]
        for product in server.products {
            byID[product.id] = product
            for variant in product.variants { bySKU[variant.sku] = (product, variant) }
        }
        for (index, product) in file.products.enumerated() {
            progress.show(index + 1, of: file.products.count, "products")
            let existing = product.id.flatMap { byID[$0] } ?? product.variants.lazy.compactMap { bySKU[$0.sku]?.product }.first
            if let existing { try await update(existing, to: product) } else { try await create(product) }
        }
        try await count(file, bySKU.mapValues(\.variant))
        progress.clear()
        return "\(created) created, \(updated) updated, \(counted) balances counted"
    }

    // MARK: Catalogue

    private mutating func create(_ location: CatalogueFile.LocationRow) async throws {
        var json = JSONWriter()
        json.object { json in
            json.key("code")
            json.string(location.code)
            json.key("name")
            json.string(location.name ?? location.code)
            json.key("sells")
            json.bool(location.sells ?? true)
        }
        try await send(.POST, "/api/locations", json, "location \(location.code)")
        created += 1
    }

    private mutating func create(_ product: CatalogueFile.ProductRow) async throws {
        var json = JSONWriter()
        json.object { json in
            product.writeMembers(to: &json)
            if product.isSingle, let variant = product.variants.first {
                variant.writeMembers(to: &json)
            } else {
                json.key("variants")
                json.array { json in
                    for variant in product.variants { json.object { variant.writeNewVariant(to: &$0) } }
                }
            }
        }
        try await send(.POST, "/api/products", json, "product “\(product.name)”")
        created += 1
    }

    private mutating func update(_ existing: ServerCatalogue.Product, to product: CatalogueFile.ProductRow) async throws {
        let status = product.status ?? existing.status
        if existing.name != product.name || existing.status != status || existing.price != product.price {
            var json = JSONWriter()
            json.object { json in
                json.key("name")
                json.string(product.name)
                json.key("status")
                json.string(status)
                json.key("price")
                json.price(product.price)
            }
            try await send(.PATCH, "/api/products/\(existing.id)", json, "product “\(product.name)”")
            updated += 1
        }
        for variant in product.variants {
            guard let old = existing.variants.first(where: { $0.sku == variant.sku }) else {
                var json = JSONWriter()
                json.object { variant.writeNewVariant(to: &$0) }
                try await send(.POST, "/api/products/\(existing.id)/variants", json, "variant \(variant.sku)")
                created += 1
                continue
            }
            try await update(old, to: variant, productPrice: product.price)
        }
    }

    private mutating func update(
        _ old: ServerCatalogue.Variant, to variant: CatalogueFile.VariantRow, productPrice: Price?
    ) async throws {
        let threshold = variant.lowStockThreshold ?? old.lowStockThreshold
        let rearm = variant.rearm ?? old.rearm
        let price = variant.price ?? productPrice
        let name = old.isDefault ? old.name : variant.name
        guard
            old.name != name || old.price != price || old.barcodes != variant.barcodes || old.lowStockThreshold != threshold
                || old.rearm != rearm
        else { return }
        var json = JSONWriter()
        json.object { json in
            json.key("name")
            json.string(name)
            json.key("price")
            json.price(price)
            variant.writeSettings(to: &json)
        }
        try await send(.PATCH, "/api/variants/\(old.id)", json, "variant \(variant.sku)")
        updated += 1
    }

    // MARK: Stock

    private struct Count {
        let sku: String
        let location: String
        let units: Int64
    }

    /// Sets the balances that differ, in movements of a few hundred lines.
    private mutating func count(_ file: CatalogueFile, _ known: [String: ServerCatalogue.Variant]) async throws {
        var counts: [Count] = []
        for variant in file.products.flatMap(\.variants) {
            for (location, units) in variant.stock.sorted(by: { $0.key < $1.key }) {
                let before = known[variant.sku]?.locations.first { $0.location == location }?.onHand ?? 0
                if before != units { counts.append(Count(sku: variant.sku, location: location, units: units)) }
            }
        }
        for start in stride(from: 0, to: counts.count, by: 500) {
            let lines = counts[start..<min(start + 500, counts.count)]
            var json = JSONWriter()
            json.object { json in
                json.key("reason")
                json.string("count")
                json.key("lines")
                json.array { json in
                    for line in lines {
                        json.object { json in
                            json.key("sku")
                            json.string(line.sku)
                            json.key("location")
                            json.string(line.location)
                            json.key("operation")
                            json.string("set")
                            json.key("quantity")
                            json.integer(line.units)
                        }
                    }
                }
            }
            try await send(.POST, "/api/movements", json, "stock")
            counted += lines.count
            progress.show(counted, of: counts.count, "balances")
        }
    }

    private func send(_ method: HTTPMethod, _ path: String, _ json: JSONWriter, _ what: String) async throws {
        _ = try await client.call(method, path, body: Data(json.bytes)).accepted(what)
    }
}
