/// Reversals: what a movement did is done the other way round, as far as the stock allows it now.
extension InventoryState {
    /// Plans the opposite of every change of a movement, from the last to the first.
    func plan(
        _ reversal: Reversal, id: String, source: String, _ circumstances: Circumstances
    ) throws(Rejection) -> Plan {
        let original = try reversal.original(in: circumstances)
        guard let changes = original.changes else {
            throw Rejection(
                .tooLate,
                "what the movement “\(original.id.excerpt)” did is no longer kept: book the opposite as a movement of its own")
        }
        let opposites = changes.isEmpty && !original.reports.isEmpty ? [] : try opposite(of: changes, by: original.id)
        let reports = try plan(takingBack: original.reports, of: original, by: source, id: id)
        var draft = StockDraft()
        do {
            for (index, opposite) in opposites.enumerated() {
                draft.happenedAt = original.latestAbsorbed(of: opposite.change)
                try draft.apply(opposite.line, at: index, circumstances, in: self)
            }
        } catch {
            // The caller has given no lines.
            throw Rejection(error.code, error.message, available: error.available)
        }
        let cause = StockDraft.Cause(
            id: id, source: source, reason: reversal.reason, reference: changes.first?.reference, reverses: original.id,
            lines: opposites.map(\.line))
        return Plan(bodies: draft.events(of: cause, in: self) + reports)
    }

    /// The lines of the opposite movement. A change of nothing, such as a `set` to what was there, needs none.
    private func opposite(
        of changes: [InventoryUpdated], by id: String
    ) throws(Rejection) -> [(line: Movement.Line, change: InventoryUpdated)] {
        var lines: [(line: Movement.Line, change: InventoryUpdated)] = []
        var left = changes[...]
        var isReversible = false
        while let update = left.popLast() {
            guard let change = update.stockChange else { continue }
            var line = Movement.Line(
                item: .variant(update.variantID), location: change.location, operation: change.operation,
                quantity: change.quantity, trace: update.trace, fromState: change.to, toState: change.from)
            switch change.operation.opposite {
            case .operation(let operation):
                line.operation = operation
                if change.isAbsorbed { line.quantity = 0 }
            case .way:
                // A transfer is two changes: units leave one location, and reach another.
                guard let start = left.popLast()?.stockChange else { continue }
                line.reverse(start, change)
            case .states:
                // Where only the units on the way changed, only those change back.
                if change.isAbsorbed, change.from == .incoming { (line.operation, line.fromState) = (.add, .available) }
                if change.isAbsorbed, change.to == .incoming { (line.operation, line.toState) = (.subtract, .available) }
            case .difference:
                guard let difference = change.onHandChange else { throw Self.unknownDifference(id) }
                line.operation = difference > 0 ? .subtract : .add
                line.quantity = abs(difference)
            case .nothing: continue
            }
            isReversible = true
            guard line.quantity > 0 else { continue }
            guard variants[update.variantID]?.productID == update.productID else {
                throw Rejection(.unknownVariant, "\(update.sku) was removed, so its units cannot be taken back")
            }
            lines.append((line, update))
        }
        guard isReversible else {
            throw Rejection(
                .notReversible,
                "“\(id.excerpt)” moved no units: release or capture a reservation by its own id, and change the catalogue back by another change"
            )
        }
        return lines
    }

    private static func unknownDifference(_ id: String) -> Rejection {
        Rejection(
            .notReversible,
            "the movement “\(id.excerpt)” does not say what was on hand before, since it changed a location or was made by an earlier version: set what is there now"
        )
    }
}

extension RecordedMovement {
    /// The time after one of the movement's changes, by which the reversal of that change is judged. What was counted later than the
    /// change was right with or without it, so that the reversal moves nothing on hand there.
    fileprivate func latestAbsorbed(of change: InventoryUpdated) -> Timestamp? {
        let happenedAt = change.stockChange?.count?.at ?? change.occurredAt ?? at
        guard let at = happenedAt.map({ min($0, at ?? $0) }) else { return nil }
        return Timestamp(milliseconds: at.milliseconds + 1)
    }
}

extension Movement.Line {
    /// Makes the line the opposite of a transfer's two changes. An end that was absorbed moved nothing, so nothing goes back there.
    fileprivate mutating func reverse(_ start: StockChange, _ end: StockChange) {
        fromState = end.to
        toState = start.from
        switch (start.isAbsorbed, end.isAbsorbed) {
        case (false, false): destination = start.location
        case (true, false):
            operation = .subtract
            toState = .available
        case (false, true):
            operation = .add
            location = start.location
            fromState = .available
        case (true, true): quantity = 0
        }
    }
}

extension Reversal {
    /// The movement to take back, which exists and was not taken back before.
    fileprivate func original(in circumstances: Circumstances) throws(Rejection) -> RecordedMovement {
        switch (subject, circumstances.original) {
        case (.movement(let id, _), nil):
            throw Rejection(
                .unknownMovement,
                "no movement “\(id.excerpt)” was applied, or its id is no longer kept; with “device” it is that device's id")
        case (.last(let source, _, let within), nil):
            throw Rejection(
                .nothingToUndo, "“\(source.excerpt)” has moved nothing in the last \(within.wholeMilliseconds / 1000) seconds")
        case (.movement, .some(let original)):
            guard let reversal = original.reversedBy else { return original }
            throw Rejection(
                .alreadyReversed,
                "the movement “\(original.id.excerpt)” was reversed by “\(reversal.excerpt)”: reverse that to apply it again")
        case (.last, .some(let original)):
            guard let reversal = original.reversedBy else { return original }
            throw Rejection(.nothingToUndo, "the last scan was taken back already, by “\(reversal.excerpt)”")
        }
    }
}
