import Foundation
import NIOHTTP1
import TallywireCore

extension Command.Action {
    /// The call that does it, `nil` for what no import does. `created` has the ids that the server gave to products, by those of the plan.
    func call(_ created: [ProductID: ProductID]) -> (method: HTTPMethod, path: String, body: Data)? {
        var json = JSONWriter()
        let (method, path): (HTTPMethod, String)
        switch self {
        case .createLocation(let location):
            (method, path) = (.POST, "/api/locations")
            json.object { location.writeMembers(to: &$0) }
        case .createProduct(let product):
            (method, path) = (.POST, "/api/products")
            json.object { product.writeMembers(to: &$0) }
        case .addVariant(let product, let variant):
            (method, path) = (.POST, "/api/products/\(created[product] ?? product)/variants")
            json.object { variant.writeMembers(to: &$0, id: "id", named: true) }
        case .updateProduct(let product, let update):
            (method, path) = (.PATCH, "/api/products/\(product)")
            json.object { update.writeMembers(to: &$0) }
        case .updateVariant(let variant, let update):
            (method, path) = (.PATCH, "/api/variants/\(variant)")
            json.object { update.writeMembers(to: &$0) }
        case .move(let movement):
            (method, path) = (.POST, "/api/movements")
            json.object { movement.writeMembers(to: &$0) }
        default: return nil
        }
        return (method, path, Data(json.bytes))
    }
}

extension Location {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.key("code")
        json.string(code)
        json.key("name")
        json.string(name)
        json.key("sells")
        json.bool(sells)
    }
}

extension NewProduct {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        if let id {
            json.key("id")
            json.integer(id.rawValue)
        }
        json.key("name")
        json.string(name)
        json.key("status")
        json.string(status.rawValue)
        if let price {
            json.key("price")
            json.price(price)
        }
        switch content {
        case .single(let variant): variant.writeMembers(to: &json, id: "variantId", named: false)
        case .variants(let variants):
            json.key("variants")
            json.array { json in
                for variant in variants { json.object { variant.writeMembers(to: &$0, id: "id", named: true) } }
            }
        }
    }
}

extension NewVariant {
    func writeMembers(to json: inout JSONWriter, id key: StaticString, named: Bool) {
        if let id {
            json.key(key)
            json.integer(id.rawValue)
        }
        json.key("sku")
        json.string(sku)
        if named {
            json.key("name")
            json.string(name)
            if let price {
                json.key("price")
                json.price(price)
            }
        }
        VariantUpdate(barcodes: barcodes, threshold: alerts.threshold, rearm: alerts.rearm).writeMembers(to: &json)
    }
}

extension ProductUpdate {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        if let name {
            json.key("name")
            json.string(name)
        }
        if let status {
            json.key("status")
            json.string(status.rawValue)
        }
        if let price {
            json.key("price")
            json.price(price)
        }
    }
}

extension VariantUpdate {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        if let name {
            json.key("name")
            json.string(name)
        }
        if let price {
            json.key("price")
            json.price(price)
        }
        if let barcodes {
            json.key("barcodes")
            json.array { json in
                for barcode in barcodes { barcode.write(to: &json) }
            }
        }
        if let threshold {
            json.key("lowStockThreshold")
            json.integer(threshold)
        }
        if let rearm {
            json.key("rearm")
            json.integer(rearm)
        }
    }
}

extension Movement {
    /// As far as an import needs it: lines that count.
    fileprivate func writeMembers(to json: inout JSONWriter) {
        if let reason {
            json.key("reason")
            json.string(reason)
        }
        json.key("lines")
        json.array { json in
            for line in lines {
                guard case .sku(let sku) = line.item else { continue }
                json.object { json in
                    json.key("sku")
                    json.string(sku)
                    json.key("location")
                    json.string(line.location)
                    json.key("operation")
                    json.string(line.operation.rawValue)
                    json.key("quantity")
                    json.integer(line.quantity)
                }
            }
        }
    }
}
