import TallywireCore
import TallywireEngine

/// How the API shows products, variants, balances and locations.
extension VariantRecord {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("id")
            json.integer(variant.id.rawValue)
            json.key("productId")
            json.integer(variant.productID.rawValue)
            json.key("isDefault")
            json.bool(variant.isDefault)
            json.key("sku")
            json.string(variant.sku)
            json.key("name")
            json.string(variant.name)
            json.key("productName")
            json.string(productName)
            json.key("price")
            json.price(price)
            json.key("ownPrice")
            json.bool(variant.ownPrice != nil)
            json.key("status")
            json.string(status.rawValue)
            json.key("level")
            json.string(variant.level.rawValue)
            json.key("version")
            json.integer(variant.version)
            json.key("stock")
            json.integer(variant.stock)
            json.writeSettings(of: variant)
            json.key("locations")
            json.array { json in
                for balance in variant.balances {
                    json.object { json in
                        json.key("location")
                        json.string(balance.location)
                        json.writeUnits(of: balance)
                    }
                }
            }
        }
    }

    /// What `/api/alerts` shows, with the names of a `stock_alert`.
    func writeAlert(to json: inout JSONWriter) {
        json.object { json in
            json.key("productId")
            json.integer(variant.productID.rawValue)
            json.key("variantId")
            json.integer(variant.id.rawValue)
            json.key("sku")
            json.string(variant.sku)
            json.key("name")
            json.string(variant.name)
            json.key("stockLevel")
            json.string(variant.level.rawValue)
            json.key("stock")
            json.integer(variant.stock)
            json.key("threshold")
            json.integer(variant.alerts.threshold)
            json.key("status")
            json.string(status.rawValue)
            json.key("version")
            json.integer(variant.version)
            json.key("productName")
            json.string(productName)
            json.key("seq")
            if let alert = variant.alert { json.integer(alert.seq) } else { json.null() }
            json.key("since")
            if let alert = variant.alert { json.timestamp(alert.since) } else { json.null() }
            json.key("acknowledgement")
            if let acknowledgement = variant.alert?.acknowledgement { acknowledgement.write(to: &json) } else { json.null() }
        }
    }
}

extension OpenAlert.Acknowledgement {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("by")
            json.string(by)
            json.key("at")
            json.timestamp(at)
            json.key("note")
            if let note { json.string(note) } else { json.null() }
        }
    }
}

extension ProductRecord {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("id")
            json.integer(product.id.rawValue)
            json.key("name")
            json.string(product.name)
            json.key("status")
            json.string(product.status.rawValue)
            json.key("price")
            json.price(product.price)
            json.key("totalProductStock")
            json.integer(product.totalStock)
            if product.hasDefaultVariant, let variant = variants.first?.variant {
                json.key("sku")
                json.string(variant.sku)
                json.writeSettings(of: variant)
            }
            json.key("variants")
            json.array { json in
                for variant in variants { variant.write(to: &json) }
            }
        }
    }
}

extension StockRecord {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("sku")
            json.string(sku)
            json.key("productId")
            json.integer(product.rawValue)
            json.key("variantId")
            json.integer(variant.rawValue)
            json.key("location")
            json.string(balance.location)
            json.writeUnits(of: balance)
        }
    }
}

extension Location {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("code")
            json.string(code)
            json.key("name")
            json.string(name)
            json.key("sells")
            json.bool(sells)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func writeSettings(of variant: Variant) {
        key("barcodes")
        array { json in
            for barcode in variant.barcodes { barcode.write(to: &json) }
        }
        key("lowStockThreshold")
        integer(variant.alerts.threshold)
        key("rearm")
        integer(variant.alerts.rearm)
    }

    fileprivate mutating func writeUnits(of balance: Balance) {
        key("onHand")
        integer(balance.onHand)
        key("reserved")
        integer(balance.reserved)
        key("stock")
        integer(balance.available)
    }
}
