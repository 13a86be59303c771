import Synchronization
import TallywireCore

/// The replay of one sink: what it is about, how far it has come, and the order to cancel it. At most one runs at a time.
///
/// Safe from any task.
final class ReplayQueue: Sendable {
    /// A replay that was accepted, for the task that carries it out.
    struct Work: Sendable {
        let number: Int
        let selection: Selection
        let stopper = Stopper()
    }

    /// Which events a replay delivers.
    enum Selection: Sendable {
        case events(ClosedRange<UInt64>)
        /// Dead letters, in order.
        case deadLetters([UInt64])

        var isOfDeadLetters: Bool { if case .deadLetters = self { true } else { false } }
    }

    private struct State {
        var replay: Replay?
        /// How many replays there were.
        var count = 0
        var stopper: Stopper?
    }

    private let state = Mutex(State())
    private let (stream, continuation) = AsyncStream.makeStream(of: Work.self)

    /// The last replay; `nil` if there was none.
    var current: Replay? { state.withLock { $0.replay } }

    /// The replays to carry out, one after the other. For one reader.
    var works: AsyncStream<Work> { stream }

    /// Accepts `replay`, unless another one runs.
    func begin(_ replay: Replay, _ selection: Selection) throws(ReplayRefusal) {
        let work: Work? = state.withLock { state in
            if state.replay?.state == .running { return nil }
            state.replay = replay
            state.count += 1
            let work = Work(number: state.count, selection: selection)
            state.stopper = work.stopper
            return work
        }
        guard let work else { throw .running }
        continuation.yield(work)
    }

    /// Cancels the replay that runs. Returns the last replay as it is now; `nil` if there was none.
    func cancel(at now: Timestamp) -> Replay? {
        state.withLock { state in
            if state.replay?.state == .running { state.replay?.end(.cancelled, at: now) }
            state.stopper?.stop()
            return state.replay
        }
    }

    /// Changes the replay of `work`; one that was cancelled meanwhile stays as it is.
    func note(_ work: Work, _ change: (inout Replay) -> Void) {
        state.withLock { state in
            guard var replay = state.replay, replay.state == .running, state.count == work.number else { return }
            change(&replay)
            state.replay = replay
        }
    }
}
