import TallywireCore
import TallywireEngine

/// The API's JSON for products, variants, balances and locations.
extension VariantRecord {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", variant.id.rawValue)
            json.member("productId", variant.productID.rawValue)
            json.member("isDefault", variant.isDefault)
            json.member("sku", variant.sku)
            json.member("name", variant.name)
            json.member("productName", productName)
            json.member("price", price: price)
            json.member("ownPrice", variant.ownPrice != nil)
            json.member("status", status.rawValue)
            json.member("level", variant.level.rawValue)
            json.member("version", variant.version)
            json.member("stock", variant.stock)
            json.writeSettings(of: variant)
            json.array("locations") { json in
                for balance in variant.balances {
                    json.object { json in
                        json.member("location", balance.location)
                        json.writeUnits(of: balance)
                        json.member("level", variant.threshold(at: balance.location)?.level.rawValue)
                    }
                }
            }
        }
    }
}

extension AlertRecord {
    /// Writes an element of `/api/alerts`, with the names of a `stock_alert`.
    func write(to json: inout JSONWriter) {
        let variant = self.variant.variant
        json.object { json in
            json.member("productId", variant.productID.rawValue)
            json.member("variantId", variant.id.rawValue)
            json.member("sku", variant.sku)
            json.member("name", variant.name)
            json.member("scope", threshold == nil ? "total" : "location")
            json.member("location", threshold?.location)
            json.member("locationStock", threshold.map { variant.balance(at: $0.location).available })
            json.member("stockLevel", level.rawValue)
            json.member("stock", variant.stock)
            json.member("threshold", rule.threshold)
            json.member("status", self.variant.status.rawValue)
            json.member("version", variant.version)
            json.member("productName", self.variant.productName)
            json.key("seq")
            if let alert { json.integer(alert.seq) } else { json.null() }
            json.key("since")
            if let alert { json.timestamp(alert.since) } else { json.null() }
            json.key("acknowledgement")
            if let acknowledgement = alert?.acknowledgement { acknowledgement.write(to: &json) } else { json.null() }
        }
    }
}

extension OpenAlert.Acknowledgement {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("by", by)
            json.member("at", at)
            json.key("note")
            if let note { json.string(note) } else { json.null() }
        }
    }
}

extension ProductRecord {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", product.id.rawValue)
            json.member("name", product.name)
            json.member("status", product.status.rawValue)
            json.member("price", price: product.price)
            json.member("totalProductStock", product.totalStock)
            if product.hasDefaultVariant, let variant = variants.first?.variant {
                json.member("sku", variant.sku)
                json.writeSettings(of: variant)
            }
            json.array("variants") { json in
                for variant in variants { variant.write(to: &json) }
            }
        }
    }
}

extension StockRecord {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("sku", sku)
            json.member("productId", product.rawValue)
            json.member("variantId", variant.rawValue)
            json.member("location", balance.location)
            json.writeUnits(of: balance)
        }
    }
}

extension Location {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("code", code)
            json.member("name", name)
            json.member("sells", sells)
            json.member("priority", priority)
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
        variant.thresholdRules.writeMember(to: &self)
    }

    fileprivate mutating func writeUnits(of balance: Balance) {
        key("onHand")
        integer(balance.onHand)
        key("reserved")
        integer(balance.reserved)
        key("unavailable")
        integer(balance.unavailable)
        key("incoming")
        integer(balance.incoming)
        func member(_ name: StaticString, _ units: Int64?) { if let units, units != 0 { self.member(name, units) } }
        member("damaged", balance.details?.damaged)
        member("inspection", balance.details?.inspection)
        member("safety", balance.details?.safety)
        key("stock")
        integer(balance.available)
    }
}
