import Foundation
import NIOHTTP1
import TallywireCore

extension Command.Action {
    /// Returns the call for the command; `nil` for a command that no import uses. `created` maps the plan's ids of products to
    /// those that the server assigned.
    func call(_ created: [ProductID: ProductID]) -> (method: HTTPMethod, path: String, body: Data)? {
        var json = JSONWriter()
        let (method, path): (HTTPMethod, String)
        switch self {
        case .createLocation(let location):
            (method, path) = (.POST, "/api/locations")
            json.object { location.writeMembers(to: &$0) }
        case .updateLocation(let code, let update):
            let encoded = code.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? code
            (method, path) = (.PATCH, "/api/locations/\(encoded)")
            json.object { update.writeMembers(to: &$0) }
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
        json.member("code", code)
        json.member("name", name)
        json.member("sells", sells)
        if priority != 0 { json.member("priority", priority) }
    }
}

extension LocationUpdate {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("name", name)
        json.member("sells", sells)
        json.member("priority", priority)
    }
}

extension NewProduct {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("id", id?.rawValue)
        json.member("name", name)
        json.member("status", status.rawValue)
        if let price {
            json.member("price", price: price)
        }
        switch content {
        case .single(let variant): variant.writeMembers(to: &json, id: "variantId", named: false)
        case .variants(let variants):
            json.array("variants") { json in
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
        json.member("sku", sku)
        if named {
            json.member("name", name)
            if let price {
                json.member("price", price: price)
            }
        }
        VariantUpdate(
            barcodes: barcodes, threshold: alerts.threshold, rearm: alerts.rearm, thresholds: thresholds.isEmpty ? nil : thresholds
        ).writeMembers(to: &json)
    }
}

extension ProductUpdate {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("name", name)
        json.member("status", status?.rawValue)
        if let price {
            json.member("price", price: price)
        }
    }
}

extension VariantUpdate {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("name", name)
        if let price {
            json.member("price", price: price)
        }
        if let barcodes {
            json.array("barcodes") { json in
                for barcode in barcodes { barcode.write(to: &json) }
            }
        }
        json.member("lowStockThreshold", threshold)
        json.member("rearm", rearm)
        thresholds?.writeMember(to: &json)
    }
}

extension Movement {
    /// Writes the members that an import needs: lines that count.
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("reason", reason)
        json.array("lines") { json in
            for line in lines {
                guard case .sku(let sku) = line.item else { continue }
                json.object { json in
                    json.member("sku", sku)
                    json.member("location", line.location)
                    json.member("operation", line.operation.rawValue)
                    json.member("quantity", line.quantity)
                }
            }
        }
    }
}
