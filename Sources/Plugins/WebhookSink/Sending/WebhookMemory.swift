import TallywireEngine
import TallywirePipeline

/// What a later try of the same events has to know: which were delivered out of order or cannot be sent, how often each was tried, and whether the
/// receiver wants any.
struct WebhookMemory: Sendable {
    private var delivered: Set<UInt64> = []
    private var tries: [UInt64: Int] = [:]
    /// Of the delivered ones, those that no request can carry.
    var rejected: [Delivery.Rejected] = []
    /// Whether the receiver answered 410.
    var isGone = false

    /// Forgets what is not among `records`, the events that are offered now.
    mutating func begin(_ records: [EventEnvelope]) {
        guard !delivered.isEmpty || !tries.isEmpty else { return }
        let seqs = Set(records.map(\.seq))
        delivered.formIntersection(seqs)
        rejected.removeAll { !seqs.contains($0.seq) }
        tries = tries.filter { seqs.contains($0.key) }
    }

    func isDelivered(_ seq: UInt64) -> Bool { delivered.contains(seq) }

    /// Counts a try. Returns how many there were of the events, this one included.
    mutating func beginTry(of records: [EventEnvelope]) -> Int {
        var most = 0
        for record in records {
            let count = tries[record.seq, default: 0] + 1
            tries[record.seq] = count
            most = max(most, count)
        }
        return most
    }

    mutating func deliver(_ records: [EventEnvelope]) { delivered.formUnion(records.map(\.seq)) }
}
