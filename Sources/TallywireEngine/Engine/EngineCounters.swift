import Synchronization
import TallywireCore

/// What an engine counts.
public struct EngineCounters: Sendable {
    public var applied: UInt64 = 0
    public var rejected: UInt64 = 0
    public var duplicates: UInt64 = 0
    public var overloaded: UInt64 = 0
    public var commits: UInt64 = 0
    public var failedCommits: UInt64 = 0
    /// How often the machine's clock was set back by more than the engine waits out.
    public var clockSteps: UInt64 = 0
    /// Failed commits since the last commit that succeeded.
    public var failedInARow: UInt64 = 0
    /// The error of the last failed commit; `nil` again after the next commit that succeeds.
    public var failure: String?

    public init() {}

    fileprivate mutating func count(_ outcomes: [Outcome]) {
        for outcome in outcomes {
            switch outcome {
            case .applied(let receipt) where receipt.status == .duplicate: duplicates += 1
            case .applied: applied += 1
            case .rejected: rejected += 1
            }
        }
    }
}

/// Counts for an engine. Safe from any thread.
final class EngineRecorder: Sendable {
    private let state = Mutex(EngineCounters())

    var counters: EngineCounters { state.withLock { $0 } }

    func overloaded(_ count: Int) {
        state.withLock { $0.overloaded += UInt64(count) }
    }

    func settled(_ outcomes: [Outcome], wroteBatch: Bool) {
        state.withLock { counters in
            counters.count(outcomes)
            guard wroteBatch else { return }
            counters.commits += 1
            counters.failedInARow = 0
            counters.failure = nil
        }
    }

    func failed(_ message: String) {
        state.withLock { counters in
            counters.failedCommits += 1
            counters.failedInARow += 1
            counters.failure = message
        }
    }
}
