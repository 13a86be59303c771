import GS1

/// The wire format of an event, byte for byte: the same in the journal, in the log and in a room.
extension Event {
    /// Writes the event as one JSON object without line breaks.
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("type")
            json.string(type.rawValue)
            json.key("seq")
            json.integer(seq)
            json.key("timestamp")
            json.timestamp(timestamp)
            json.key("data")
            json.object { json in
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
                json.key("timestamp")
                json.timestamp(timestamp)
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
        json.key("productId")
        json.integer(productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.key("sku")
        json.string(sku)
        json.key("variantName")
        json.string(variantName)
        json.key("stock")
        json.integer(stock)
        json.key("previousStock")
        json.integer(previousStock)
        json.key("totalProductStock")
        json.integer(totalProductStock)
        if case .stock(let operation, let quantity, _, _) = change {
            json.key("operation")
            json.string(operation.rawValue)
            json.key("quantity")
            json.integer(quantity)
        }
        if let reason {
            json.key("reason")
            json.string(reason)
        }
        if let reference {
            json.key("reference")
            json.string(reference)
        }
        json.key("price")
        json.price(price)
        if case .price(let previous, let isOwn) = change {
            json.key("previousPrice")
            json.price(previous)
            if let isOwn {
                json.key("ownPrice")
                json.bool(isOwn)
            }
        }
        json.key("status")
        json.string(status.rawValue)
        json.key("level")
        json.string(level.rawValue)
        if case .stock(_, _, let location, let locationStock) = change {
            json.key("location")
            json.string(location)
            json.key("locationStock")
            json.integer(locationStock)
        }
        json.key("version")
        json.integer(version)
        json.key("source")
        json.string(source)
        json.key("movementId")
        json.string(movementID)
        if let occurredAt {
            json.key("occurredAt")
            json.timestamp(occurredAt)
        }
        trace.writeMembers(to: &json)
    }
}

extension Trace {
    /// Writes `batch`, `serial` and `expiry`, those that there are.
    public func writeMembers(to json: inout JSONWriter) {
        if let batch {
            json.key("batch")
            json.string(batch)
        }
        if let serial {
            json.key("serial")
            json.string(serial)
        }
        if let expiry {
            json.key("expiry")
            json.string(expiry.description)
        }
    }
}

extension StockAlert {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.key("productId")
        json.integer(productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.key("sku")
        json.string(sku)
        json.key("stockLevel")
        json.string(level.rawValue)
        json.key("previousLevel")
        json.string(previousLevel.rawValue)
        json.key("stock")
        json.integer(stock)
        json.key("threshold")
        json.integer(threshold)
        json.key("message")
        json.string(message)
    }
}

extension ProductStatusChanged {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.key("productId")
        json.integer(productID.rawValue)
        json.key("status")
        json.string(status.rawValue)
        json.key("previousStatus")
        json.string(previousStatus.rawValue)
    }
}

extension CatalogueChanged {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        json.key("change")
        json.string(change.rawValue)
        switch subject {
        case .location(let code):
            json.key("location")
            json.string(code)
        case .product(let id):
            json.key("productId")
            json.integer(id.rawValue)
        case .variant(let id, let isDefault, let sku, let product):
            json.key("productId")
            json.integer(product.rawValue)
            json.writeVariant(id, isDefault: isDefault)
            json.key("sku")
            json.string(sku)
        }
        json.key("values")
        json.object { values.writeMembers(to: &$0) }
    }
}

extension CatalogueChanged.Values {
    fileprivate func writeMembers(to json: inout JSONWriter) {
        if let id {
            json.key("id")
            json.integer(id.rawValue)
        }
        if let name {
            json.key("name")
            json.string(name)
        }
        if let sells {
            json.key("sells")
            json.bool(sells)
        }
        if let status {
            json.key("status")
            json.string(status.rawValue)
        }
        if let price {
            json.key("price")
            json.price(price)
        }
        if let previousPrice {
            json.key("previousPrice")
            json.price(previousPrice)
        }
        if let ownPrice {
            json.key("ownPrice")
            json.bool(ownPrice)
        }
        if let barcodes {
            json.key("barcodes")
            json.array { json in
                for barcode in barcodes { barcode.write(to: &json) }
            }
        }
        if let lowStockThreshold {
            json.key("lowStockThreshold")
            json.integer(lowStockThreshold)
        }
        if let rearm {
            json.key("rearm")
            json.integer(rearm)
        }
        if let hasDefaultVariant {
            json.key("defaultVariant")
            json.bool(hasDefaultVariant)
        }
        if let version {
            json.key("version")
            json.integer(version)
        }
        if let locations {
            json.key("locations")
            json.array { json in
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
            json.key("code")
            json.string(code)
            json.key("units")
            json.integer(units)
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
