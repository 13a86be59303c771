import TallywireCore

extension ImportPlan {
    /// A product of the file, and the server's product to which it belongs; `nil` for a new product.
    struct Group {
        let existing: Product?
        var row: CatalogueFile.ProductRow
    }

    /// Groups the file's rows by the product to which they belong: by SKU if the server has the SKU, else as the file groups them.
    mutating func grouped(_ rows: [CatalogueFile.ProductRow]) -> [Group] {
        var groups: [Group] = []
        var places: [ProductID: Int] = [:]
        tellSharedIDs(rows.flatMap(\.variants))
        for row in rows {
            let owners = row.variants.map { owner(of: $0) }
            let known = Set(owners.compactMap(\.self))
            // For a row without a product's id, only the SKU says to which product it belongs.
            let meant = Set(zip(row.variants, owners).compactMap { $0.productID == nil ? nil : $1 })
            if meant.count > 1 || known.count > 1 && owners.contains(nil) {
                let first = owners.compactMap(\.self).first
                let other = zip(row.variants, owners).first { $1 != nil && $1 != first }?.0 ?? row.variants[0]
                let one = zip(row.variants, owners).first { $1 == first }?.0 ?? row.variants[0]
                mistake(other.place, "“\(other.sku)” and “\(one.sku)” are of different products on the server")
                continue
            }
            guard areIDsFree(row, owners) else { continue }
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

    /// Reports ids that the file gives to two variants.
    private mutating func tellSharedIDs(_ rows: [CatalogueFile.VariantRow]) {
        var seen: [Int64: CatalogueFile.VariantRow] = [:]
        for row in rows {
            guard let id = row.id, let first = seen.updateValue(row, forKey: id) else { continue }
            mistake(row.place, "variant \(id) is “\(first.sku)” at \(first.place), and “\(row.sku)” in this row")
        }
    }

    /// The server's product that has the row's SKU.
    private func owner(of row: CatalogueFile.VariantRow) -> ProductID? {
        state.variant(withSKU: row.sku).flatMap { state.variants[$0]?.productID }
    }

    /// Whether no row names an id that belongs to another SKU on the server. Reports the rows that do.
    private mutating func areIDsFree(_ row: CatalogueFile.ProductRow, _ owners: [ProductID?]) -> Bool {
        let known = owners.compactMap(\.self).first
        var areFree = true
        for (variant, owner) in zip(row.variants, owners) {
            if let id = variant.id, let other = state.variants[VariantID(id)], other.sku != variant.sku {
                mistake(
                    variant.place,
                    "variant \(id) on the server is “\(other.sku)”, not “\(variant.sku)”: leave the id out, since the SKU says which it is"
                )
                areFree = false
            }
            guard let id = variant.productID, let other = state.products[ProductID(id)], other.id != owner ?? known else {
                continue
            }
            let skus = other.variants.prefix(3).compactMap { state.variants[$0]?.sku }
            var advice = "leave the id out, since the SKU says which it is"
            if owner == nil {
                advice =
                    "leave the id out for a new product"
                    + (skus.first.map { ", or add a row of “\($0)” for a new variant of it" } ?? "")
            }
            mistake(
                variant.place,
                "product \(id) on the server is “\(other.name)”\(skus.isEmpty ? "" : " (\(skus.joined(separator: ", ")))"), not “\(variant.sku)”: "
                    + advice)
            areFree = false
        }
        return areFree
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
}
