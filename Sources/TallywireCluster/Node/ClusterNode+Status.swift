import Synchronization
import TallywireCore
import TallywireEngine

/// What a node says about itself and its cluster, from any thread.
extension ClusterNode: WriterStatus {
    public nonisolated var waiting: (count: Int, capacity: Int) { gateway.waiting }

    public nonisolated var statistics: EngineCounters { deciding.withLock { $0 }?.statistics ?? EngineCounters() }

    /// The leader's time; on a node that follows, the time of the last entry.
    public nonisolated var passedTime: Timestamp {
        if let engine = deciding.withLock({ $0 }) { return engine.passedTime }
        // A journal that cannot say its time deletes nothing by age.
        return Timestamp(milliseconds: (try? journal.clocks())?.mark?.passed ?? 0)
    }

    /// For how long the node has not had everything that the log has, in seconds; zero if it has.
    public nonisolated var lag: Double {
        let status = status
        return health.lag(applied: status.applied, head: status.head, at: .now) / .seconds(1)
    }

    /// How many seconds ago the log answered; before its first answer, how many seconds ago the node began. Never negative.
    public nonisolated var logSilence: Double { health.silence(at: .now) / .seconds(1) }

    /// The nodes of the cluster, as this one saw them last.
    public nonisolated var cluster: ClusterView { view.withLock { $0 } }
}
