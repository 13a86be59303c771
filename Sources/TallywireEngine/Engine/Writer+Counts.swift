import TallywireCore

/// What moved since something was counted.
extension Writer {
    /// By index, by how much the units on hand have grown at the location of a line that counts since it was counted, as far as is
    /// known now. Lines that are counted now are left out, and so are those of an open count.
    func changesSinceCount(
        in command: Command, _ batch: DecidedBatch, after committing: DecidedBatch?
    ) throws -> [Int: Int64] {
        guard case .move(let movement) = command.action, let countedAt = movement.occurredAt else { return [:] }
        var changes: [Int: Int64] = [:]
        for (index, line) in movement.lines.enumerated() where line.operation == .count {
            guard let variant = state.resolve(line.item)?.variant, let location = line.location,
                state.openCount(at: location, of: variant) == nil
            else { continue }
            var since = ChangesSince(uncommitted: (committing?.events ?? []) + batch.events)
            changes[index] = try since.change(of: variant, at: location, since: countedAt) { try journal.historyForWriter($0) }
        }
        return changes
    }

    /// By variant, the same for the lines of the count that a command closes or posts.
    func changesOfCounted(
        in command: Command, _ batch: DecidedBatch, after committing: DecidedBatch?
    ) throws -> [VariantID: Int64] {
        guard case .useCount(let use) = command.action, use.isSettling, let count = state.count(use.count),
            !count.status.hasEnded
        else { return [:] }
        var changes: [VariantID: Int64] = [:]
        var since = ChangesSince(uncommitted: (committing?.events ?? []) + batch.events)
        for line in count.lines {
            do {
                changes[line.variant] = try since.change(of: line.variant, at: count.location, since: line.countedAt) {
                    try journal.historyForWriter($0)
                }
            } catch let rejection as Rejection {
                throw Rejection(rejection.code, "\(line.sku): \(rejection.message)")
            }
        }
        return changes
    }
}

/// Adds up what moved at locations since items were counted, from the events of the items. For all items together at most
/// ``/TallywireCore/Limits/eventsPerCount`` events are read.
public struct ChangesSince {
    /// The events that the journal may not have yet.
    private let uncommitted: [EventEnvelope]
    private var looked = 0

    public init(uncommitted: [EventEnvelope] = []) { self.uncommitted = uncommitted }

    /// By how much the units of a variant on hand at a location have grown by what happened after `time`. `history` reads a page.
    /// Throws a ``/TallywireCore/Rejection`` where that cannot be known.
    public mutating func change(
        of variant: VariantID, at location: String, since time: Timestamp, _ history: (HistoryQuery) throws -> HistoryPage
    ) throws -> Int64 {
        var total: Int64 = 0
        for event in uncommitted where event.type == .inventoryUpdated && event.subject.variant == variant {
            total += try event.change(at: location, since: time)
        }
        var query = HistoryQuery(
            variant: variant, types: [.inventoryUpdated], before: uncommitted.first?.seq,
            from: Timestamp(milliseconds: time.milliseconds + 1), limit: 1_000)
        repeat {
            let page = try history(query)
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

extension ChangesSince {
    /// Returns `nil` where a change cannot be known.
    public static func known(_ change: () throws -> Int64) throws -> Int64? {
        do { return try change() } catch is Rejection { return nil }
    }
}

extension StockCount.Line {
    /// Sets what was expected at the time of the line, by what is known now: `balance` are the units that are there, and `change` is by
    /// how much they have grown since.
    public mutating func expect(_ balance: Balance?, change: Int64) {
        expected = (balance?.onHand ?? 0) - change
        isAbsorbed = balance?.countedAt.map { countedAt < $0 } == true
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
