import TallywireCore

/// Locations, products and variants.
extension NaiveInventory {
    struct Article: Equatable { let price: Price?, status: ProductStatus, isSingle: Bool }

    mutating func change(_ code: String, to update: LocationUpdate) throws {
        guard let old = locations[code] else { throw Refused() }
        locations[code] = Location(
            code: code, name: update.name ?? old.name, sells: update.sells ?? old.sells,
            priority: update.priority ?? old.priority)
        guard let sells = update.sells, sells != old.sells else { return }
        for (sku, item) in items where item.onHand[code, default: 0] != 0 || reserved(sku, code) != 0 {
            versions[sku, default: 0] += 1
        }
    }

    mutating func removeLocation(_ code: String) throws {
        try require(locations.removeValue(forKey: code) != nil && !counts.values.contains { $0.new.location == code })
        try require(items.allSatisfy { $0.value.isEmpty(code) && reserved($0.key, code) == 0 })
        for sku in items.keys { items[sku]?.alerts[code] = nil }
    }

    mutating func create(_ new: NewProduct) throws {
        let (id, isSingle) = (new.id?.rawValue ?? lastProduct + 1, new.single != nil)
        lastProduct = max(lastProduct, id)
        try require(articles.updateValue(Article(price: new.price, status: new.status, isSingle: isSingle), forKey: id) == nil)
        for variant in new.variants { try create(variant, of: id, isDefault: isSingle) }
    }

    mutating func change(_ id: VariantID, to update: VariantUpdate) throws {
        guard let (old, item) = items.first(where: { $0.value.id == id.rawValue }) else { throw Refused() }
        if item.isDefault { try change(item.product, price: update.price, status: nil) }
        let sku = update.sku ?? old
        if sku != old { try rename(old, to: sku) }
        for index in parts.indices where parts[index].sku == old { parts[index].sku = sku }
        items[sku]?.codes = update.barcodes ?? item.codes
        if let low = update.threshold { items[sku]?.alerts[""]?.rule.threshold = low }
        if let rearm = update.rearm { items[sku]?.alerts[""]?.rule.rearm = rearm }
        for change in update.thresholds ?? [] {
            try require(locations[change.location] != nil)
            let new = Alert(rule: AlertRule(), level: item.onHand[change.location] == nil ? .out : .ok)
            items[sku]?.alerts[change.location] = change.rule == nil ? nil : item.alerts[change.location] ?? new
            if let rule = change.rule { items[sku]?.alerts[change.location]?.rule = rule }
        }
        guard let price = update.price, !item.isDefault else { return }
        let inherited = articles[item.product]?.price
        if price ?? inherited != item.price ?? inherited { versions[sku, default: 0] += 1 }
        items[sku]?.price = price
    }

    mutating func change(_ id: Int64, price: Price??, status: ProductStatus?) throws {
        guard let old = articles[id] else { throw Refused() }
        articles[id] = Article(price: price ?? old.price, status: status ?? old.status, isSingle: old.isSingle)
        for (sku, item) in items where item.product == id {
            let changes = [item.price == nil && (price ?? old.price) != old.price, (status ?? old.status) != old.status]
            versions[sku, default: 0] += Int64(changes.count { $0 })
        }
    }

    mutating func rename(_ old: String, to new: String) throws {
        try require(items[new] == nil)
        items[new] = items.removeValue(forKey: old)
        versions[new] = max(versions[new] ?? 0, versions[old] ?? 0)
    }

    mutating func create(_ new: NewVariant, of product: Int64, isDefault: Bool) throws {
        let (id, price) = (new.id?.rawValue ?? lastVariant + 1, isDefault ? nil : new.price)
        try require(items[new.sku] == nil && !items.values.contains { $0.id == id })
        try require(items.values.allSatisfy { Set($0.codes).isDisjoint(with: new.barcodes) })
        lastVariant = max(lastVariant, id)
        var alerts = ["": Alert(rule: new.alerts)]
        for change in new.thresholds {
            try require(locations[change.location] != nil)
            alerts[change.location] = change.rule.map { Alert(rule: $0) }
        }
        items[new.sku] = Item(
            id: id, product: product, isDefault: isDefault, price: price, codes: new.barcodes, onHand: [:], alerts: alerts)
    }

    mutating func remove(where condition: (Item) -> Bool) throws -> Int {
        let gone = items.filter { condition($0.value) }
        try require(gone.values.allSatisfy { item in locations.keys.allSatisfy { item.isEmpty($0) } })
        try require(!parts.contains { gone[$0.sku] != nil })
        for sku in gone.keys { items[sku] = nil }
        for id in counts.keys { for item in gone.values { counts[id]?.lines[item.id] = nil } }
        return gone.count
    }
}
