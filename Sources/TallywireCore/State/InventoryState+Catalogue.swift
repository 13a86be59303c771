extension InventoryState {
    func plan(creating new: NewProduct) throws(Rejection) -> Plan {
        let id = if let wanted = new.id { wanted } else { ProductID(try nextID(after: lastIDs.product)) }
        guard products[id] == nil else { throw Rejection(.idTaken, "there is a product \(id) already", field: "id") }
        var plan = Plan()
        plan.product = id
        var values = CatalogueChanged.Values()
        values.name = new.name
        values.status = new.status
        values.price = .some(new.price)
        var claims = Claims()
        switch new.content {
        case .single(var variant):
            values.hasDefaultVariant = true
            plan.change(.created, .product(id), values)
            variant.name = new.name
            // A default variant has its product's price and no own one.
            variant.price = new.price
            try plan.create(variant, isDefault: true, of: id, price: new.price, in: self, &claims, path: "")
        case .variants(let variants):
            values.hasDefaultVariant = false
            plan.change(.created, .product(id), values)
            for (index, variant) in variants.enumerated() {
                try plan.create(
                    variant, isDefault: false, of: id, price: new.price, in: self, &claims, path: "variants[\(index)].")
            }
        }
        return plan
    }

    func plan(adding variant: NewVariant, to id: ProductID) throws(Rejection) -> Plan {
        let product = try existing(id)
        guard !product.hasDefaultVariant else {
            throw Rejection(.invalidRequest, "product \(id) is sold without variants", field: "variants")
        }
        guard product.variants.count < Limits.variantsPerProduct else {
            throw Rejection(.outOfRange, "a product has at most \(Limits.variantsPerProduct) variants", field: "variants")
        }
        var plan = Plan()
        plan.product = id
        var claims = Claims()
        try plan.create(variant, isDefault: false, of: id, price: product.price, in: self, &claims, path: "")
        return plan
    }

    func plan(updating id: ProductID, with update: ProductUpdate, id commandID: String, source: String) throws(Rejection) -> Plan {
        let product = try existing(id)
        var plan = Plan()
        plan.product = id
        var values = CatalogueChanged.Values()
        if let name = update.name, name != product.name { values.name = name }
        if let price = update.price, price != product.price {
            values.price = .some(price)
            values.previousPrice = .some(product.price)
        }
        if values != CatalogueChanged.Values() { plan.change(.updated, .product(id), values) }
        if let price = values.price {
            for case let variant? in product.variants.map({ variants[$0] }) where variant.ownPrice == nil {
                var variant = variant
                if let name = values.name, variant.isDefault { variant.name = name }
                plan.bodies.append(
                    .inventoryUpdated(
                        InventoryUpdated(
                            repricing: variant, of: product, from: product.price, to: price, isOwn: false,
                            totals: totals(of: variant.balances),
                            source: source, id: commandID)))
            }
        }
        if let status = update.status, status != product.status {
            plan.bodies.append(
                .productStatusChanged(ProductStatusChanged(productID: id, status: status, previousStatus: product.status)))
        }
        return plan
    }

    func plan(updating id: VariantID, with update: VariantUpdate, id commandID: String, source: String) throws(Rejection) -> Plan {
        let variant = try existing(id)
        let product = try existing(variant.productID)
        var plan = Plan()
        if variant.isDefault {
            // Name and price of a default variant are those of its product.
            plan = try self.plan(
                updating: product.id, with: ProductUpdate(name: update.name, price: update.price), id: commandID, source: source)
        }
        plan.product = product.id
        plan.variant = id
        var changed = variant
        // The product's new price, if there is one, is an event of this variant.
        changed.version += plan.bodies.contains { $0.content.type == .inventoryUpdated } ? 1 : 0
        var values = try self.values(changing: changed, to: update)
        let old = price(of: variant)
        var new = old
        if let wanted = update.price, !variant.isDefault {
            new = wanted ?? product.price
            // The event is written even if the price stays the same: whether the price is the variant's own decides what the
            // product's next price does.
            if new == old, (wanted != nil) != (variant.ownPrice != nil) { values.ownPrice = wanted != nil }
        }
        changed.sku = values.sku ?? variant.sku
        changed.name = values.name ?? variant.name
        changed.version = values.version ?? changed.version
        changed.alerts = AlertRule(
            threshold: values.lowStockThreshold ?? variant.alerts.threshold, rearm: values.rearm ?? variant.alerts.rearm)
        if values != CatalogueChanged.Values() {
            plan.change(.updated, .variant(id, isDefault: variant.isDefault, sku: changed.sku, product: product.id), values)
        }
        if new != old {
            plan.bodies.append(
                .inventoryUpdated(
                    InventoryUpdated(
                        repricing: changed, of: product, from: old, to: new, isOwn: update.price.map { $0 != nil } ?? false,
                        totals: totals(of: variant.balances), source: source, id: commandID)))
        }
        let level = changed.alerts.level(of: variant.stock, previous: variant.level)
        if changed.raisesAlert(at: level) {
            plan.bodies.append(.stockAlert(StockAlert(changed, stock: variant.stock, level: level)))
        }
        plan.judge(values.thresholds ?? [], of: changed)
        return plan
    }

    /// The values of `variant` that `update` changes, without its price.
    private func values(changing variant: Variant, to update: VariantUpdate) throws(Rejection) -> CatalogueChanged.Values {
        var values = CatalogueChanged.Values()
        if let sku = update.sku, sku != variant.sku {
            guard self.variant(withSKU: sku) == nil else { throw Rejection.taken(sku: sku, field: "sku") }
            values.sku = sku
            values.previousSKU = variant.sku
            // Displays and clients that know the SKU take no values with a lower version than they had.
            if firstVersion(ofSKU: sku) > variant.version { values.version = firstVersion(ofSKU: sku) }
            values.locations = variant.balances.map(\.location)
        }
        if let name = update.name, name != variant.name, !variant.isDefault { values.name = name }
        if let barcodes = update.barcodes, barcodes != variant.barcodes {
            var claims = Claims()
            try claims.claim(barcodes, for: variant.id, in: self, field: "barcodes")
            values.barcodes = barcodes
        }
        if let threshold = update.threshold, threshold != variant.alerts.threshold { values.lowStockThreshold = threshold }
        if let rearm = update.rearm, rearm != variant.alerts.rearm { values.rearm = rearm }
        values.thresholds = try changes(update.thresholds ?? [], of: variant)
        return values
    }

    func plan(removing id: VariantID, id commandID: String, source: String) throws(Rejection) -> Plan {
        let variant = try existing(id)
        guard !variant.isDefault else {
            throw Rejection(.invalidRequest, "variant \(id) is all there is of product \(variant.productID): remove the product")
        }
        var plan = Plan()
        plan.product = variant.productID
        plan.variant = id
        try plan.remove(variant, id: commandID, source: source, in: self)
        return plan
    }

    func plan(removing id: ProductID, id commandID: String, source: String) throws(Rejection) -> Plan {
        let product = try existing(id)
        var plan = Plan()
        plan.product = id
        for case let variant? in product.variants.map({ variants[$0] }) {
            try plan.remove(variant, id: commandID, source: source, in: self)
        }
        plan.change(.removed, .product(id), CatalogueChanged.Values())
        return plan
    }

    private func existing(_ id: ProductID) throws(Rejection) -> Product {
        guard let product = products[id] else { throw Rejection(.unknownProduct, "there is no product \(id)") }
        return product
    }

    private func existing(_ id: VariantID) throws(Rejection) -> Variant {
        guard let variant = variants[id] else { throw Rejection(.unknownVariant, "there is no variant \(id)") }
        return variant
    }
}

/// The id after the largest that was ever used.
private func nextID(after last: Int64) throws(Rejection) -> Int64 {
    guard last < Limits.largestBalance else {
        throw Rejection(.outOfRange, "the largest id is in use, so ids have to be given", field: "id")
    }
    return last + 1
}

/// Keys that a command claims, so that it cannot claim one twice.
private struct Claims {
    var ids: Set<VariantID> = []
    var skus: Set<String> = []
    var barcodes: Set<String> = []
    /// The GTINs among the barcodes, and the codes that are no GTIN. Each belongs to one variant.
    var gtins: Set<String> = []
    var lastID: Int64?

    /// Claims the barcodes of `variant`, each with all forms of its GTIN. A barcode that the variant has already stays its own,
    /// even if another variant of an older catalogue has the same GTIN in another form.
    mutating func claim(_ codes: [Barcode], for variant: VariantID, in state: InventoryState, field: String) throws(Rejection) {
        let kept = Set(state.variants[variant]?.barcodes.map(\.code) ?? [])
        var units: [String: Int64] = [:]
        for (index, barcode) in codes.enumerated() {
            let field = "\(field)[\(index)]"
            let owner = kept.contains(barcode.code) ? variant : state.variant(withBarcode: barcode.code)
            guard owner == nil || owner == variant else {
                throw Rejection(
                    .barcodeTaken, "the barcode “\(barcode.code.excerpt)” belongs to variant \(owner ?? variant)", field: field)
            }
            let key = Barcode.itemKey(of: barcode.code)
            guard barcodes.insert(barcode.code).inserted, units[key] != nil || gtins.insert(key).inserted else {
                throw Rejection(
                    .barcodeTaken, "the barcode “\(barcode.code.excerpt)” belongs to the same command", field: field)
            }
            guard units.updateValue(barcode.units, forKey: key).map({ $0 == barcode.units }) ?? true else {
                throw Rejection(
                    .barcodeTaken,
                    "the barcode “\(barcode.code.excerpt)” is the same GTIN as another one of this variant, which means other units",
                    field: field)
            }
        }
    }
}

extension Rejection {
    fileprivate static func taken(sku: String, field: String) -> Rejection {
        Rejection(.skuTaken, "the SKU “\(sku.excerpt)” is taken", field: field)
    }
}

extension Plan {
    mutating func change(
        _ change: CatalogueChanged.Change, _ subject: CatalogueChanged.Subject, _ values: CatalogueChanged.Values
    ) {
        bodies.append(.catalogueChanged(CatalogueChanged(change: change, subject: subject, values: values)))
    }

    fileprivate mutating func create(
        _ new: NewVariant, isDefault: Bool, of product: ProductID, price: Price?, in state: InventoryState, _ claims: inout Claims,
        path: String
    ) throws(Rejection) {
        let last = max(state.lastIDs.variant, claims.lastID ?? 0)
        let id = if let wanted = new.id { wanted } else { VariantID(try nextID(after: last)) }
        guard state.variants[id] == nil, claims.ids.insert(id).inserted else {
            throw Rejection(.idTaken, "there is a variant \(id) already", field: path + "id")
        }
        claims.lastID = max(claims.lastID ?? 0, id.rawValue)
        guard state.variant(withSKU: new.sku) == nil, claims.skus.insert(new.sku).inserted else {
            throw Rejection.taken(sku: new.sku, field: path + "sku")
        }
        try claims.claim(new.barcodes, for: id, in: state, field: path + "barcodes")
        variant = variant ?? id
        var values = CatalogueChanged.Values()
        values.id = id
        values.name = new.name
        values.price = .some(new.price ?? price)
        if !isDefault, new.price != nil { values.ownPrice = true }
        values.barcodes = new.barcodes
        values.lowStockThreshold = new.alerts.threshold
        values.rearm = new.alerts.rearm
        try state.require(locationsOf: new.thresholds, path: path)
        let thresholds = new.thresholds.filter { $0.rule != nil }
        if !thresholds.isEmpty { values.thresholds = thresholds }
        let version = state.firstVersion(ofSKU: new.sku)
        if version > 0 { values.version = version }
        change(.created, .variant(id, isDefault: isDefault, sku: new.sku, product: product), values)
    }

    fileprivate mutating func remove(
        _ variant: Variant, id: String, source: String, in state: InventoryState
    ) throws(Rejection) {
        let left = variant.balances.reduce(0) { $0 + $1.onHand }
        guard variant.balances.allSatisfy({ $0.onHand == 0 }) else {
            throw Rejection(.inStock, "\(variant.sku) still has \(left) units, so it cannot be removed", available: max(0, left))
        }
        if let balance = variant.balances.first(where: { $0.incoming != 0 }) {
            throw Rejection(
                .inStock,
                "\(balance.incoming) units of \(variant.sku) are on the way to \(balance.location), so it cannot be removed: "
                    + "receive them, or subtract them with “fromState”:“incoming”", available: left)
        }
        for reservation in state.reservations.holders(of: variant.id) {
            throw Rejection(
                .inStock,
                "\(variant.sku) is in the open reservation “\(reservation.id.excerpt)”, so it cannot be removed: release that first",
                available: left)
        }
        bodies += state.plan(takingOut: variant, by: source, id: id)
        var values = CatalogueChanged.Values()
        values.id = variant.id
        values.locations = variant.balances.map(\.location)
        change(
            .removed, .variant(variant.id, isDefault: variant.isDefault, sku: variant.sku, product: variant.productID), values)
    }
}

extension InventoryUpdated {
    /// The event of a new price.
    fileprivate convenience init(
        repricing variant: Variant, of product: Product, from old: Price?, to new: Price?, isOwn: Bool, totals: StockTotals,
        source: String, id: String
    ) {
        self.init(
            productID: product.id, variantID: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
            variantName: variant.name, stock: variant.stock, previousStock: variant.stock, totalProductStock: product.totalStock,
            totals: totals, change: .price(previous: old, isOwn: isOwn), reason: nil, reference: nil, price: new,
            status: product.status, level: variant.level, version: variant.version + 1, source: source, movementID: id,
            occurredAt: nil)
    }
}
