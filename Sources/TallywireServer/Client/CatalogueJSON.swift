import Foundation
import TallywireCore
import TallywireHTTP
import TallywirePipeline

/// The JSON form: `{"locations":[…],"products":[…]}`, products as the API takes them, and in each variant, or in a product without
/// variants, `"stock":{"WH1":42}`. A member that is missing says nothing; `"price":null` says that there is none, and of a variant that it
/// has its product's.
enum CatalogueJSON {
    static func read(_ text: String, _ path: String) throws -> CatalogueFile {
        if let twice = JSONSyntax.memberThatIsThereTwice(in: text.utf8) {
            throw Failure("error: \(path): “\(twice)” is there twice, and only one of them could count")
        }
        do {
            return try JSONDecoder().decode(Document.self, fromOutside: text.utf8).file(path)
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
            if let id = product.id {
                json.key("id")
                json.integer(id)
            }
            json.key("name")
            json.string(product.name ?? "")
            if let status = product.status {
                json.key("status")
                json.string(status.rawValue)
            }
            if let price = product.price {
                json.key("price")
                json.price(price)
            }
            if let only = product.variants.first, product.variants.count == 1, only.isDefault == true {
                write(only, id: "variantId", to: &json)
            } else {
                json.key("variants")
                json.array { json in
                    for variant in product.variants { json.object { write(variant, id: "id", to: &$0) } }
                }
            }
        }
    }

    private static func write(_ variant: CatalogueFile.VariantRow, id: StaticString, to json: inout JSONWriter) {
        if let number = variant.id {
            json.key(id)
            json.integer(number)
        }
        json.key("sku")
        json.string(variant.sku)
        if let name = variant.name {
            json.key("name")
            json.string(name)
        }
        // Of a variant, `null` says that it has its product's; a product without variants has said its price already.
        if variant.isDefault != true, let isOwn = variant.ownPrice {
            json.key("price")
            json.price(isOwn ? variant.price ?? nil : nil)
        }
        if let barcodes = variant.barcodes {
            json.key("barcodes")
            json.array { json in
                for barcode in barcodes { barcode.write(to: &json) }
            }
        }
        if let threshold = variant.lowStockThreshold {
            json.key("lowStockThreshold")
            json.integer(threshold)
        }
        if let rearm = variant.rearm {
            json.key("rearm")
            json.integer(rearm)
        }
        json.key("stock")
        json.object { json in
            for (location, count) in variant.stock.sorted(by: { $0.key < $1.key }) {
                json.dynamicKey(location)
                json.integer(count.units)
            }
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "the document" : Document.place(path)
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(place(context.codingPath)) lacks “\(key.stringValue)”"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "\(place(context.codingPath)): \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }
}
