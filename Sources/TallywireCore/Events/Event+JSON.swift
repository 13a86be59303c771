import GS1

/// The wire format of an event, byte for byte: the same in the journal, in the log and in a room.
extension Event {
    /// Writes the event as one JSON object without line breaks.
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("type", type.rawValue)
            json.member("seq", seq)
            json.member("timestamp", timestamp)
            json.object("data") { json in
                switch body {
                case .inventoryUpdated(let update): update.writeMembers(to: &json)
                case .stockAlert(let alert): alert.writeMembers(to: &json)
                case .productStatusChanged(let change): change.writeMembers(to: &json)
                case .catalogueChanged(let change): change.writeMembers(to: &json)
                case .deviceChanged(let change): change.writeMembers(to: &json)
                case .displayChanged(let change): change.writeMembers(to: &json)
                case .serialRepeated(let repeated): repeated.writeMembers(to: &json)
                case .alertAcknowledged(let acknowledged): acknowledged.writeMembers(to: &json)
                case .scanSetAside(let message): message.writeMembers(to: &json)
                }
                json.member("timestamp", timestamp)
            }
        }
    }

    /// The event's JSON in UTF-8.
    public var json: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }
}

extension InventoryUpdated {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.member("sku", sku)
        json.member("variantName", variantName)
        json.member("stock", stock)
        json.member("previousStock", previousStock)
        json.member("totalProductStock", totalProductStock)
        if case .stock(let operation, let quantity, _, _) = change {
            json.member("operation", operation.rawValue)
            json.member("quantity", quantity)
        }
        json.member("reason", reason)
        json.member("reference", reference)
        json.member("price", price: price)
        if case .price(let previous, let isOwn) = change {
            json.member("previousPrice", price: previous)
            json.member("ownPrice", isOwn)
        }
        json.member("status", status.rawValue)
        json.member("level", level.rawValue)
        if case .stock(_, _, let location, let locationStock) = change {
            json.member("location", location)
            json.member("locationStock", locationStock)
        }
        json.member("version", version)
        json.member("source", source)
        json.member("movementId", movementID)
        json.member("occurredAt", occurredAt)
        trace.writeMembers(to: &json)
    }
}

extension Trace {
    /// Writes `batch`, `serial` and `expiry`, those that there are.
    public func writeMembers(to json: inout JSONWriter) {
        json.member("batch", batch)
        json.member("serial", serial)
        json.member("expiry", expiry?.description)
    }
}

extension StockAlert {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.member("sku", sku)
        json.member("stockLevel", level.rawValue)
        json.member("previousLevel", previousLevel.rawValue)
        json.member("stock", stock)
        json.member("threshold", threshold)
        json.member("message", message)
    }
}

extension ProductStatusChanged {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.member("status", status.rawValue)
        json.member("previousStatus", previousStatus.rawValue)
    }
}

extension CatalogueChanged {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("change", change.rawValue)
        switch subject {
        case .location(let code):
            json.member("location", code)
        case .product(let id):
            json.member("productId", id.rawValue)
        case .variant(let id, let isDefault, let sku, let product):
            json.member("productId", product.rawValue)
            json.writeVariant(id, isDefault: isDefault)
            json.member("sku", sku)
        }
        json.object("values") { values.writeMembers(to: &$0) }
    }
}

extension CatalogueChanged.Values {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.member("id", id?.rawValue)
        json.member("name", name)
        json.member("sells", sells)
        json.member("status", status?.rawValue)
        if let price {
            json.member("price", price: price)
        }
        if let previousPrice {
            json.member("previousPrice", price: previousPrice)
        }
        json.member("ownPrice", ownPrice)
        if let barcodes {
            json.array("barcodes") { json in
                for barcode in barcodes { barcode.write(to: &json) }
            }
        }
        json.member("lowStockThreshold", lowStockThreshold)
        json.member("rearm", rearm)
        json.member("defaultVariant", hasDefaultVariant)
        json.member("version", version)
        if let locations {
            json.array("locations") { json in
                for location in locations { json.string(location) }
            }
        }
    }
}

extension Barcode {
    /// Writes `"4006381333931"` for a single item, `{"code":"…","units":12}` for a pack.
    public func write(to json: inout JSONWriter) {
        if units == 1 { return json.string(code) }
        json.object { json in
            json.member("code", code)
            json.member("units", units)
        }
    }
}

extension JSONWriter {
    /// Writes `"variantId":11`, or `null` for a default variant.
    public mutating func writeVariant(_ id: VariantID, isDefault: Bool) {
        key("variantId")
        if isDefault { null() } else { integer(id.rawValue) }
    }
}
