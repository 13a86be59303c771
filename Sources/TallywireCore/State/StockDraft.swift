/// Changes of stock that are being planned, on copies of the variants and reservations that they touch.
///
/// The copies are in arrays that are searched from the front: almost every command touches one or two variants. The state is passed
/// to each step and not stored, since a copy of it costs more than a step.
struct StockDraft {
    private(set) var variants: [Variant] = []
    private(set) var reservations: [Reservation] = []
    private var totals: [(product: ProductID, stock: Int64)] = []
    private var steps: [Step] = []
    /// The balances that have less on hand than is reserved, or had before.
    private var shortages: [(variant: Int, location: String)] = []
    /// What is counted in open counts; one entry for each count.
    private(set) var reports: [CountReport] = []
    /// The event of the count that is posted, if one is that somebody had opened.
    var posts: Event.Body?
    /// Whether a step left less than 0 on hand.
    private var fallsBelowZero = false
    /// Whether a step is a count.
    private var postsCount = false
    private var countsSomething: Bool { postsCount || posts != nil || !reports.isEmpty }

    /// When what is planned happened, if that was before now; not later than now.
    var happenedAt: Timestamp?
    /// What happened before this is too late for a location that was counted since.
    var oldestLate = Timestamp(milliseconds: .min)

    /// The number of a reservation that has none yet.
    static let newNumber = UInt64.max

    /// One change of one balance, and the values right after it.
    private struct Step {
        /// The index of the command's line.
        let line: Int
        let variant: Int
        var change: StockChange
        let stock: Int64
        let previousStock: Int64
        let total: Int64
        let totals: StockTotals
        let version: Int64
    }

    /// What all events of a command say about it.
    struct Cause {
        let id: String
        let source: String
        var reason: String?
        var reference: String?
        var occurredAt: Timestamp?
        /// The id of the movement that is taken back.
        var reverses: String?
        /// The lines of a movement, which say which units they are about.
        var lines: [Movement.Line] = []
    }

    // MARK: Changing

    /// Returns the index of a variant's copy. The variant exists.
    mutating func position(of id: VariantID, in state: InventoryState) -> Int {
        if let index = variants.firstIndex(where: { $0.id == id }) { return index }
        variants.append(state.variants[id]!)
        return variants.count - 1
    }

    /// Whether what is planned was in what was counted last at a location.
    func isAbsorbed(at balance: Balance) -> Bool {
        guard let happenedAt, let countedAt = balance.countedAt else { return false }
        return happenedAt <= countedAt
    }

    /// Adds a step: a change after which a variant has the change's balance at that balance's location. If the change is absorbed,
    /// the units on hand stay as they are.
    mutating func step(_ index: Int, _ change: StockChange, line: Int, in state: InventoryState) throws(Rejection) {
        let before = variants[index].balances.balance(at: change.location)
        let change = happenedAt == nil ? change : try absorbing(change, before, line: line)
        let balance = change.balance
        let previousStock = variants[index].stock
        let gained = state.locations[balance.location]?.sells == true ? balance.available - before.available : 0
        let product = totalPosition(of: variants[index].productID, in: state)
        guard balance.isInRange, previousStock + gained <= Limits.largestBalance,
            totals[product].stock + gained <= Limits.largestBalance
        else {
            throw Rejection(
                .outOfRange, "a stock cannot exceed \(Limits.largestBalance) units", field: "lines[\(line)].quantity",
                available: before.onHand)
        }
        if before.shortage > 0 || balance.shortage > 0 {
            let isKnown = shortages.contains { $0.variant == index && $0.location == balance.location }
            if !isKnown { shortages.append((index, balance.location)) }
        }
        if balance.onHand < 0 { fallsBelowZero = true }
        if change.count != nil { postsCount = true }
        variants[index].set(balance)
        variants[index].stock += gained
        variants[index].version += 1
        totals[product].stock += gained
        steps.append(
            Step(
                line: line, variant: index, change: change, stock: variants[index].stock, previousStock: previousStock,
                total: totals[product].stock, totals: state.totals(of: variants[index].balances), version: variants[index].version))
    }

    private func absorbing(_ change: StockChange, _ before: Balance, line: Int) throws(Rejection) -> StockChange {
        guard change.count == nil, isAbsorbed(at: before), let happenedAt else { return change }
        guard happenedAt >= oldestLate else {
            throw Rejection(
                .tooLate,
                "it happened at \(happenedAt), before \(before.location) was counted, and is later than “engine.lateness” allows: "
                    + "count again if it was not in the count", field: "occurredAt")
        }
        var balance = change.balance
        balance.onHand = before.onHand
        return StockChange(
            operation: change.operation, quantity: change.quantity, balance: balance, reservation: change.reservation,
            from: change.from, to: change.to, otherEnd: change.otherEnd, isAbsorbed: true)
    }

    private mutating func totalPosition(of id: ProductID, in state: InventoryState) -> Int {
        if let index = totals.firstIndex(where: { $0.product == id }) { return index }
        totals.append((id, state.products[id]?.totalStock ?? 0))
        return totals.count - 1
    }

    /// Returns the copy of a reservation as the lines before have left it.
    func current(_ reservation: Reservation) -> Reservation {
        reservations.first { $0.number == reservation.number } ?? reservation
    }

    /// Replaces or adds the copy of a reservation.
    mutating func set(_ reservation: Reservation) {
        if let index = reservations.firstIndex(where: { $0.number == reservation.number }) {
            reservations[index] = reservation
        } else {
            reservations.append(reservation)
        }
    }

    // MARK: Counts

    /// Adds units to a line of an open count.
    mutating func report(
        _ quantity: Int64, of variant: Variant, at time: Timestamp, to count: StockCount, line: Int
    ) throws(Rejection) {
        let index = reports.firstIndex { $0.count.number == count.number } ?? reports.endIndex
        if index == reports.endIndex { reports.append(CountReport(count)) }
        try reports[index].add(quantity, of: variant, at: time, replaces: false, line: line)
    }

    /// What was counted and posted, in the order of the steps.
    var countedLines: [CountChanged.Line] { steps.compactMap { line(of: $0) } }

    private func line(of step: Step) -> CountChanged.Line? {
        guard let count = step.change.count else { return nil }
        let variant = variants[step.variant]
        return CountChanged.Line(
            product: variant.productID, variant: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
            counted: count.counted, countedAt: count.at, expected: count.expected, isAbsorbed: step.change.isAbsorbed)
    }

    /// One `count_changed` for the count that is posted, or for each location at which the movement counts, in order; and one for each
    /// open count in which it counts something.
    private func countEvents(of cause: Cause) -> [Event.Body] {
        if let posts { return [posts] }
        var lines: [(location: String, lines: [CountChanged.Line])] = []
        for step in steps {
            guard let line = line(of: step) else { continue }
            if let index = lines.firstIndex(where: { $0.location == step.change.location }) {
                lines[index].lines.append(line)
            } else {
                lines.append((step.change.location, [line]))
            }
        }
        let atOnce = lines.map { location, lines in
            CountChanged(
                id: cause.id, location: location, status: .posted, isAtOnce: true, lines: lines, by: cause.source,
                movementID: cause.id)
        }
        return (atOnce + reports.map { $0.event(by: cause.source, id: cause.id) }).map { .countChanged($0) }
    }

    // MARK: Shortages

    /// Says of each reservation which of its units are not on hand: those of the youngest reservations.
    private mutating func settleShortages(in state: InventoryState) {
        for (index, location) in shortages {
            let variant = variants[index].id
            var missing = variants[index].balances.balance(at: location).shortage
            var known = state.variants[variant]?.balance(at: location).shortage ?? 0
            for original in state.reservations.holders(of: variant) {
                guard missing > 0 || known > 0 else { break }
                var reservation = current(original)
                for (index, hold) in reservation.holds.enumerated() where hold.variant == variant && hold.location == location {
                    known -= original.holds[index].short
                    let short = min(missing, hold.held)
                    missing -= short
                    guard short != hold.short else { continue }
                    reservation.holds[index].short = short
                    set(reservation)
                }
            }
        }
    }

    // MARK: Events

    /// One `inventory_updated` for each step, and then what became of counts. After them one `reservation_changed` for each
    /// reservation that changed, and then, for each variant, one `stock_alert` for each level that differs from the level before the
    /// command: that of the total first, then those of locations in order of code. Both are evaluated after the last step, so an
    /// intermediate state never raises an alert. An alert also says once that a location has less than 0 on hand.
    mutating func events(of cause: Cause, in state: InventoryState) -> [Event.Body] {
        if !shortages.isEmpty { settleShortages(in: state) }
        // By index: a variant that is taken out of the array is copied, which costs more than a step.
        let levels = variants.indices.map { variants[$0].alerts.level(of: variants[$0].stock, previous: variants[$0].level) }
        let hasThresholds = variants.indices.contains { !variants[$0].thresholds.isEmpty }
        let thresholds = hasThresholds ? judgedThresholds() : []
        var bodies: [Event.Body] = []
        bodies.reserveCapacity(steps.count + reservations.count + variants.count)
        for index in steps.indices {
            if !thresholds.isEmpty {
                let location = steps[index].change.location
                steps[index].change.locationLevel =
                    thresholds[steps[index].variant].first { $0.location == location }?.level
            }
            bodies.append(.inventoryUpdated(update(by: index, levels, cause, in: state)))
        }
        if countsSomething { bodies += countEvents(of: cause) }
        for var reservation in reservations {
            for (index, hold) in reservation.holds.enumerated() {
                if let variant = state.variants[hold.variant] { reservation.holds[index].sku = variant.sku }
            }
            bodies.append(.reservationChanged(ReservationChanged(reservation)))
        }
        for index in variants.indices {
            if fallsBelowZero || variants[index].level != levels[index] {
                bodies += alerts(of: variants[index], at: levels[index], in: state)
            }
            guard hasThresholds else { continue }
            let variant = variants[index]
            for (before, after) in zip(variant.thresholds, thresholds[index]) where before.raisesAlert(at: after.level) {
                bodies.append(.stockAlert(StockAlert(variant, at: before, level: after.level)))
            }
        }
        return bodies
    }

    /// The event of a step.
    private func update(by index: Int, _ levels: [StockLevel], _ cause: Cause, in state: InventoryState) -> InventoryUpdated {
        let step = steps[index]
        let variant = step.variant
        let product = state.products[variants[variant].productID]
        return InventoryUpdated(
            productID: variants[variant].productID, variantID: variants[variant].id, isDefaultVariant: variants[variant].isDefault,
            sku: variants[variant].sku, variantName: variants[variant].name, stock: step.stock, previousStock: step.previousStock,
            totalProductStock: step.total, totals: step.totals, change: .stock(step.change), reason: cause.reason,
            reference: cause.reference, price: variants[variant].ownPrice ?? product?.price, status: product?.status ?? .active,
            level: levels[variant],
            version: step.version, source: cause.source, movementID: cause.id, occurredAt: cause.occurredAt,
            trace: cause.lines.isEmpty ? Trace() : cause.lines[step.line].trace, reverses: cause.reverses)
    }

    /// The alerts of a variant's total, and of locations that have less than 0 on hand and had not before the command.
    private func alerts(of variant: Variant, at level: StockLevel, in state: InventoryState) -> [Event.Body] {
        // Looking at the variant before the command copies it, which costs more than a step. Almost no command falls below 0.
        let before = fallsBelowZero ? state.variants[variant.id] : nil
        let discrepancies =
            fallsBelowZero
            ? variant.balances.filter { $0.onHand < 0 && before?.balance(at: $0.location).onHand ?? 0 >= 0 } : []
        guard let first = discrepancies.first else {
            guard variant.raisesAlert(at: level) else { return [] }
            return [.stockAlert(StockAlert(variant, stock: variant.stock, level: level))]
        }
        var warned = variant
        warned.level = level
        return [.stockAlert(StockAlert(variant, stock: variant.stock, level: level, discrepancy: first))]
            + discrepancies.dropFirst().map {
                .stockAlert(StockAlert(warned, stock: variant.stock, level: level, discrepancy: $0))
            }
    }

    /// The thresholds of each variant, with the levels after the last step at the locations that the steps changed.
    private func judgedThresholds() -> [[LocationThreshold]] {
        var judged = variants.map(\.thresholds)
        for step in steps {
            let (variant, location) = (variants[step.variant], step.change.location)
            guard let index = variant.thresholds.firstIndex(where: { $0.location == location }) else { continue }
            judged[step.variant][index] = variant.thresholds[index].judged(at: variant.balance(at: location).available)
        }
        return judged
    }

    /// Adds a `serial_repeated` for each line that repeats a serial number, after all changes of the movement.
    func report(_ repeatedSerials: [Int: UInt64], of cause: Cause, in plan: inout Plan) {
        for (index, step) in steps.enumerated() {
            guard let previous = repeatedSerials[step.line], let serial = cause.lines[step.line].trace.serial else { continue }
            let variant = variants[step.variant]
            plan.repeatedSerials[index] = previous
            plan.bodies.append(
                .serialRepeated(
                    SerialRepeated(
                        productID: variant.productID, variantID: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
                        serial: serial, operation: step.change.operation, previousSeq: previous, source: cause.source,
                        movementID: cause.id)))
        }
    }
}

extension Balance {
    fileprivate var isInRange: Bool {
        let most = Limits.largestBalance
        return (-most...most).contains(onHand) && (details == nil || StockState.counted.allSatisfy { units(in: $0) <= most })
    }
}
