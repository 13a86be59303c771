import TallywireCore
import TallywireEngine

extension Audience {
    /// Writes a variant's values as an item of a snapshot, under the names of the contract.
    func write(_ record: VariantRecord, to json: inout JSONWriter) {
        let variant = record.variant
        json.object { json in
            json.member("productId", variant.productID.rawValue)
            json.writeVariant(variant.id, isDefault: variant.isDefault)
            if sees("sku") {
                json.member("sku", variant.sku)
            }
            if sees("variantName") || sees("name") {
                json.member("name", variant.name)
            }
            if sees("stock") {
                if let bands {
                    json.raw(bands.members(of: variant.stock).utf8)
                } else {
                    json.member("stock", variant.stock)
                }
            }
            if sees("price") {
                json.member("price", price: record.price)
            }
            if sees("status") {
                json.member("status", record.status.rawValue)
            }
            if sees("level") {
                json.member("level", variant.level.rawValue)
            }
            json.member("version", variant.version)
        }
    }

    /// Writes that a variant is gone.
    func write(_ removed: RemovedVariant, to json: inout JSONWriter) {
        json.object { json in
            json.member("productId", removed.product.rawValue)
            json.writeVariant(removed.variant, isDefault: removed.isDefault)
            if sees("sku") {
                json.member("sku", removed.sku)
            }
            json.member("removed", true)
        }
    }
}
