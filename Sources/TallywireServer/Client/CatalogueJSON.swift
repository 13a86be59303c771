import Foundation
import TallywireCore

/// The JSON form: `{"locations":[…],"products":[…]}`, products as the API takes them, and in each variant, or in a product without
/// variants, `"stock":{"WH1":42}`.
enum CatalogueJSON {
    static func read(_ data: Data, _ path: String) throws -> CatalogueFile {
        do {
            let document = try JSONDecoder().decode(Document.self, from: data)
            return CatalogueFile(locations: document.allLocations, products: document.products.map(\.row))
        } catch let error as DecodingError {
            throw Failure("error: \(path): \(explain(error))")
        }
    }

    static func write(_ file: CatalogueFile) -> String {
        var json = JSONWriter()
        json.object { json in
            json.key("locations")
            json.array { json in
                for location in file.locations {
                    json.object { json in
                        json.key("code")
                        json.string(location.code)
                        json.key("name")
                        json.string(location.name ?? location.code)
                        json.key("sells")
                        json.bool(location.sells ?? true)
                    }
                }
            }
            json.key("products")
            json.array { json in
                for product in file.products { write(product, to: &json) }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    private static func write(_ product: CatalogueFile.ProductRow, to json: inout JSONWriter) {
        json.object { json in
            product.writeMembers(to: &json)
            if product.isSingle, let variant = product.variants.first {
                variant.writeMembers(to: &json)
                write(variant.stock, to: &json)
            } else {
                json.key("variants")
                json.array { json in
                    for variant in product.variants {
                        json.object { json in
                            variant.writeNewVariant(to: &json)
                            write(variant.stock, to: &json)
                        }
                    }
                }
            }
        }
    }

    private static func write(_ stock: [String: Int64], to json: inout JSONWriter) {
        json.key("stock")
        json.object { json in
            for (location, units) in stock.sorted(by: { $0.key < $1.key }) {
                json.dynamicKey(location)
                json.integer(units)
            }
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "the document" : path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(place(context.codingPath)) lacks “\(key.stringValue)”"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "\(place(context.codingPath)): \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }

    private struct Document: Decodable {
        var locations: [CatalogueFile.LocationRow]?
        var products: [ProductDocument]

        /// Those that are listed, and those that a stock names.
        var allLocations: [CatalogueFile.LocationRow] {
            var all = locations ?? []
            var known = Set(all.map(\.code))
            for product in products {
                for code in product.row.variants.flatMap(\.stock.keys).sorted() where known.insert(code).inserted {
                    all.append(.init(code: code, name: nil, sells: nil))
                }
            }
            return all
        }
    }

    private struct ProductDocument: Decodable {
        var id: Int64?
        var name: String
        var status: String?
        var price: Price?
        var variants: [VariantDocument]?
        var variantId: Int64?
        var sku: String?
        var barcodes: [Barcode]?
        var lowStockThreshold: Int64?
        var rearm: Int64?
        var stock: [String: Int64]?

        var row: CatalogueFile.ProductRow {
            let single = CatalogueFile.VariantRow(
                id: variantId, sku: sku ?? "", name: name, barcodes: barcodes ?? [], lowStockThreshold: lowStockThreshold,
                rearm: rearm,
                stock: stock ?? [:])
            let several = variants ?? []
            return .init(
                id: id, name: name, status: status, price: price, isSingle: several.isEmpty,
                variants: several.isEmpty ? [single] : several.map(\.row))
        }
    }

    private struct VariantDocument: Decodable {
        var id: Int64?
        var sku: String
        var name: String
        var price: Price?
        var barcodes: [Barcode]?
        var lowStockThreshold: Int64?
        var rearm: Int64?
        var stock: [String: Int64]?

        var row: CatalogueFile.VariantRow {
            .init(
                id: id, sku: sku, name: name, price: price, barcodes: barcodes ?? [], lowStockThreshold: lowStockThreshold,
                rearm: rearm,
                stock: stock ?? [:])
        }
    }
}

extension CatalogueFile.ProductRow {
    /// Its own members, as the API takes them.
    func writeMembers(to json: inout JSONWriter) {
        if let id {
            json.key("id")
            json.integer(id)
        }
        json.key("name")
        json.string(name)
        if let status {
            json.key("status")
            json.string(status)
        }
        if let price {
            json.key("price")
            json.price(price)
        }
        if isSingle, let id = variants.first?.id {
            json.key("variantId")
            json.integer(id)
        }
    }
}

extension CatalogueFile.VariantRow {
    /// All members of a new variant, as the API takes them.
    func writeNewVariant(to json: inout JSONWriter) {
        if let id {
            json.key("id")
            json.integer(id)
        }
        json.key("name")
        json.string(name)
        if let price {
            json.key("price")
            json.price(price)
        }
        writeMembers(to: &json)
    }

    /// SKU, barcodes and alert rule, which stand in a variant as in a product without variants.
    func writeMembers(to json: inout JSONWriter) {
        json.key("sku")
        json.string(sku)
        writeSettings(to: &json)
    }

    func writeSettings(to json: inout JSONWriter) {
        json.key("barcodes")
        json.array { json in
            for barcode in barcodes { barcode.write(to: &json) }
        }
        if let lowStockThreshold {
            json.key("lowStockThreshold")
            json.integer(lowStockThreshold)
        }
        if let rearm {
            json.key("rearm")
            json.integer(rearm)
        }
    }
}
