import TallywireCore

extension ImportPlan {
    /// The largest stock that a file may contain, which is what one movement can count: a line moves a limited number of units.
    static let largestStock = Limits.largestQuantity * Int64(Limits.linesPerMovement)

    /// Plans the counts for the stock in a row.
    mutating func count(_ row: CatalogueFile.VariantRow) {
        for (location, count) in row.stock.sorted(by: { $0.key < $1.key }) {
            guard (0...Self.largestStock).contains(count.units) else {
                mistake(count.place, "stock: \(count.units) is no whole number from 0 to \(Self.largestStock)")
                continue
            }
            // A variant or location that could not be created was reported already.
            guard let variant = state.variant(withSKU: row.sku).flatMap({ state.variants[$0] }), state.locations[location] != nil
            else { continue }
            let before = variant.balance(at: location).onHand
            let isNew = !variant.balances.contains { $0.location == location }
            guard before != count.units || isNew else { continue }
            let change = Change(
                actions: [.move(Movement(reason: "count", lines: lines(row.sku, location, count.units)))],
                text: "count \(row.sku) at \(location): \(before) → \(count.units)")
            if let change = decide(change, count.place) { counts.append(change) }
        }
    }

    /// The lines that count `units`. Units beyond the limit of one line are added by further lines.
    private func lines(_ sku: String, _ location: String, _ units: Int64) -> [Movement.Line] {
        var left = units
        var lines: [Movement.Line] = []
        repeat {
            let part = min(left, Limits.largestQuantity)
            lines.append(
                Movement.Line(item: .sku(sku), location: location, operation: lines.isEmpty ? .set : .add, quantity: part))
            left -= part
        } while left > 0
        return lines
    }
}
