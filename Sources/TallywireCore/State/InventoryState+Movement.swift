extension InventoryState {
    /// Plans a movement. Each line sees the lines before it. If a line cannot be applied, the state is unchanged.
    func plan(
        _ movement: Movement, id: String, source: String, _ circumstances: Circumstances
    ) throws(Rejection) -> Plan {
        var draft = StockDraft()
        for (index, line) in movement.lines.enumerated() { try draft.apply(line, at: index, circumstances, in: self) }
        let cause = StockDraft.Cause(
            id: id, source: source, reason: movement.reason, reference: movement.reference, occurredAt: movement.occurredAt,
            lines: movement.lines)
        var plan = Plan()
        plan.bodies = draft.events(of: cause, in: self)
        if !circumstances.repeatedSerials.isEmpty { draft.report(circumstances.repeatedSerials, of: cause, in: &plan) }
        return plan
    }

    /// The variant that a line names, and the units that the line is about.
    func units(of item: ItemReference, _ quantity: Int64, line: Int) throws(Rejection) -> (variant: VariantID, units: Int64) {
        guard let (id, units) = resolve(item) else { throw Self.unknown(item, line) }
        let product = quantity.multipliedReportingOverflow(by: units)
        guard !product.overflow, product.partialValue <= Limits.largestQuantity else {
            throw Rejection(
                .outOfRange, "\(quantity) scans of \(units) units are more than \(Limits.largestQuantity)",
                field: "lines[\(line)].quantity")
        }
        return (id, product.partialValue)
    }

    func require(_ location: String, field: @autoclosure () -> String) throws(Rejection) {
        guard locations[location] == nil else { return }
        throw Rejection(.unknownLocation, "there is no location “\(location.excerpt)”", field: field())
    }

    private static let messageHint = "; it is what a scanner read of a GS1 code, so give it as “code” and not as “barcode”"

    /// Whether a code contains more than a barcode of the catalogue: an element string, or a prefix that a scanner sends.
    private static func isMessage(_ code: String) -> Bool {
        // The year matters only for dates.
        guard let reading = try? CodeReading(code: code, year: 2000) else { return false }
        return reading.item != .barcode(code)
    }

    private static func unknown(_ item: ItemReference, _ index: Int) -> Rejection {
        switch item {
        case .sku(let sku): Rejection(.unknownVariant, "no variant has the SKU “\(sku.excerpt)”", field: "lines[\(index)].sku")
        case .barcode(let code):
            Rejection(
                .unknownVariant, "no variant has the barcode “\(code.excerpt)”" + (isMessage(code) ? messageHint : ""),
                field: "lines[\(index)].barcode")
        case .variant(let id): Rejection(.unknownVariant, "there is no variant \(id)", field: "lines[\(index)].variantId")
        }
    }
}

extension StockDraft {
    mutating func apply(
        _ line: Movement.Line, at index: Int, _ circumstances: Circumstances, in state: InventoryState
    ) throws(Rejection) {
        let (id, quantity) = try state.units(of: line.item, line.quantity, line: index)
        if let location = line.location { try state.require(location, field: "lines[\(index)].location") }
        let variant = position(of: id, in: state)
        if line.operation == .capture {
            let reservation = try state.openReservation(line.reservation ?? "", circumstances, field: "lines[\(index)].reservation")
            return try capture(quantity, of: variant, at: line.location, from: reservation, line: index, in: state)
        }
        // Validation has checked that other operations have a location.
        var balance = variants[variant].balance(at: line.location ?? "")
        if let expected = line.expected, expected != balance.available {
            throw Rejection(
                .staleExpectation,
                "\(variants[variant].sku) has \(balance.available) available at \(balance.location), \(expected) were expected",
                field: "lines[\(index)].expected", available: balance.available)
        }
        switch line.operation {
        case .add: balance.onHand += quantity
        case .subtract, .transfer:
            guard balance.available >= quantity else {
                throw Rejection(
                    .insufficientStock,
                    "\(variants[variant].sku) has \(balance.available) available at \(balance.location), \(quantity) were asked for",
                    field: "lines[\(index)].quantity", available: balance.available)
            }
            balance.onHand -= quantity
        case .set, .capture, .reserve, .release, .expire: balance.onHand = quantity
        }
        // Validation has checked that a transfer has a destination, and that only a transfer has one.
        if let destination = line.destination { try state.require(destination, field: "lines[\(index)].to") }
        try step(variant, line.operation, quantity, to: balance, line: index, in: state)
        guard let destination = line.destination else { return }
        var arrived = variants[variant].balance(at: destination)
        arrived.onHand += quantity
        try step(variant, line.operation, quantity, to: arrived, line: index, in: state)
    }
}

extension Variant {
    /// Whether a change to `level` raises an alert. A variant that never had stock is `out` without an alert, and becomes `ok`
    /// without one.
    func raisesAlert(at level: StockLevel) -> Bool {
        level != self.level && (wasStocked || level != .ok)
    }
}

extension StockAlert {
    /// The alert for `variant`, which has `stock` units and changes to `level`.
    init(_ variant: Variant, stock: Int64, level: StockLevel) {
        let who = "\(variant.name) (\(variant.sku))"
        let message =
            switch level {
            case .ok: "Back in stock: \(who) has \(stock)"
            case .low: "Low stock: \(who) has \(stock) left"
            case .out: "Out of stock: \(who)"
            }
        self.init(
            productID: variant.productID, variantID: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
            level: level,
            previousLevel: variant.level, stock: stock, threshold: variant.alerts.threshold, message: message)
    }
}
