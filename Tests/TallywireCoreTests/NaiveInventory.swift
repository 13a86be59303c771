import TallywireCore

/// Catalogue and stock as somebody keeps them who has dictionaries and time: no events, no indexes, no sums, no alerts.
struct NaiveInventory {
    struct Item: Equatable {
        var id: Int64, product: Int64, isDefault: Bool, price: Price?, codes: [Barcode], onHand: [String: Int64]
    }
    struct Article: Equatable { let price: Price?, status: ProductStatus, isSingle: Bool }
    struct Refused: Error {}

    private(set) var items: [String: Item] = [:], articles: [Int64: Article] = [:], locations: [String: Location] = [:]
    /// Versions by SKU, which stay when it is removed or its item gets another.
    private(set) var versions: [String: Int64] = [:]
    private var lastProduct: Int64 = 0, lastVariant: Int64 = 0

    mutating func apply(_ action: Command.Action) throws {
        switch action {
        case .createLocation(let new): try require(locations.updateValue(new, forKey: new.code) == nil)
        case .updateLocation(let code, let update):
            guard let old = locations[code] else { throw Refused() }
            locations[code] = Location(
                code: code, name: update.name ?? old.name, sells: update.sells ?? old.sells,
                priority: update.priority ?? old.priority)
            guard let sells = update.sells, sells != old.sells else { return }
            for (sku, item) in items where item.onHand[code] ?? 0 != 0 { versions[sku, default: 0] += 1 }
        case .removeLocation(let code):
            try require(locations.removeValue(forKey: code) != nil)
            try require(items.values.allSatisfy { $0.onHand[code] ?? 0 == 0 })
        case .createProduct(let new):
            let (id, isSingle) = (new.id?.rawValue ?? lastProduct + 1, new.single != nil)
            lastProduct = max(lastProduct, id)
            try require(articles.updateValue(Article(price: new.price, status: new.status, isSingle: isSingle), forKey: id) == nil)
            for variant in new.variants { try create(variant, of: id, isDefault: isSingle) }
        case .addVariant(let id, let new):
            try require(articles[id.rawValue]?.isSingle == false)
            try create(new, of: id.rawValue, isDefault: false)
        case .updateProduct(let id, let update): try change(id.rawValue, price: update.price, status: update.status)
        case .updateVariant(let id, let update):
            guard let (old, item) = items.first(where: { $0.value.id == id.rawValue }) else { throw Refused() }
            if item.isDefault { try change(item.product, price: update.price, status: nil) }
            let sku = update.sku ?? old
            if sku != old { try rename(old, to: sku) }
            items[sku]?.codes = update.barcodes ?? item.codes
            guard let price = update.price, !item.isDefault else { return }
            let inherited = articles[item.product]?.price
            if price ?? inherited != item.price ?? inherited { versions[sku, default: 0] += 1 }
            items[sku]?.price = price
        case .removeVariant(let id): try require(remove { $0.id == id.rawValue && !$0.isDefault } == 1)
        case .removeProduct(let id):
            try require(articles.removeValue(forKey: id.rawValue) != nil)
            _ = try remove { $0.product == id.rawValue }
        case .move(let movement):
            for line in movement.lines {
                let (sku, units) = try find(line.item)
                let (quantity, there) = (line.quantity * units, items[sku]?.onHand[line.location] ?? 0)
                try require(quantity <= Limits.largestQuantity && line.expected ?? there == there)
                let change = line.operation == .add ? quantity : line.operation == .set ? quantity - there : -quantity
                for (location, change) in [(line.location, change)] + (line.destination.map { [($0, quantity)] } ?? []) {
                    items[sku]?.onHand[location, default: 0] += change
                    versions[sku, default: 0] += 1
                    try require(locations[location] != nil && (items[sku]?.onHand[location] ?? 0) >= 0)
                }
            }
        case .acknowledge, .report: break
        }
    }

    private func require(_ condition: Bool) throws { if !condition { throw Refused() } }

    private mutating func change(_ id: Int64, price: Price??, status: ProductStatus?) throws {
        guard let old = articles[id] else { throw Refused() }
        articles[id] = Article(price: price ?? old.price, status: status ?? old.status, isSingle: old.isSingle)
        for (sku, item) in items where item.product == id {
            let changes = [item.price == nil && (price ?? old.price) != old.price, (status ?? old.status) != old.status]
            versions[sku, default: 0] += Int64(changes.count { $0 })
        }
    }

    private mutating func rename(_ old: String, to new: String) throws {
        try require(items[new] == nil)
        items[new] = items.removeValue(forKey: old)
        versions[new] = max(versions[new] ?? 0, versions[old] ?? 0)
    }

    private mutating func create(_ new: NewVariant, of product: Int64, isDefault: Bool) throws {
        let (id, price) = (new.id?.rawValue ?? lastVariant + 1, isDefault ? nil : new.price)
        try require(items[new.sku] == nil && !items.values.contains { $0.id == id })
        try require(items.values.allSatisfy { Set($0.codes).isDisjoint(with: new.barcodes) })
        lastVariant = max(lastVariant, id)
        items[new.sku] = Item(id: id, product: product, isDefault: isDefault, price: price, codes: new.barcodes, onHand: [:])
    }

    private mutating func remove(where condition: (Item) -> Bool) throws -> Int {
        let gone = items.filter { condition($0.value) }
        try require(gone.values.allSatisfy { $0.onHand.values.allSatisfy { $0 == 0 } })
        for sku in gone.keys { items[sku] = nil }
        return gone.count
    }

    private func find(_ reference: ItemReference) throws -> (sku: String, units: Int64) {
        for (sku, item) in items {
            switch reference {
            case .sku(sku), .variant(VariantID(item.id)): return (sku, 1)
            case .barcode(let code): if let own = item.codes.first(where: { $0.code == code }) { return (sku, own.units) }
            default: break
            }
        }
        throw Refused()
    }
}

extension NewProduct {
    /// What there is of it to sell, whether it has variants or not.
    var variants: [NewVariant] {
        switch content {
        case .single(let variant): [variant]
        case .variants(let variants): variants
        }
    }

    var single: NewVariant? { if case .single(let variant) = content { variant } else { nil } }
}
