/// Which events a connection was not sent, of which a ``Backlog`` was to send the rest, merged.
///
/// Everything before one event was sent, but for mergeable events of some variants that had been merged into a later one.
struct Unsent {
    /// From this event on nothing was sent.
    let before: UInt64
    /// The first event of each variant whose merged events are older than ``before``.
    var firsts: [Int64: UInt64] = [:]

    init(before: UInt64) { self.before = before }

    /// Everything up to here was sent without exception.
    var start: UInt64 { min(before, firsts.values.min() ?? .max) - 1 }

    /// Whether an event before ``before`` was not sent all the same.
    func holds(_ record: Pass.Record) -> Bool {
        guard record.isMergeable, record.seq < before, let first = record.variant.flatMap({ firsts[$0] }) else { return false }
        return first <= record.seq
    }
}
