import TallywireCore

/// What moved since something was counted.
extension Writer {
    /// By index, by how much the units on hand have grown at the location of a line that counts since it was counted, as far as is
    /// known now. Lines that are counted now are left out.
    func changesSinceCount(
        in command: Command, _ batch: DecidedBatch, after committing: DecidedBatch?
    ) throws -> [Int: Int64] {
        guard case .move(let movement) = command.action, let countedAt = movement.occurredAt else { return [:] }
        var changes: [Int: Int64] = [:]
        for (index, line) in movement.lines.enumerated() where line.operation == .count {
            guard let variant = state.resolve(line.item)?.variant, let location = line.location else { continue }
            changes[index] = try change(
                of: variant, at: location, since: countedAt, (committing?.events ?? []) + batch.events)
        }
        return changes
    }

    /// By how much the units of a variant on hand at a location have grown by what happened after `time`. `uncommitted` are the events
    /// that the journal may not have yet.
    private func change(
        of variant: VariantID, at location: String, since time: Timestamp, _ uncommitted: [EventEnvelope]
    ) throws -> Int64 {
        var total: Int64 = 0
        for event in uncommitted where event.type == .inventoryUpdated && event.subject.variant == variant {
            total += try event.change(at: location, since: time)
        }
        var query = HistoryQuery(
            variant: variant, types: [.inventoryUpdated], before: uncommitted.first?.seq,
            from: Timestamp(milliseconds: time.milliseconds + 1), limit: 1_000)
        var looked = 0
        repeat {
            let page = try journal.historyForWriter(query)
            for event in page.events { total += try event.change(at: location, since: time) }
            looked += page.events.count
            query.before = page.next
        } while query.before != nil && looked < Limits.eventsPerCount
        guard query.before == nil else {
            throw Rejection(
                .tooLate, "more than \(Limits.eventsPerCount) events have happened since it was counted: count again",
                field: "occurredAt")
        }
        return total
    }
}

extension EventEnvelope {
    /// By how much the event raised the units on hand at a location, if it happened after `time`.
    fileprivate func change(at location: String, since time: Timestamp) throws -> Int64 {
        guard self.location == location, case .inventoryUpdated(let update) = try event().body, let change = update.stockChange,
            change.location == location
        else { return 0 }
        let happenedAt = min(change.count?.at ?? update.occurredAt ?? timestamp, timestamp)
        guard happenedAt > time else { return 0 }
        guard let units = change.onHandChange else {
            throw Rejection(
                .tooLate, "event \(seq), of an earlier version, does not say what moved since it was counted: count again",
                field: "occurredAt")
        }
        return units
    }
}
