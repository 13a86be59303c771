import TallywireCore

/// How whoever decides this process's commands is doing: its own engine, or a node of a cluster. Safe from any thread.
public protocol WriterStatus: Sendable {
    /// How many commands wait to be decided, and how many may wait.
    var waiting: (count: Int, capacity: Int) { get }

    /// What the engine of this process has counted; nothing for a process that has none at the moment.
    var statistics: EngineCounters { get }

    /// The time that has passed, which is the `now` of ``Journal/prune(_:protected:now:)``.
    var passedTime: Timestamp { get }
}

extension InventoryEngine: WriterStatus {}
