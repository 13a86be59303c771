import Synchronization

/// How far a node is behind the log, and since when. Safe from any thread.
final class NodeHealth: Sendable {
    private struct State {
        /// When the node last had everything that the log had.
        var completeAt: ContinuousClock.Instant
        /// When the log answered last; before its first answer, when the node began.
        var answeredAt: ContinuousClock.Instant
    }

    private let state: Mutex<State>

    init(now: ContinuousClock.Instant) { state = Mutex(State(completeAt: now, answeredAt: now)) }

    /// The log has answered, and ended with `head`.
    func looked(applied: UInt64, head: UInt64, at now: ContinuousClock.Instant) {
        state.withLock { state in
            state.answeredAt = now
            if applied >= head { state.completeAt = now }
        }
    }

    /// The log has answered a leader.
    func answered(at now: ContinuousClock.Instant) { state.withLock { $0.answeredAt = now } }

    /// For how long the node has not had everything that the log has; zero if it has.
    func lag(applied: UInt64, head: UInt64, at now: ContinuousClock.Instant) -> Duration {
        applied >= head ? .zero : state.withLock { now - $0.completeAt }
    }

    /// How long ago the log answered; before its first answer, how long ago the node began.
    func silence(at now: ContinuousClock.Instant) -> Duration { state.withLock { max(.zero, now - $0.answeredAt) } }
}
