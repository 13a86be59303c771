import Foundation
import TallywireCore

/// The JSON format: `{"locations":[…],"products":[…]}`, products in the API's form. Each variant, or a product without variants,
/// also has `"stock":{"WH1":42}`. `thresholds` are all that a variant has. A missing member says nothing. `"price":null` says that there is no price, and in a variant that
/// it has its product's.
enum CatalogueJSON {
    static func read(_ text: String, _ path: String) throws -> CatalogueFile {
        // What is no JSON at all is told by the decoder.
        if let twice = (try? JSONReader.value(of: Array(text.utf8), depth: JSONReader.decoderDepth))?.repeatedPath {
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
            json.array("locations") { json in
                for location in file.locations {
                    json.object { json in
                        json.member("code", location.code)
                        json.member("name", location.name ?? location.code)
                        json.member("sells", location.sells ?? true)
                        json.member("priority", location.priority)
                    }
                }
            }
            json.array("products") { json in
                for product in file.products { write(product, to: &json) }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    private static func write(_ product: CatalogueFile.ProductRow, to json: inout JSONWriter) {
        json.object { json in
            json.member("id", product.id)
            json.member("name", product.name ?? "")
            json.member("status", product.status?.rawValue)
            if let price = product.price {
                json.member("price", price: price)
            }
            if let only = product.variants.first, product.variants.count == 1, only.isDefault == true {
                write(only, id: "variantId", to: &json)
            } else {
                json.array("variants") { json in
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
        json.member("sku", variant.sku)
        json.member("name", variant.name)
        // In a variant, `null` says that it has its product's price. The price of a product without variants is written already.
        if variant.isDefault != true, let isOwn = variant.ownPrice {
            json.member("price", price: isOwn ? variant.price ?? nil : nil)
        }
        if let barcodes = variant.barcodes {
            json.array("barcodes") { json in
                for barcode in barcodes { barcode.write(to: &json) }
            }
        }
        json.member("lowStockThreshold", variant.lowStockThreshold)
        json.member("rearm", variant.rearm)
        variant.thresholds?.writeMember(to: &json)
        json.object("stock") { json in
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
