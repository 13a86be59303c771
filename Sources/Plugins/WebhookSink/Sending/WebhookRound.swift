import Synchronization
import TallywireEngine
import TallywirePipeline

/// One offer of a batch: what became of its events so far. Safe from any task.
final class WebhookRound: Sendable {
    private let state: Mutex<Result>

    init(_ memory: WebhookMemory) { state = Mutex(Result(memory: memory)) }

    /// What became of the events.
    struct Result: Sendable {
        var memory: WebhookMemory
        var refusals: [Delivery.Rejected] = []
        /// The first thing that went wrong.
        var reason: String?
        /// The longest time for which the receiver wants to be left alone.
        var after: Duration?
        /// Whether the receiver can take no events now.
        var hasHalted = false
        /// Whether a request got no answer.
        var lostConnection = false

        /// The last event up to which all of `records` are delivered; `nil` if the first is not.
        func through(_ records: [EventEnvelope]) -> UInt64? {
            records.prefix { memory.isDelivered($0.seq) }.last?.seq
        }

        /// Returns if all of `records` are delivered. Otherwise throws what the runner has to know.
        func conclusion(of records: [EventEnvelope]) throws(SinkError) -> Delivery {
            let through = through(records)
            if through == records.last?.seq { return Delivery(rejected: memory.rejected) }
            throw .interrupted(
                Interruption(
                    through: through, delivery: Delivery(rejected: memory.rejected.filter { $0.seq <= through ?? 0 }),
                    refusals: refusals, after: after,
                    reason: reason ?? "some events were not sent, because the receiver could take none"))
        }
    }

    var result: Result { state.withLock { $0 } }

    var hasHalted: Bool { state.withLock { $0.hasHalted } }

    /// Counts a try. Returns how many there were of the events, this one included.
    func beginTry(of records: [EventEnvelope]) -> Int { state.withLock { $0.memory.beginTry(of: records) } }

    /// Takes the answer for `records`. Returns whether the events that follow them may be sent.
    func take(_ answer: WebhookAnswer, of records: [EventEnvelope]) -> Bool {
        state.withLock { result in
            switch answer {
            case .delivered:
                result.memory.deliver(records)
                return true
            case .refused(let reason):
                // Others may be taken: only what follows these in order waits.
                result.refusals += records.map { Delivery.Rejected(seq: $0.seq, reason: reason) }
                result.reason = result.reason ?? reason
            case .again(let reason, let after):
                result.hasHalted = true
                result.reason = result.reason ?? reason
                if let after { result.after = max(after, result.after ?? .zero) }
            case .gone:
                result.hasHalted = true
                result.memory.isGone = true
                result.reason = result.reason ?? "the receiver answered 410 Gone"
            }
            return false
        }
    }

    /// Makes dead letters of events that no request can carry.
    func reject(_ records: [EventEnvelope], because reason: String) {
        state.withLock { result in
            result.memory.deliver(records)
            result.memory.rejected += records.map { Delivery.Rejected(seq: $0.seq, reason: reason) }
        }
    }

    /// Notes that a request got no answer.
    func fail(_ reason: String) {
        state.withLock { result in
            result.hasHalted = true
            result.lostConnection = true
            result.reason = result.reason ?? reason
        }
    }
}
