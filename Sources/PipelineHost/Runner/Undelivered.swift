import TallywireEngine
import TallywirePipeline

/// The events of a batch with which the sink is not done, and how often each was refused.
struct Undelivered {
    private(set) var events: ArraySlice<EventEnvelope>
    private let rejectAfter: Int
    private var refusals: [UInt64: Int] = [:]
    /// Events that are dead letters and that the position has not passed.
    private var dead: Set<UInt64> = []

    init(_ events: [EventEnvelope], rejectAfter: Int) {
        self.events = events[...]
        self.rejectAfter = rejectAfter
    }

    /// The events that the sink is offered: those that the filter wants, without dead letters.
    func records(_ filter: EventFilter) -> [EventEnvelope] {
        if filter.wantsAll, dead.isEmpty { return Array(events) }
        return events.filter { !dead.contains($0.seq) && filter.wants($0) }
    }

    /// What the position passes in one step.
    struct Step {
        var last: EventEnvelope
        var count: Int
        var filtered: Int
        var merged: Int
        var rejected: Int
    }

    /// Removes the events up to `seq`, of which `delivery` says what became; `nil` if there are none.
    mutating func take(through seq: UInt64, _ filter: EventFilter, _ delivery: Delivery) -> Step? {
        let taken = events.prefix { $0.seq <= seq }
        guard let last = taken.last else { return nil }
        events = events.dropFirst(taken.count)
        let wanted = filter.wantsAll ? taken.count : taken.count { filter.wants($0) }
        let buried = dead.isEmpty ? 0 : taken.count { dead.contains($0.seq) }
        let offered = wanted - buried
        let rejected = min(delivery.rejected.count { $0.seq <= seq }, offered)
        return Step(
            last: last, count: taken.count, filtered: taken.count - wanted, merged: min(delivery.merged, offered - rejected),
            rejected: rejected + buried)
    }

    /// Counts refusals. Returns those of events that were refused as often as they may.
    mutating func refuse(_ refused: [Delivery.Rejected]) -> [Delivery.Rejected] {
        refused.filter { refusal in
            refusals[refusal.seq, default: 0] += 1
            return refusals[refusal.seq, default: 0] >= rejectAfter
        }
    }

    /// Excludes events that are dead letters now from what is offered.
    mutating func bury(_ letters: [Delivery.Rejected]) { dead.formUnion(letters.map(\.seq)) }
}
