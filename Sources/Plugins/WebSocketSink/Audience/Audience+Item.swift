import TallywireCore
import TallywireEngine

extension Audience {
    /// Writes a variant's values as an item of a snapshot, under the names of the contract.
    func write(_ record: VariantRecord, to json: inout JSONWriter) {
        let variant = record.variant
        json.object { json in
            json.key("productId")
            json.integer(variant.productID.rawValue)
            json.writeVariant(variant.id, isDefault: variant.isDefault)
            if sees("sku") {
                json.key("sku")
                json.string(variant.sku)
            }
            if sees("variantName") || sees("name") {
                json.key("name")
                json.string(variant.name)
            }
            if sees("stock") {
                if let bands {
                    json.raw(bands.members(of: variant.stock).utf8)
                } else {
                    json.key("stock")
                    json.integer(variant.stock)
                }
            }
            if sees("price") {
                json.key("price")
                json.price(record.price)
            }
            if sees("status") {
                json.key("status")
                json.string(record.status.rawValue)
            }
            if sees("level") {
                json.key("level")
                json.string(variant.level.rawValue)
            }
            json.key("version")
            json.integer(variant.version)
        }
    }

    /// Writes that a variant is gone.
    func write(_ removed: RemovedVariant, to json: inout JSONWriter) {
        json.object { json in
            json.key("productId")
            json.integer(removed.product.rawValue)
            json.writeVariant(removed.variant, isDefault: removed.isDefault)
            if sees("sku") {
                json.key("sku")
                json.string(removed.sku)
            }
            json.key("removed")
            json.bool(true)
        }
    }
}
