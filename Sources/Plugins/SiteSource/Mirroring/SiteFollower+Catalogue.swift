import Logging
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The catalogue of the site that owns it. Variants are the same if their SKUs are, and ids are each server's own.
extension SiteFollower {
    /// Makes a product here what it is at the site now, if the site owns the catalogue. Nothing is read for an event `seq` that was before
    /// the last reading.
    func mirrorProduct(_ id: ProductID, after seq: UInt64?) async throws {
        guard options.catalogue else { return }
        if let seq, let read = productSeqs[id], read >= seq { return }
        let (product, at) = try await client.product(id)
        if let position { try check(at, position.epoch) }
        guard let product else {
            missing.remove(product: id)
            return
        }
        try await mirror(product, at: at.seq)
    }

    /// Makes a product here what it is at the site.
    func mirror(_ there: SiteProduct, at seq: UInt64) async throws {
        let id = ProductID(there.id)
        productSeqs[id] = seq
        guard !there.variants.isEmpty else { return }
        for variant in there.variants { missing.remove(removal: variant.sku) }
        var problems: [String] = []
        if let here = try await product(with: there.variants) {
            problems = try await update(here, to: there)
        } else {
            let outcome = try await submit([Command(source: context.name, action: .createProduct(newProduct(there)))])[0]
            if let rejection = outcome.rejection { problems = [rejection.message] }
        }
        if let problem = problems.first { missing.add(product: id, problem) } else { missing.remove(product: id) }
    }

    /// The product here that has one of these SKUs.
    private func product(with variants: [SiteVariant]) async throws -> ProductRecord? {
        for variant in variants {
            guard let here = try await context.stock.variant(.sku(variant.sku)).value else { continue }
            return try await context.stock.product(here.variant.productID).value
        }
        return nil
    }

    /// Returns what went wrong.
    private func update(_ here: ProductRecord, to there: SiteProduct) async throws -> [String] {
        guard here.product.hasDefaultVariant == there.variants[0].isDefault else {
            return ["it has variants at one side and none at the other: remove it here, and it comes as it is there"]
        }
        let skus = Set(there.variants.map(\.sku))
        for record in here.variants where !skus.contains(record.variant.sku) { try await removeHere(record.variant.sku) }
        var commands = changes(of: here.product, to: there)
        for variant in there.variants {
            if let record = here.variants.first(where: { $0.variant.sku == variant.sku }) {
                commands += changes(of: record.variant, to: variant)
            } else {
                commands.append(.addVariant(here.product.id, newVariant(variant)))
            }
        }
        return try await submit(commands.map { Command(source: context.name, action: $0) }).compactMap { $0.rejection?.message }
    }

    private func changes(of here: Product, to there: SiteProduct) -> [Command.Action] {
        var update = ProductUpdate()
        if here.name != there.name { update.name = there.name }
        if here.status != there.status { update.status = there.status }
        if here.price != there.price { update.price = .some(there.price) }
        return update == ProductUpdate() ? [] : [.updateProduct(here.id, update)]
    }

    private func changes(of here: Variant, to there: SiteVariant) -> [Command.Action] {
        var update = VariantUpdate()
        // The name of a default variant is its product's.
        if !there.isDefault, here.name != there.name { update.name = there.name }
        if here.ownPrice != there.priceOfItsOwn { update.price = .some(there.priceOfItsOwn) }
        if Set(here.barcodes) != Set(there.barcodes) { update.barcodes = there.barcodes }
        return update == VariantUpdate() ? [] : [.updateVariant(here.id, update)]
    }

    private func newProduct(_ there: SiteProduct) -> NewProduct {
        let content: NewProduct.Content =
            there.variants[0].isDefault ? .single(newVariant(there.variants[0])) : .variants(there.variants.map(newVariant))
        return NewProduct(name: there.name, status: there.status, price: there.price, content: content)
    }

    private func newVariant(_ there: SiteVariant) -> NewVariant {
        NewVariant(sku: there.sku, name: there.name, price: there.priceOfItsOwn, barcodes: there.barcodes)
    }

    // MARK: SKUs that change and go

    /// Gives a variant here another SKU, as the site has done.
    func rename(_ previous: String, to sku: String) async throws {
        guard let here = try await context.stock.variant(.sku(previous)).value,
            try await context.stock.variant(.sku(sku)).value == nil
        else { return }
        var update = VariantUpdate()
        update.sku = sku
        // If this is refused, the product is not the same, and is noted with it.
        _ = try await submit([Command(source: context.name, action: .updateVariant(here.variant.id, update))])
    }

    /// Removes a SKU that the site does not have any more, and with its last one the product.
    func removeHere(_ sku: String) async throws {
        guard let here = try await context.stock.variant(.sku(sku)).value else { return missing.remove(removal: sku) }
        let product = try await context.stock.product(here.variant.productID).value
        let action: Command.Action =
            product?.variants.count == 1 ? .removeProduct(here.variant.productID) : .removeVariant(here.variant.id)
        let outcome = try await submit([Command(source: context.name, action: action)])[0]
        if let rejection = outcome.rejection {
            missing.add(removal: sku, rejection.message)
        } else {
            missing.remove(removal: sku)
        }
    }

    /// Removes the SKUs that the owner of the catalogue does not have.
    func removeProducts(exceptOf skus: Set<String>) async throws {
        // A server that was set up anew, or is the wrong one, must not take everything away.
        guard !skus.isEmpty else {
            context.logger.warning("The owner of the catalogue has no products, so none is removed here.")
            return
        }
        var after: ProductID?
        while true {
            let page = try await context.stock.products(after: after, limit: 500, search: nil).value
            for variant in page.flatMap(\.variants) where !skus.contains(variant.variant.sku) {
                try await removeHere(variant.variant.sku)
            }
            guard let last = page.last, page.count == 500 else { return }
            after = last.product.id
        }
    }
}
