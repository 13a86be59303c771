import TallywireCore

extension ImportPlan {
    /// Plans the changes of a product that the server has, and of its variants.
    mutating func update(_ product: Product, to row: CatalogueFile.ProductRow) {
        guard isOfItsForm(row, product) else { return }
        var priceChanges: [PriceChange?] = row.variants.map { _ in nil }
        var price = row.price
        if product.hasDefaultVariant {
            for variant in row.variants {
                do throws(PriceChange.Contradiction) {
                    price = try PriceChange.ofSingle(variant, productPrice: price)
                } catch {
                    return mistake(variant.place, error.what)
                }
            }
        } else {
            guard let read = self.priceChanges(of: row.variants, productPrice: row.price) else { return }
            priceChanges = read
            price = price ?? commonPrice(zip(row.variants, priceChanges).map { ($0.sku, $1) }, of: product)
        }
        update(
            .updateProduct(product.id, ProductUpdate(name: row.name, status: row.status, price: price)),
            "update product \(product.id) “\(row.name ?? product.name)”", at: row.place)
        for (variant, priceChange) in zip(row.variants, priceChanges) {
            if let id = state.variant(withSKU: variant.sku) {
                update(id, to: variant, priceChange)
            } else {
                add(variant, priceChange, to: product)
            }
        }
    }

    /// Whether the file does not describe as a product what is one of several variants on the server. Reports the row if it does.
    private mutating func isOfItsForm(_ row: CatalogueFile.ProductRow, _ product: Product) -> Bool {
        guard !product.hasDefaultVariant, row.name != nil || row.status != nil || row.price != nil,
            let single = row.variants.first(where: { $0.isDefault == true })
        else { return true }
        mistake(
            single.place,
            "“\(single.sku)” is a variant of product \(product.id) “\(product.name)” on the server, and a product without variants in the file"
        )
        return false
    }

    private mutating func add(_ row: CatalogueFile.VariantRow, _ priceChange: PriceChange?, to product: Product) {
        guard let name = row.name else {
            return mistake(row.place, "variant: “\(row.sku)” is new for product “\(product.name)”, so it needs a name")
        }
        guard let new = newVariant(row, name: name, priceChange, productPrice: state.products[product.id]?.price) else { return }
        let addition = Addition(product: product.id, variant: new, place: row.place)
        if new.id == nil { additions.append(addition) } else { add(addition) }
    }

    /// The product's new price, if the file has the same price for every variant that has the product's price.
    private func commonPrice(_ priceChanges: [(String, PriceChange?)], of product: Product) -> Price?? {
        let priceChanges = Dictionary(priceChanges) { first, _ in first }
        var common: Price?
        for variant in product.variants.compactMap({ state.variants[$0] }) {
            let price: Price
            switch priceChanges[variant.sku] ?? nil {
            case .own: continue
            case .follows(let at?): price = at
            case .sells(let at):
                // A variant with an own price keeps it as its own.
                guard variant.ownPrice == nil else { continue }
                price = at
            case .follows, nil:
                guard variant.ownPrice == nil else { continue }
                return nil
            }
            guard common == nil || common == price else { return nil }
            common = price
        }
        return common.map { .some($0) }
    }

    private mutating func update(_ id: VariantID, to row: CatalogueFile.VariantRow, _ priceChange: PriceChange?) {
        guard let variant = state.variants[id] else { return }
        if variant.isDefault, let name = row.name, name != variant.name {
            return mistake(
                row.place, "variant: “\(row.sku)” is a product without variants on the server, so it has no name of its own")
        }
        var price: Price??
        switch priceChange {
        case .follows(let selling):
            if let selling {
                guard isProductPrice(selling, state.products[variant.productID]?.price, row) else { return }
            }
            if variant.ownPrice != nil { price = .some(nil) }
        case .own(let own): if variant.ownPrice != own { price = .some(own) }
        case .sells(let selling): if state.price(of: variant) != selling { price = .some(selling) }
        case nil: break
        }
        let update = VariantUpdate(
            name: variant.isDefault ? nil : row.name, price: price, barcodes: row.barcodes, threshold: row.lowStockThreshold,
            rearm: row.rearm, thresholds: row.thresholds.map { thresholds($0, insteadOf: variant.thresholds) })
        guard update != VariantUpdate() else { return }
        self.update(.updateVariant(id, update), "update variant \(row.sku)", of: id, at: row.place)
    }

    /// The changes by which a variant has the file's thresholds, and no others.
    private func thresholds(_ wanted: [ThresholdChange], insteadOf old: [LocationThreshold]) -> [ThresholdChange] {
        let kept = Set(wanted.map(\.location))
        return wanted + old.filter { !kept.contains($0.location) }.map { ThresholdChange(location: $0.location, rule: nil) }
    }

    // MARK: Barcodes

    /// Plans to remove barcodes from their items on the server if the file gives them to others. So the file's state can be reached
    /// in whatever order its rows are.
    mutating func releaseBarcodes(_ rows: [CatalogueFile.VariantRow]) {
        var named: [VariantID: CatalogueFile.VariantRow] = [:]
        for row in rows where row.barcodes != nil {
            if let id = state.variant(withSKU: row.sku) { named[id] = row }
        }
        var wanted: [VariantID: [String]] = [:]
        for row in rows {
            let own = state.variant(withSKU: row.sku)
            for barcode in row.barcodes ?? [] {
                // A barcode that the file does not remove from its item stays there, and the other item cannot have it.
                guard let owner = state.variant(withBarcode: barcode.code.keyForm), owner != own, let kept = named[owner]?.barcodes,
                    !kept.contains(where: { $0.isSameItem(as: barcode) })
                else { continue }
                wanted[owner, default: []] +=
                    state.variants[owner]?.barcodes.filter { $0.isSameItem(as: barcode) }.map(\.code) ?? []
            }
        }
        for (owner, codes) in wanted.sorted(by: { $0.key < $1.key }) {
            guard let variant = state.variants[owner], let place = named[owner]?.place else { continue }
            let left = variant.barcodes.filter { !codes.contains($0.code) }
            update(
                .updateVariant(owner, VariantUpdate(barcodes: left)),
                "take \(codes.joined(separator: " ")) from \(variant.sku) for another", of: owner, at: place)
        }
    }
}

extension Barcode {
    /// Whether both barcodes are forms of one GTIN, or the same code.
    fileprivate func isSameItem(as other: Barcode) -> Bool {
        if code == other.code { return true }
        let forms = Barcode.forms(of: code)
        return Barcode.forms(of: other.code).contains { forms.contains($0) }
    }
}
