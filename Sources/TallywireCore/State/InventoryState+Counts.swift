/// Counts that people open, take together, and close.
extension InventoryState {
    // MARK: Plans

    func plan(opening new: NewCount, id: String) throws(Rejection) -> Plan {
        try require(new.location, field: "location")
        guard counts[id] == nil else {
            throw Rejection(.idTaken, "there is a count “\(id.excerpt)” already that has not ended", field: "id")
        }
        if let open = counts.open(at: new.location) {
            throw Rejection(
                .countOpen, "the count “\(open.id.excerpt)” of \(new.location) is open: count there, or close it first",
                field: "location")
        }
        guard counts.count < Limits.counts else {
            throw Rejection(
                .outOfRange, "a journal has at most \(Limits.counts) counts that are open or closed: post some, or make them void")
        }
        for (index, sku) in (new.scope.skus ?? []).enumerated() where variant(withSKU: sku) == nil {
            throw Rejection(.unknownVariant, "no variant has the SKU “\(sku.excerpt)”", field: "skus[\(index)]")
        }
        let opening = CountChanged.Opening(
            scope: new.scope, isBlind: new.isBlind, tolerance: new.tolerance, missing: new.missing)
        let opened = CountChanged(
            id: id, location: new.location, status: .open, opening: opening, lines: [], by: new.by, movementID: id)
        return Plan(bodies: [.countChanged(opened)], count: id)
    }

    func plan(
        using use: CountUse, id: String, source: String, now: Timestamp, _ circumstances: Circumstances
    ) throws(Rejection) -> Plan {
        let count = try runningCount(use.count, circumstances)
        switch use.kind {
        case .count(let lines, let replaces):
            guard count.status == .open || replaces else {
                throw Rejection(
                    .countClosed,
                    "the count “\(count.id.excerpt)” is closed: give “recount”:true to replace what was counted of an item")
            }
            var report = CountReport(count)
            for (index, line) in lines.enumerated() {
                try report.add(line, replaces: replaces, at: index, now: now, oldest: circumstances.oldestLate, in: self)
            }
            return Plan(bodies: [.countChanged(report.event(by: use.by, id: id))], count: count.id)
        case .close(let reason):
            return try settle(count, by: use.by, reason, mustPost: false, id: id, source: source, now: now, circumstances)
        case .post(let reason):
            return try settle(count, by: use.by, reason, mustPost: true, id: id, source: source, now: now, circumstances)
        case .void:
            let void = CountChanged(count, as: .void, lines: count.lines.map { CountChanged.Line($0) }, by: use.by, movementID: id)
            return Plan(bodies: [.countChanged(void)], count: count.id)
        }
    }

    /// Compares what was counted with what was there. The count is posted if it must be, or if no line differs by more than the
    /// tolerance; otherwise it is closed.
    private func settle(
        _ count: StockCount, by: String, _ reason: String?, mustPost: Bool, id: String, source: String, now: Timestamp,
        _ circumstances: Circumstances
    ) throws(Rejection) -> Plan {
        var count = count
        // What has come since the count was closed was not missing when people counted.
        if count.status == .open, count.terms.missing == .zero { try addMissing(to: &count, now: now) }
        var draft = StockDraft()
        draft.oldestLate = circumstances.oldestLate
        for (index, line) in count.lines.enumerated() {
            let variant = draft.position(of: line.variant, in: self)
            let change = circumstances.changesOfCounted[line.variant] ?? 0
            do {
                try draft.count(
                    variant, line.counted, at: line.countedAt, change: change, of: count.id, at: count.location, line: index,
                    in: self)
            } catch {
                throw Rejection(error.code, "\(draft.variants[variant].sku): \(error.message)", available: error.available)
            }
        }
        let results = draft.countedLines
        let isWithin = results.allSatisfy { $0.isAbsorbed || abs($0.variance ?? 0) <= count.terms.tolerance }
        guard mustPost || isWithin else {
            let closed = CountChanged(count, as: .closed, lines: results, by: by, movementID: id)
            return Plan(bodies: [.countChanged(closed)], count: count.id)
        }
        draft.posts = .countChanged(CountChanged(count, as: .posted, lines: results, by: by, movementID: id))
        return Plan(bodies: draft.events(of: StockDraft.Cause(id: id, source: source, reason: reason), in: self), count: count.id)
    }

    /// Adds each item of the scope that is on hand and was not counted, as counted with 0 now.
    private func addMissing(to count: inout StockCount, now: Timestamp) throws(Rejection) {
        let (scope, location) = (count.terms.scope, count.location)
        func isMissing(_ variant: Variant) -> Bool {
            scope.contains(variant.sku) && variant.balance(at: location).onHand != 0 && count.line(of: variant.id) == nil
        }
        let missing =
            if let skus = scope.skus {
                skus.compactMap { variant(withSKU: $0).flatMap { variants[$0] } }.filter(isMissing)
            } else {
                variants.values.filter(isMissing)
            }
        guard count.lines.count + missing.count <= Limits.linesPerCount else {
            throw Rejection(
                .outOfRange,
                "\(missing.count) items are on hand at \(location) and were not counted, which are more than the "
                    + "\(Limits.linesPerCount) lines of a count: count them, or make this count void and open smaller ones")
        }
        count.lines += missing.map { variant in
            StockCount.Line(
                product: variant.productID, variant: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku, counted: 0,
                countedAt: now, since: seq)
        }
        count.lines.sort { $0.variant < $1.variant }
    }

    /// The events by which the counts that have not ended lose their lines of a variant that is removed.
    func plan(takingOut variant: Variant, by: String, id: String) -> [Event.Body] {
        counts.all.values.sorted { $0.number < $1.number }.compactMap { count in
            guard let line = count.line(of: variant.id) else { return nil }
            var gone = CountChanged.Line(line)
            gone.isRemoved = true
            return .countChanged(CountChanged(count, as: count.status, lines: [gone], by: by, movementID: id))
        }
    }

    // MARK: Looking up

    /// The count `id`, which has not ended.
    private func runningCount(_ id: String, _ circumstances: Circumstances) throws(Rejection) -> StockCount {
        guard let count = count(id) ?? circumstances.endedCount else {
            throw Rejection(.unknownCount, "there is no count “\(id.excerpt)”")
        }
        guard !count.status.hasEnded else {
            let what = count.status == .posted ? "was posted" : "is void"
            throw Rejection(.countClosed, "the count “\(id.excerpt)” \(what): open another one")
        }
        return count
    }

    /// The open count in which a scan at a location counts an item; `nil` if the scan is a count of its own.
    public func openCount(at location: String, of id: VariantID) -> StockCount? {
        guard let count = counts.open(at: location), let variant = variants[id], count.covers(variant) else { return nil }
        return count
    }
}

extension InventoryState {
    /// The variant of a line, which can have been read from an event's JSON.
    func variant(of line: CountChanged.Line) -> Variant? {
        let id = line.isDefaultVariant ? products[line.product]?.variants.first : line.variant
        return id.flatMap { variants[$0] }.flatMap { $0.productID == line.product ? $0 : nil }
    }

    /// The events that take what a movement counted out of the open counts again.
    func plan(takingBack reports: [Event], of original: RecordedMovement, by: String, id: String) throws(Rejection) -> [Event.Body]
    {
        var bodies: [Event.Body] = []
        for event in reports {
            guard case .countChanged(let change) = event.body else { continue }
            guard change.isReport else {
                throw Rejection(
                    .notReversible, "“\(original.id.excerpt)” took back what was counted: count it again, that is the same")
            }
            guard let count = count(change.id), count.status == .open, count.number <= event.seq else {
                let status = count(change.id).map { "is \($0.status.rawValue)" } ?? "has ended"
                throw Rejection(
                    .notReversible,
                    "“\(original.id.excerpt)” was counted in the count “\(change.id.excerpt)”, which \(status): count the item again"
                )
            }
            var report = CountReport(count)
            for line in change.lines { try report.takeBack(line, by: event.seq, of: original.id, in: self) }
            bodies.append(.countChanged(report.event(by: by, id: id, reverses: original.id)))
        }
        return bodies
    }
}

extension CountChanged {
    /// An event of a count that exists.
    init(
        _ count: StockCount, as status: StockCount.Status, lines: [Line], by: String, movementID: String, reverses: String? = nil
    ) {
        self.init(
            id: count.id, location: count.location, status: status, lines: lines, by: by, movementID: movementID,
            reverses: reverses)
    }
}

extension Rejection {
    static func countedTooLate(_ at: Timestamp, field: String?) -> Rejection {
        Rejection(.tooLate, "it was counted at \(at), which is later than “engine.lateness” allows: count again", field: field)
    }
}

// MARK: Folding

extension InventoryState {
    /// The event of an opened count makes it. A count that a movement posted at once is in no table.
    mutating func fold(_ change: CountChanged, at timestamp: Timestamp, seq: UInt64) throws(FoldError) {
        guard !change.isAtOnce else { return }
        if let opening = change.opening {
            let terms = StockCount.Terms(
                id: change.id, number: seq, location: change.location, scope: opening.scope, isBlind: opening.isBlind,
                tolerance: opening.tolerance, missing: opening.missing, openedBy: change.by, openedAt: timestamp)
            return set(StockCount(terms: terms, by: change.by, at: timestamp))
        }
        guard var count = counts[change.id] else { throw FoldError.missing("the count “\(change.id.excerpt)”", seq) }
        if change.status != count.status { (count.status, count.by, count.at) = (change.status, change.by, timestamp) }
        var changed: [StockCount.Line] = []
        for line in change.lines {
            guard let variant = variant(of: line) else { throw FoldError.missing("the item \(line.sku)", seq) }
            let known = count.line(of: variant.id)
            let new = StockCount.Line(
                product: variant.productID, variant: variant.id, isDefaultVariant: variant.isDefault, sku: line.sku,
                counted: line.counted, countedAt: line.countedAt, parts: line.parts ?? known?.parts ?? 1,
                since: line.isRecount ? seq : known?.since ?? seq, expected: change.status.hasEnded ? line.expected : nil,
                isAbsorbed: change.status.hasEnded && line.isAbsorbed)
            if change.status.hasEnded { changed.append(new) } else { count.set(line.isRemoved ? nil : new, of: variant.id) }
        }
        if change.status.hasEnded { count.lines = changed }
        set(count)
    }

    /// What a receipt says of the lines that an event changed.
    func receiptLines(of change: CountChanged, seq: UInt64) -> [Receipt.Line] {
        guard let count = count(change.id), !change.lines.isEmpty else { return [] }
        return change.lines.compactMap { line in
            guard let quantity = line.quantity, let variant = variant(of: line) else { return nil }
            // What a blind count shows to nobody is not in its receipts either.
            let isBlind = count.terms.isBlind
            let stock = isBlind ? 0 : variant.stock
            return Receipt.Line(
                seq: seq, sku: line.sku, productID: line.product, variantID: variant.id, operation: .count,
                quantity: abs(quantity), location: change.location, stock: stock, previousStock: stock,
                locationStock: isBlind ? 0 : variant.balance(at: change.location).available, level: isBlind ? .out : variant.level,
                version: variant.version,
                report: Receipt.Line.Report(count: count.id, counted: line.counted, isBlind: isBlind))
        }
    }
}

extension StockCount {
    /// The count with these lines, as an event has them, and no others.
    func showing(_ changed: [CountChanged.Line]) -> StockCount {
        var count = self
        count.lines = changed.map { line in
            Line(
                product: line.product, variant: line.variant, isDefaultVariant: line.isDefaultVariant, sku: line.sku,
                counted: line.counted, countedAt: line.countedAt, parts: line.parts ?? self.line(of: line.variant)?.parts ?? 1,
                since: 0, expected: line.expected, isAbsorbed: line.isAbsorbed)
        }
        return count
    }
}
