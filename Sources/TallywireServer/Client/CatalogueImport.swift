import Foundation
import NIOHTTP1
import TallywireCore

/// Carries an ``ImportPlan`` out on a server. Stock is counted (`set`), so an import that was interrupted may simply be run again.
struct CatalogueImport {
    let client: ServerClient
    let progress: Progress

    /// Lines of one movement.
    private static let lines = 500

    /// Makes the changes. The first thing that the server refuses ends it: somebody else has changed the catalogue meanwhile.
    func run(_ plan: ImportPlan) async throws {
        for (index, change) in plan.changes.enumerated() {
            progress.show(index + 1, of: plan.changes.count, "changes")
            try await send(change.action, change.text)
        }
        for start in stride(from: 0, to: plan.counts.count, by: Self.lines) {
            let lines = plan.counts[start..<min(start + Self.lines, plan.counts.count)].flatMap { change -> [Movement.Line] in
                if case .move(let movement) = change.action { movement.lines } else { [] }
            }
            try await send(.move(Movement(reason: "count", lines: lines)), "stock")
            progress.show(start + lines.count, of: plan.counts.count, "balances")
        }
        progress.clear()
    }

    private func send(_ action: Command.Action, _ what: String) async throws {
        var json = JSONWriter()
        let (method, path): (HTTPMethod, String)
        switch action {
        case .createLocation(let location):
            (method, path) = (.POST, "/api/locations")
            json.object { location.writeMembers(to: &$0) }
        case .createProduct(let product):
            (method, path) = (.POST, "/api/products")
            json.object { product.writeMembers(to: &$0) }
        case .addVariant(let product, let variant):
            (method, path) = (.POST, "/api/products/\(product)/variants")
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
        default: return
        }
        _ = try await client.call(method, path, body: Data(json.bytes)).accepted(what)
    }
}

// MARK: Bodies, as the API takes them

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
    fileprivate func writeMembers(to json: inout JSONWriter, id key: StaticString, named: Bool) {
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
