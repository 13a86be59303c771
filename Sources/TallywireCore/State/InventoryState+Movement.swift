extension InventoryState {
    /// Plans a movement. Each line sees the lines before it. If a line cannot be applied, the state is unchanged.
    func plan(
        _ movement: Movement, id: String, source: String, now: Timestamp, _ circumstances: Circumstances
    ) throws(Rejection) -> Plan {
        var draft = StockDraft()
        draft.happenedAt = movement.occurredAt.map { min($0, now) }
        draft.oldestLate = circumstances.oldestLate
        for (index, line) in movement.lines.enumerated() {
            if line.operation == .count {
                try draft.count(line, at: index, id: id, now: now, circumstances, in: self)
            } else {
                try draft.apply(line, at: index, circumstances, in: self)
            }
        }
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
        var balance = variants[variant].balances.balance(at: line.location ?? "")
        if let expected = line.expected, expected != balance.available {
            throw Rejection(
                .staleExpectation,
                "\(variants[variant].sku) has \(balance.available) available at \(balance.location), \(expected) were expected",
                field: "lines[\(index)].expected", available: balance.available)
        }
        let previousOnHand = line.operation == .set ? balance.onHand : nil
        if line.operation == .set { balance.onHand = quantity }
        if line.operation.takesFromState {
            try check(line, quantity, at: index, variant, balance)
            balance.add(-quantity, in: line.fromState)
        }
        // Validation has checked that a transfer has a destination, and that only a transfer has one.
        guard let destination = line.destination else {
            if line.operation.putsIntoState { balance.add(quantity, in: line.toState) }
            let change = StockChange(
                operation: line.operation, quantity: quantity, balance: balance, previousOnHand: previousOnHand,
                from: line.fromState, to: line.toState)
            return try step(variant, change, line: index, in: state)
        }
        try state.require(destination, field: "lines[\(index)].to")
        let left = StockChange(
            operation: line.operation, quantity: quantity, balance: balance, from: line.fromState, otherEnd: .to(destination))
        try step(variant, left, line: index, in: state)
        var arrived = variants[variant].balances.balance(at: destination)
        arrived.add(quantity, in: line.toState)
        let reached = StockChange(
            operation: line.operation, quantity: quantity, balance: arrived, to: line.toState, otherEnd: .from(balance.location))
        try step(variant, reached, line: index, in: state)
    }

    /// Applies what was counted of an item at a location, all its units in every state. The difference to what was there at that time
    /// is added to what is there now. A count that is older than the last one says nothing new.
    fileprivate mutating func count(
        _ line: Movement.Line, at index: Int, id: String, now: Timestamp, _ circumstances: Circumstances, in state: InventoryState
    ) throws(Rejection) {
        let (variantID, counted) = try state.units(of: line.item, line.quantity, line: index)
        // Validation has checked that there is a location.
        let location = line.location ?? ""
        try state.require(location, field: "lines[\(index)].location")
        let at = happenedAt ?? now
        if let open = state.openCount(at: location, of: variantID) {
            guard at >= oldestLate else { throw .countedTooLate(at, field: "occurredAt") }
            return try report(counted, of: state.variants[variantID]!, at: at, to: open, line: index)
        }
        try self.count(
            position(of: variantID, in: state), counted, at: at, change: circumstances.changesSinceCount[index] ?? 0, of: id,
            at: location, line: index, in: state)
    }

    /// Posts what was counted of a variant at a location at the time `at`. `change` is by how much the units on hand have grown since.
    mutating func count(
        _ variant: Int, _ counted: Int64, at: Timestamp, change: Int64, of id: String, at location: String, line index: Int,
        in state: InventoryState
    ) throws(Rejection) {
        guard at >= oldestLate else { throw .countedTooLate(at, field: "occurredAt") }
        var balance = variants[variant].balances.balance(at: location)
        let result = CountResult(id: id, counted: counted, expected: balance.onHand - change, at: at)
        let isOld = balance.countedAt.map { at < $0 } == true
        if !isOld {
            balance.onHand += result.variance
            balance.countedAt = at
        }
        let change = StockChange(
            operation: .count, quantity: counted, balance: balance, count: result, isAbsorbed: isOld)
        try step(variant, change, line: index, in: state)
    }

    /// Whether the units that a line takes are there.
    private func check(
        _ line: Movement.Line, _ quantity: Int64, at index: Int, _ variant: Int, _ balance: Balance
    ) throws(Rejection) {
        let state = line.fromState
        // That units are damaged is so, whoever was promised them. What is free can be sold, moved or kept back.
        let units =
            switch state {
            case .available: line.operation == .move && line.toState.isFact ? balance.usable : balance.available
            case .incoming: balance.incoming
            case .damaged, .inspection, .safety: min(balance.units(in: state), max(0, balance.onHand))
            }
        guard units < quantity, !line.allowsNegative, !isAbsorbed(at: balance) else { return }
        throw Rejection(
            .insufficientStock,
            "\(variants[variant].sku) has \(max(0, units)) \(state.rawValue) at \(balance.location), \(quantity) were asked for",
            field: "lines[\(index)].quantity", available: max(0, units))
    }
}
