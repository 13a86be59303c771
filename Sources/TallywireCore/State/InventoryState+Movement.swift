extension InventoryState {
    /// Plans a movement on copies of the variants that it touches. Each line sees the lines before it. If a line cannot be applied,
    /// the state is unchanged.
    func plan(
        _ movement: Movement, id: String, source: String, _ repeatedSerials: [Int: UInt64]
    ) throws(Rejection) -> Plan {
        var draft = MovementDraft()
        for (index, line) in movement.lines.enumerated() { try draft.apply(line, at: index, in: self) }
        var plan = Plan()
        plan.bodies = draft.events(of: movement, id: id, source: source, in: self)
        if !repeatedSerials.isEmpty { draft.report(repeatedSerials, of: movement, id: id, source: source, in: &plan) }
        return plan
    }
}

/// A movement that is being planned.
///
/// The variants are in arrays that are searched from the front: almost every movement has one or two lines. The state is passed to
/// each step and not stored, since a copy of it costs more than a step.
private struct MovementDraft {
    private var variants: [Variant] = []
    private var totals: [(product: ProductID, stock: Int64)] = []
    private var steps: [Step] = []

    /// One change of one balance, and the values right after it.
    private struct Step {
        /// The index of the movement's line.
        let line: Int
        let variant: Int
        let operation: Operation
        let quantity: Int64
        let location: String
        let locationStock: Int64
        let stock: Int64
        let previousStock: Int64
        let total: Int64
        let version: Int64
    }

    mutating func apply(_ line: Movement.Line, at index: Int, in state: InventoryState) throws(Rejection) {
        guard let (id, units) = state.resolve(line.item) else { throw Self.unknown(line.item, index) }
        try Self.require(line.location, in: state, field: "lines[\(index)].location")
        let quantity = line.quantity.multipliedReportingOverflow(by: units)
        guard !quantity.overflow, quantity.partialValue <= Limits.largestQuantity else {
            throw Rejection(
                .outOfRange, "\(line.quantity) scans of \(units) units are more than \(Limits.largestQuantity)",
                field: "lines[\(index)].quantity")
        }
        let variant = position(of: id, in: state)
        let balance = variants[variant].balance(at: line.location)
        if let expected = line.expected, expected != balance.available {
            throw Rejection(
                .staleExpectation,
                "\(variants[variant].sku) has \(balance.available) available at \(line.location), \(expected) were expected",
                field: "lines[\(index)].expected", available: balance.available)
        }
        switch line.operation {
        case .set:
            try step(
                variant, line.operation, quantity.partialValue, at: line.location, onHand: quantity.partialValue, index, in: state)
        case .add:
            try step(
                variant, line.operation, quantity.partialValue, at: line.location, onHand: balance.onHand + quantity.partialValue,
                index,
                in: state)
        case .subtract:
            try take(quantity.partialValue, of: variant, line.operation, from: balance, index, in: state)
        case .transfer:
            // Validation has checked that a transfer has a destination.
            let destination = line.destination ?? line.location
            try Self.require(destination, in: state, field: "lines[\(index)].to")
            try take(quantity.partialValue, of: variant, line.operation, from: balance, index, in: state)
            let arrived = variants[variant].balance(at: destination).onHand + quantity.partialValue
            try step(variant, line.operation, quantity.partialValue, at: destination, onHand: arrived, index, in: state)
        }
    }

    /// One `inventory_updated` for each step. After them, one `stock_alert` for each variant whose level differs from the level
    /// before the movement. Alerts are evaluated after the last line, so an intermediate state never raises one.
    func events(of movement: Movement, id: String, source: String, in state: InventoryState) -> [Event.Body] {
        let levels = variants.map { $0.alerts.level(of: $0.stock, previous: $0.level) }
        var bodies: [Event.Body] = []
        bodies.reserveCapacity(steps.count + variants.count)
        for step in steps {
            let variant = variants[step.variant]
            bodies.append(
                .inventoryUpdated(
                    InventoryUpdated(
                        productID: variant.productID, variantID: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
                        variantName: variant.name, stock: step.stock, previousStock: step.previousStock,
                        totalProductStock: step.total,
                        change: .stock(
                            operation: step.operation, quantity: step.quantity, location: step.location,
                            locationStock: step.locationStock),
                        reason: movement.reason, reference: movement.reference, price: state.price(of: variant),
                        status: state.products[variant.productID]?.status ?? .active, level: levels[step.variant],
                        version: step.version, source: source, movementID: id, occurredAt: movement.occurredAt,
                        trace: movement.lines[step.line].trace)))
        }
        for (variant, level) in zip(variants, levels) where variant.raisesAlert(at: level) {
            bodies.append(.stockAlert(StockAlert(variant, stock: variant.stock, level: level)))
        }
        return bodies
    }

    /// Adds a `serial_repeated` for each line that repeats a serial number, after all changes of the movement.
    func report(_ repeatedSerials: [Int: UInt64], of movement: Movement, id: String, source: String, in plan: inout Plan) {
        for (index, step) in steps.enumerated() {
            guard let previous = repeatedSerials[step.line], let serial = movement.lines[step.line].trace.serial else { continue }
            let variant = variants[step.variant]
            plan.repeatedSerials[index] = previous
            plan.bodies.append(
                .serialRepeated(
                    SerialRepeated(
                        productID: variant.productID, variantID: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
                        serial: serial, operation: step.operation, previousSeq: previous, source: source, movementID: id)))
        }
    }

    private mutating func take(
        _ quantity: Int64, of variant: Int, _ operation: Operation, from balance: Balance, _ index: Int, in state: InventoryState
    ) throws(Rejection) {
        guard balance.available >= quantity else {
            throw Rejection(
                .insufficientStock,
                "\(variants[variant].sku) has \(balance.available) available at \(balance.location), \(quantity) were asked for",
                field: "lines[\(index)].quantity", available: balance.available)
        }
        try step(variant, operation, quantity, at: balance.location, onHand: balance.onHand - quantity, index, in: state)
    }

    private mutating func step(
        _ index: Int, _ operation: Operation, _ quantity: Int64, at location: String, onHand: Int64, _ line: Int,
        in state: InventoryState
    ) throws(Rejection) {
        let previousStock = variants[index].stock
        let before = variants[index].balance(at: location).onHand
        let gained = state.locations[location]?.sells == true ? onHand - before : 0
        let product = totalPosition(of: variants[index].productID, in: state)
        guard onHand <= Limits.largestBalance, previousStock + gained <= Limits.largestBalance,
            totals[product].stock + gained <= Limits.largestBalance
        else {
            throw Rejection(
                .outOfRange, "a stock cannot exceed \(Limits.largestBalance) units", field: "lines[\(line)].quantity",
                available: before)
        }
        variants[index].setOnHand(onHand, at: location)
        variants[index].stock += gained
        variants[index].version += 1
        totals[product].stock += gained
        steps.append(
            Step(
                line: line, variant: index, operation: operation, quantity: quantity, location: location,
                locationStock: variants[index].balance(at: location).available, stock: variants[index].stock,
                previousStock: previousStock, total: totals[product].stock, version: variants[index].version))
    }

    private mutating func position(of id: VariantID, in state: InventoryState) -> Int {
        if let index = variants.firstIndex(where: { $0.id == id }) { return index }
        // The id comes from `resolve`, so the variant exists.
        variants.append(state.variants[id]!)
        return variants.count - 1
    }

    private mutating func totalPosition(of id: ProductID, in state: InventoryState) -> Int {
        if let index = totals.firstIndex(where: { $0.product == id }) { return index }
        totals.append((id, state.products[id]?.totalStock ?? 0))
        return totals.count - 1
    }

    private static func require(_ location: String, in state: InventoryState, field: String) throws(Rejection) {
        guard state.locations[location] == nil else { return }
        throw Rejection(.unknownLocation, "there is no location “\(location.excerpt)”", field: field)
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
