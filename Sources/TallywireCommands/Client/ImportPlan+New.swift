import TallywireCore

extension ImportPlan {
    /// The bytes of what one command creates. A server takes bodies of one mebibyte by default; larger requests are tested first.
    private static let largestBody = 512 << 10

    /// Plans a new product.
    mutating func create(_ row: CatalogueFile.ProductRow) {
        guard let name = row.name else {
            return mistake(row.place, "there is no SKU “\(row.variants[0].sku)” on the server, and a new product needs a name")
        }
        let first = row.variants[0]
        guard row.variants.count > 1 || first.name != nil || first.isDefault == false else { return createSingle(row, name, first) }
        guard let priceChanges = priceChanges(of: row.variants, productPrice: row.price) else { return }
        let price = row.price ?? .some(newPrice(priceChanges))
        var variants: [(new: NewVariant, place: String)] = []
        for (variant, priceChange) in zip(row.variants, priceChanges) {
            guard let own = variant.name else {
                return mistake(variant.place, "variant: product “\(name)” has several variants, so each needs a name")
            }
            guard let new = newVariant(variant, name: own, priceChange, productPrice: price ?? nil) else { return }
            variants.append((new, variant.place))
        }
        // Among variants with ids, those that get the next free id are created last.
        let hasIDs = variants.contains { $0.new.id != nil }
        let begun = variants.filter { !hasIDs || $0.new.id != nil }
        let rest = variants.filter { hasIDs && $0.new.id == nil }
        let product = create(
            Self.creation(
                NewProduct(
                    id: row.id.map { ProductID($0) }, name: name, status: row.status ?? .active, price: price ?? nil,
                    content: .variants(begun.map(\.new))), next: state.lastIDs.product + 1),
            "create product “\(name)” (\(begun.map(\.new.sku).joined(separator: ", ")))", at: row.place)
        guard let product else { return }
        additions += rest.map { Addition(product: product, variant: $0.new, place: $0.place) }
    }

    private mutating func createSingle(
        _ row: CatalogueFile.ProductRow, _ name: String, _ variant: CatalogueFile.VariantRow
    ) {
        let price: Price??
        do throws(PriceChange.Contradiction) {
            price = try PriceChange.ofSingle(variant, productPrice: row.price)
        } catch {
            return mistake(variant.place, error.what)
        }
        guard let new = newVariant(variant, name: name, nil, productPrice: nil) else { return }
        let product = NewProduct(
            id: row.id.map { ProductID($0) }, name: name, status: row.status ?? .active, price: price ?? nil, content: .single(new))
        create([.createProduct(product)], "create product “\(name)” (\(variant.sku))", at: row.place)
    }

    /// The prices that the rows ask for. Reports a row that contradicts itself, and then returns `nil`.
    mutating func priceChanges(of rows: [CatalogueFile.VariantRow], productPrice: Price??) -> [PriceChange?]? {
        var priceChanges: [PriceChange?] = []
        for row in rows {
            do throws(PriceChange.Contradiction) {
                priceChanges.append(try PriceChange.read(row, productPrice: productPrice))
            } catch {
                mistake(row.place, error.what)
            }
        }
        return priceChanges.count == rows.count ? priceChanges : nil
    }

    /// The price of a new product for which the file has none: the price of the first variant that has, or may have, the product's.
    private func newPrice(_ priceChanges: [PriceChange?]) -> Price? {
        for case .follows(let price?)? in priceChanges { return price }
        for case .sells(let price)? in priceChanges { return price }
        return nil
    }

    /// A new variant, as a row describes it. Reports a price that differs from the product's although it has to be the same, and
    /// then returns `nil`.
    mutating func newVariant(
        _ row: CatalogueFile.VariantRow, name: String, _ priceChange: PriceChange?, productPrice: Price?
    ) -> NewVariant? {
        let defaults = AlertRule()
        var own: Price?
        switch priceChange {
        case .own(let price): own = price
        case .sells(let price): own = price == productPrice ? nil : price
        case .follows(let price?):
            guard isProductPrice(price, productPrice, row) else { return nil }
        case .follows, nil: break
        }
        return NewVariant(
            id: row.id.map { VariantID($0) }, sku: row.sku, name: name, price: own, barcodes: row.barcodes ?? [],
            alerts: AlertRule(threshold: row.lowStockThreshold ?? defaults.threshold, rearm: row.rearm ?? defaults.rearm),
            thresholds: row.thresholds ?? [])
    }

    /// Whether a variant with its product's price has the price in the file. Reports the row if not.
    mutating func isProductPrice(_ price: Price, _ productPrice: Price?, _ row: CatalogueFile.VariantRow) -> Bool {
        if price == productPrice { return true }
        mistake(
            row.place,
            "ownPrice: is false, but the price is \(price) and the product's is \(PriceChange.text(productPrice))")
        return false
    }

    mutating func add(_ addition: Addition) {
        create(
            [.addVariant(addition.product, addition.variant)],
            "add variant \(addition.variant.sku) to product \(addition.product)", at: addition.place)
    }

    /// Returns the commands that create a product: one, or several if its variants are too many for one body. `next` is the id that
    /// the product gets if it names none.
    private static func creation(_ product: NewProduct, next: Int64) -> [Command.Action] {
        guard case .variants(let variants) = product.content else { return [.createProduct(product)] }
        var room = largestBody
        let first = variants.prefix { variant in
            room -= variant.size
            return room > 0
        }
        var begun = product
        begun.content = .variants(Array(first))
        return [.createProduct(begun)]
            + variants.dropFirst(first.count).map { .addVariant(product.id ?? ProductID(next), $0) }
    }
}

extension NewVariant {
    /// The bytes of the variant in JSON.
    fileprivate var size: Int {
        var json = JSONWriter()
        json.object { writeMembers(to: &$0, id: "id", named: true) }
        return json.bytes.count
    }
}
