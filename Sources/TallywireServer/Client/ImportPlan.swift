import TallywireCore

/// What has to change so that a catalogue becomes what a file says of it, worked out before anything is changed.
///
/// It is decided by the same state machine as on the server, on a copy of the server's catalogue: so what the server would refuse is told
/// here, with its place in the file, and nothing is half done. A row finds its item by SKU. Ids are for new items.
struct ImportPlan {
    /// One change, as a command and in words.
    struct Change {
        let action: Command.Action
        let text: String
    }

    private(set) var changes: [Change] = []
    private(set) var counts: [Change] = []
    private(set) var created = 0
    private(set) var updated = 0
    private(set) var notes: [String] = []
    private var state: InventoryState
    private var mistakes: [String] = []

    /// Mistakes that are told at once; more say that there are more.
    private static let told = 20

    /// Throws all that speaks against the file.
    init(_ file: CatalogueFile, on state: InventoryState) throws {
        self.state = state
        notes = file.notes
        for location in file.locations { plan(location) }
        for group in grouped(file.products) {
            if let existing = group.existing { update(existing, to: group.row) } else { create(group.row) }
        }
        for variant in file.products.flatMap(\.variants) { count(variant) }
        if !mistakes.isEmpty { throw Self.refusal(mistakes) }
    }

    static func refusal(_ mistakes: [String]) -> Failure {
        var lines = mistakes.prefix(told).map { "error: \($0)" }
        if mistakes.count > told { lines.append("and \(mistakes.count - told) more") }
        return Failure((lines + ["nothing was changed"]).joined(separator: "\n"))
    }

    private mutating func mistake(_ place: String, _ what: String) { mistakes.append("\(place): \(what)") }

    /// Decides a change; gives whether there is something to do.
    private mutating func decide(_ action: Command.Action, _ place: String) -> Bool {
        let command = Command(source: "import", action: action)
        if let rejection = command.validate() {
            mistake(place, "\(rejection.field.map { "\($0): " } ?? "")\(rejection.message)")
            return false
        }
        let decision = state.decide(command, id: "import", now: Timestamp(milliseconds: 0))
        // What a change was before does not matter here.
        state.forgetChanges()
        switch decision.outcome {
        case .applied: return !decision.events.isEmpty
        case .rejected(let rejection):
            mistake(place, rejection.message)
            return false
        }
    }

    private mutating func change(_ action: Command.Action, _ text: String, isNew: Bool, at place: String) {
        guard decide(action, place) else { return }
        changes.append(Change(action: action, text: text))
        if isNew { created += 1 } else { updated += 1 }
    }

    // MARK: Locations

    private mutating func plan(_ row: CatalogueFile.LocationRow) {
        guard let known = state.locations[row.code] else {
            let location = Location(code: row.code, name: row.name ?? row.code, sells: row.sells ?? true)
            let text = "create location \(row.code)\(location.sells ? "" : ", which does not sell")"
            return change(.createLocation(location), text, isNew: true, at: row.place)
        }
        if let sells = row.sells, sells != known.sells {
            mistake(
                row.place,
                "location \(row.code) \(known.sells ? "sells" : "does not sell") here, and the file says otherwise: give it "
                    + "another code in the file, or take the column “sells” out")
        }
        if let name = row.name, name != known.name {
            notes.append("\(row.place): location \(row.code) is called “\(known.name)” here, and stays so")
        }
    }

    // MARK: Products

    private struct Group {
        let existing: Product?
        var row: CatalogueFile.ProductRow
    }

    /// The file's rows by the product that they are about: by SKU, where one is known here, else as the file has them together.
    private mutating func grouped(_ rows: [CatalogueFile.ProductRow]) -> [Group] {
        var groups: [Group] = []
        var places: [ProductID: Int] = [:]
        for row in rows {
            let owners = row.variants.map { variant in
                state.variant(withSKU: variant.sku).flatMap { state.variants[$0]?.productID }
            }
            let known = Set(owners.compactMap(\.self))
            if known.count > 1, row.id != nil || owners.contains(nil) {
                let other = zip(row.variants, owners).first { $1 != owners[0] }?.0 ?? row.variants[0]
                mistake(other.place, "“\(other.sku)” is not of the same product here as “\(row.variants[0].sku)”")
                continue
            }
            if known.isEmpty {
                groups.append(Group(existing: nil, row: row))
                continue
            }
            for id in known.sorted() {
                guard let product = state.products[id] else { continue }
                var part = row
                part.variants = zip(row.variants, owners).filter { $1 == id || $1 == nil }.map(\.0)
                if let index = places[id] {
                    groups[index].row.variants += part.variants
                    merge(part, into: &groups[index].row)
                } else {
                    places[id] = groups.count
                    groups.append(Group(existing: product, row: part))
                }
            }
        }
        return groups
    }

    private mutating func merge(_ row: CatalogueFile.ProductRow, into first: inout CatalogueFile.ProductRow) {
        func clash<Value: Equatable>(_ old: Value?, _ new: Value?) -> Bool { old != nil && new != nil && old != new }
        if clash(first.name, row.name) || clash(first.status, row.status) || clash(first.price, row.price) {
            mistake(row.place, "name, status or price of the product are not what \(first.place) says of it")
        }
        first.name = first.name ?? row.name
        first.status = first.status ?? row.status
        first.price = first.price ?? row.price
    }

    private mutating func create(_ row: CatalogueFile.ProductRow) {
        guard let name = row.name else {
            return mistake(row.place, "there is no SKU “\(row.variants[0].sku)” here, and a new product needs a name")
        }
        if let id = row.id, let product = state.products[ProductID(id)] {
            let skus = product.variants.prefix(3).compactMap { state.variants[$0]?.sku }.joined(separator: ", ")
            return mistake(
                row.place,
                "product \(id) here is “\(product.name)” (\(skus)), not “\(row.variants[0].sku)”: leave the id out for a new product"
            )
        }
        var sellingPrices: [Price] = []
        for case .sells(let price)? in row.variants.map(\.price) { sellingPrices.append(price) }
        let price = row.price ?? .some(sellingPrices.first)
        let isSingle = row.variants.count == 1 && row.variants[0].name == nil
        var variants: [NewVariant] = []
        for variant in row.variants {
            guard isFree(variant) else { return }
            guard isSingle || variant.name != nil else {
                return mistake(variant.place, "variant: product “\(name)” has several variants, so each needs a name")
            }
            variants.append(newVariant(variant, name: variant.name ?? name, productPrice: price ?? nil))
        }
        var single = isSingle ? variants.first : nil
        // It has the product's price and no other.
        single?.price = nil
        change(
            .createProduct(
                NewProduct(
                    id: row.id.map { ProductID($0) }, name: name, status: row.status ?? .active, price: price ?? nil,
                    content: single.map { .single($0) } ?? .variants(variants))),
            "create product “\(name)” (\(row.variants.map(\.sku).joined(separator: ", ")))", isNew: true, at: row.place)
    }

    private mutating func isFree(_ row: CatalogueFile.VariantRow) -> Bool {
        guard let id = row.id, let variant = state.variants[VariantID(id)] else { return true }
        mistake(row.place, "variant \(id) here is “\(variant.sku)”, not “\(row.sku)”: leave the id out for a new variant")
        return false
    }

    private func newVariant(_ row: CatalogueFile.VariantRow, name: String, productPrice: Price?) -> NewVariant {
        let defaults = AlertRule()
        let own: Price? =
            switch row.price {
            case .own(let price): price
            case .sells(let price): price == productPrice ? nil : price
            case .follows, nil: nil
            }
        return NewVariant(
            id: row.id.map { VariantID($0) }, sku: row.sku, name: name, price: own, barcodes: row.barcodes ?? [],
            alerts: AlertRule(threshold: row.lowStockThreshold ?? defaults.threshold, rearm: row.rearm ?? defaults.rearm))
    }

    private mutating func update(_ product: Product, to row: CatalogueFile.ProductRow) {
        change(
            .updateProduct(
                product.id,
                ProductUpdate(name: row.name, status: row.status, price: row.price ?? commonPrice(row.variants, of: product))),
            "update product \(product.id) “\(row.name ?? product.name)”", isNew: false, at: row.place)
        for variant in row.variants {
            if let id = state.variant(withSKU: variant.sku) {
                update(id, to: variant)
            } else if let name = variant.name {
                guard isFree(variant) else { continue }
                let price = state.products[product.id]?.price
                change(
                    .addVariant(product.id, newVariant(variant, name: name, productPrice: price)),
                    "add variant \(variant.sku) to product \(product.id)", isNew: true, at: variant.place)
            } else {
                mistake(variant.place, "variant: “\(variant.sku)” is new for product “\(product.name)”, so it needs a name")
            }
        }
    }

    /// The product's new price, where a file says for what each variant sells that has the product's price, and that is the same.
    private func commonPrice(_ rows: [CatalogueFile.VariantRow], of product: Product) -> Price?? {
        let wishes = Dictionary(rows.map { ($0.sku, $0.price) }) { first, _ in first }
        let followers = product.variants.compactMap { state.variants[$0] }.filter { $0.ownPrice == nil }
        var common: Price?
        for follower in followers {
            guard case .sells(let price)?? = wishes[follower.sku], common == nil || common == price else { return nil }
            common = price
        }
        return common.map { .some($0) }
    }

    private mutating func update(_ id: VariantID, to row: CatalogueFile.VariantRow) {
        guard let variant = state.variants[id] else { return }
        if variant.isDefault, let name = row.name, name != variant.name {
            return mistake(row.place, "variant: “\(row.sku)” is a product without variants here, so it has no name of its own")
        }
        var price: Price??
        switch row.price {
        case .follows: if variant.ownPrice != nil { price = .some(nil) }
        case .own(let own): if variant.ownPrice != own { price = .some(own) }
        case .sells(let selling): if state.price(of: variant) != selling { price = .some(selling) }
        case nil: break
        }
        let update = VariantUpdate(
            name: variant.isDefault ? nil : row.name, price: variant.isDefault ? nil : price, barcodes: row.barcodes,
            threshold: row.lowStockThreshold, rearm: row.rearm)
        guard update != VariantUpdate() else { return }
        change(.updateVariant(id, update), "update variant \(row.sku)", isNew: false, at: row.place)
    }

    // MARK: Stock

    private mutating func count(_ row: CatalogueFile.VariantRow) {
        for (location, count) in row.stock.sorted(by: { $0.key < $1.key }) {
            // One that could not be made has been told.
            guard let variant = state.variant(withSKU: row.sku).flatMap({ state.variants[$0] }), state.locations[location] != nil
            else {
                continue
            }
            let before = variant.balance(at: location).onHand
            let isNew = !variant.balances.contains { $0.location == location }
            guard before != count.units || isNew && count.units == 0 else { continue }
            let line = Movement.Line(item: .sku(row.sku), location: location, operation: .set, quantity: count.units)
            let action = Command.Action.move(Movement(reason: "count", lines: [line]))
            guard decide(action, count.place) || isNew else { continue }
            counts.append(Change(action: action, text: "count \(row.sku) at \(location): \(before) → \(count.units)"))
        }
    }
}
