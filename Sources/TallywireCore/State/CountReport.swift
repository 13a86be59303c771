/// What one command counts in a count, or takes out of it.
struct CountReport {
    let count: StockCount
    private var lines: [CountChanged.Line] = []
    /// How many of the lines the count had not.
    private var new = 0

    init(_ count: StockCount) { self.count = count }

    func event(by: String, id: String, reverses: String? = nil) -> CountChanged {
        CountChanged(count, as: count.status, lines: lines, by: by, movementID: id, reverses: reverses)
    }

    mutating func add(
        _ line: CountUse.Line, replaces: Bool, at index: Int, now: Timestamp, oldest: Timestamp, in state: InventoryState
    ) throws(Rejection) {
        let (id, quantity) = try state.units(of: line.item, line.quantity, line: index)
        // The variant exists.
        let variant = state.variants[id]!
        guard count.covers(variant) else {
            throw Rejection(
                .outOfScope, "\(variant.sku) is not in the scope of the count “\(count.id.excerpt)”", field: "lines[\(index)]")
        }
        let at = line.countedAt.map { min($0, now) } ?? now
        guard at >= oldest else {
            throw .countedTooLate(at, field: "lines[\(index)].countedAt")
        }
        try add(quantity, of: variant, at: at, replaces: replaces, line: index)
    }

    /// Adds units to a variant's line.
    mutating func add(
        _ quantity: Int64, of variant: Variant, at time: Timestamp, replaces: Bool, line index: Int
    ) throws(Rejection) {
        if let position = lines.firstIndex(where: { $0.variant == variant.id }) {
            lines[position].counted = try sum(lines[position].counted, quantity, line: index)
            lines[position].quantity = (lines[position].quantity ?? 0) + quantity
            lines[position].countedAt = max(lines[position].countedAt, time)
            return
        }
        let known = count.line(of: variant.id)
        if known == nil { new += 1 }
        guard count.lines.count + new <= Limits.linesPerCount else {
            throw Rejection(
                .outOfRange, "a count has at most \(Limits.linesPerCount) lines: close this one and open another",
                field: "lines[\(index)]")
        }
        let before = replaces ? nil : known
        var line = CountChanged.Line(
            product: variant.productID, variant: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
            counted: try sum(before?.counted ?? 0, quantity, line: index),
            countedAt: before.map { max($0.countedAt, time) } ?? time)
        line.quantity = quantity
        line.parts = (before?.parts ?? 0) + 1
        line.previousCountedAt = before?.countedAt
        line.isRecount = replaces && known != nil
        lines.append(line)
    }

    private func sum(_ counted: Int64, _ quantity: Int64, line index: Int) throws(Rejection) -> Int64 {
        guard counted + quantity <= Limits.largestBalance else {
            throw Rejection(
                .outOfRange, "a stock cannot exceed \(Limits.largestBalance) units", field: "lines[\(index)].quantity")
        }
        return counted + quantity
    }

    /// Takes back what an event added to a line. The count is open.
    mutating func takeBack(_ added: CountChanged.Line, by seq: UInt64, of movement: String, in state: InventoryState)
        throws(Rejection)
    {
        guard let variant = state.variant(of: added), let line = count.line(of: variant.id), line.since <= seq,
            !added.isRecount
        else {
            throw Rejection(
                .notReversible,
                "\(added.sku) was counted again since “\(movement.excerpt)”, which is not in the count any more: recount it if it is wrong"
            )
        }
        var change = CountChanged.Line(line)
        change.counted -= added.quantity ?? 0
        change.quantity = -(added.quantity ?? 0)
        change.parts = line.parts - 1
        change.isRemoved = line.parts <= 1
        if let previous = added.previousCountedAt, line.countedAt == added.countedAt { change.countedAt = previous }
        lines.append(change)
    }
}
