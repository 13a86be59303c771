extension StockChange {
    /// The units at the location before the change, without the time of the last count; `nil` where an event of an earlier version, or
    /// one of a location that begins or ends to sell, does not say what was on hand.
    public var balanceBefore: Balance? {
        guard let gained = onHandChange else { return nil }
        var before = balance
        before.add(quantity, in: from)
        before.add(-quantity, in: to)
        before.onHand = balance.onHand - gained
        switch operation {
        case .reserve: before.reserved -= quantity
        case .capture, .release, .expire: before.reserved += quantity
        case .set, .count, .add, .subtract, .transfer, .move: break
        }
        if before.countedAt != nil { before.countedAt = nil }
        return before
    }
}
