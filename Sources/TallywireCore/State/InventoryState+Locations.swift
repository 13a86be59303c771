/// What becomes of locations, and of the stock at them.
extension InventoryState {
    func plan(creating location: Location) throws(Rejection) -> Plan {
        guard locations[location.code] == nil else {
            throw Rejection(.locationTaken, "there is a location “\(location.code.excerpt)” already", field: "code")
        }
        guard locations.count < Limits.locations else {
            throw Rejection(.outOfRange, "a journal has at most \(Limits.locations) locations", field: "code")
        }
        var values = CatalogueChanged.Values()
        values.name = location.name
        values.sells = location.sells
        if location.priority != 0 { values.priority = location.priority }
        var plan = Plan()
        plan.change(.created, .location(location.code), values)
        return plan
    }

    /// If the location begins or ends to sell, the plan has an `inventory_updated` for each variant with available units there, in
    /// order of id, and after them a `stock_alert` for each variant whose level changes.
    func plan(updating code: String, with update: LocationUpdate, id commandID: String, source: String) throws(Rejection) -> Plan {
        let location = try existing(code)
        var plan = Plan()
        var values = CatalogueChanged.Values()
        if let name = update.name, name != location.name { values.name = name }
        if let sells = update.sells, sells != location.sells { values.sells = sells }
        if let priority = update.priority, priority != location.priority { values.priority = priority }
        guard values != CatalogueChanged.Values() else { return plan }
        plan.change(.updated, .location(code), values)
        if let sells = values.sells {
            plan.bodies += try recount(at: code, sells: sells, id: commandID, source: source)
        }
        return plan
    }

    /// A location can be removed when nothing is there. What it had of each variant stays as a balance of zero. Before the removal
    /// the plan takes the thresholds there away, in order of the variants' ids.
    func plan(removing code: String) throws(Rejection) -> Plan {
        _ = try existing(code)
        if let count = counts.all.values.filter({ $0.location == code }).min(by: { $0.number < $1.number }) {
            throw Rejection(
                .countOpen,
                "the count “\(count.id.excerpt)” of \(code) is \(count.status.rawValue), so the location cannot be removed: post the count, or make it void"
            )
        }
        let left = variants.values.map { $0.balance(at: code) }.filter { !$0.isEmpty }
        guard left.isEmpty else {
            let units = left.reduce(0) { min($0 + $1.onHand, Limits.largestBalance) }
            let reserved = left.reduce(0) { min($0 + $1.reserved, Limits.largestBalance) }
            let incoming = left.reduce(0) { min($0 + $1.incoming, Limits.largestBalance) }
            throw Rejection(
                .inStock,
                "\(code) still has \(units) units of \(left.count) items, \(reserved) are reserved there and \(incoming) on the way, "
                    + "so it cannot be removed: transfer them, or set them to 0, and release the reservations", available: units)
        }
        let watched = variants.values.filter { $0.threshold(at: code) != nil }.sorted { $0.id < $1.id }
        guard watched.count <= Limits.variantsPerLocationUpdate else {
            throw Rejection(
                .outOfRange,
                "\(watched.count) items have a threshold at \(code), and it can be removed while there are at most "
                    + "\(Limits.variantsPerLocationUpdate): take some of the thresholds away first")
        }
        var plan = Plan()
        for variant in watched { plan.change([ThresholdChange(location: code, rule: nil)], of: variant) }
        plan.change(.removed, .location(code), CatalogueChanged.Values())
        return plan
    }

    /// The changes of stock where `code` begins or ends to sell. What is there stays as it is.
    private func recount(at code: String, sells: Bool, id: String, source: String) throws(Rejection) -> [Event.Body] {
        let affected = variants.values.filter {
            let balance = $0.balance(at: code)
            return balance.onHand != 0 || balance.reserved != 0
        }.sorted { $0.id < $1.id }
        guard affected.count <= Limits.variantsPerLocationUpdate else {
            throw Rejection(
                .outOfRange,
                "\(code) has \(affected.count) items in stock, and “sells” can be changed while there are at most "
                    + "\(Limits.variantsPerLocationUpdate): transfer some of them first", field: "sells")
        }
        var updates: [Event.Body] = []
        var alerts: [Event.Body] = []
        var totals: [ProductID: Int64] = [:]
        for variant in affected {
            let balance = variant.balance(at: code)
            let gained = sells ? balance.available : -balance.available
            let stock = variant.stock + gained
            let total = (totals[variant.productID] ?? products[variant.productID]?.totalStock ?? 0) + gained
            guard stock <= Limits.largestBalance, total <= Limits.largestBalance else {
                throw Rejection(
                    .outOfRange, "\(variant.sku) would have more than \(Limits.largestBalance) units to sell", field: "sells")
            }
            totals[variant.productID] = total
            let level = variant.alerts.level(of: stock, previous: variant.level)
            updates.append(
                .inventoryUpdated(
                    InventoryUpdated(
                        productID: variant.productID, variantID: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
                        variantName: variant.name, stock: stock, previousStock: variant.stock, totalProductStock: total,
                        totals: variant.balances.totals { $0 == code ? sells : locations[$0]?.sells == true },
                        change: .stock(
                            StockChange(
                                operation: .set, quantity: max(0, balance.onHand), balance: balance,
                                locationLevel: variant.threshold(at: code)?.level)),
                        reason: nil, reference: nil, price: price(of: variant),
                        status: products[variant.productID]?.status ?? .active, level: level, version: variant.version + 1,
                        source: source, movementID: id, occurredAt: nil)))
            if variant.raisesAlert(at: level) { alerts.append(.stockAlert(StockAlert(variant, stock: stock, level: level))) }
        }
        return updates + alerts
    }

    private func existing(_ code: String) throws(Rejection) -> Location {
        guard let location = locations[code] else {
            throw Rejection(.unknownLocation, "there is no location “\(code.excerpt)”")
        }
        return location
    }
}
