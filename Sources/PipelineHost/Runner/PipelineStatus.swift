import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The state of the pipeline at one moment, as `/api/pipeline`, `/metrics` and the summary at shutdown show it.
public struct PipelineStatus: Sendable {
    public var epoch: String
    /// The epoch before it, and the last event under that; `nil` if there was none.
    public var previous: JournalPosition?
    /// The number of the last committed event.
    public var head: UInt64
    /// How many commands wait to be decided, and how many may wait.
    public var inbox: (count: Int, capacity: Int)
    public var engine: EngineCounters
    public var sources: [SourceReport]
    public var sinks: [SinkReport]

    public init(
        epoch: String, previous: JournalPosition? = nil, head: UInt64, inbox: (count: Int, capacity: Int), engine: EngineCounters,
        sources: [SourceReport],
        sinks: [SinkReport]
    ) {
        self.epoch = epoch
        self.previous = previous
        self.head = head
        self.inbox = inbox
        self.engine = engine
        self.sources = sources
        self.sinks = sinks
    }

    /// A source with its state and its counters.
    public struct SourceReport: Sendable {
        public var name: String
        public var plugin: String
        public var status: SourceStatus.Snapshot

        public init(name: String, plugin: String, status: SourceStatus.Snapshot) {
            self.name = name
            self.plugin = plugin
            self.status = status
        }
    }

    /// A sink with its position and its counters.
    public struct SinkReport: Sendable {
        public var name: String
        public var plugin: String
        public var mode: SinkMode
        public var state: State
        /// The last event with which the sink is done.
        public var position: UInt64
        /// How many events the sink still has to take, and the age in seconds of the oldest of them.
        public var lagEvents: UInt64
        public var lagSeconds: Double
        public var counters: SinkCounters
        public var lastError: String?
        public var lastErrorAt: Timestamp?
        /// The sink's own counters.
        public var metrics: [SinkMetric] = []
        /// The last replay; `nil` if there was none since the start.
        public var replay: Replay?

        public enum State: String, Sendable {
            case starting, running
            /// Pausing after an error, before the next try.
            case retrying
            /// The other side wants no more events. Only a new start of the sink ends that: with the server, or when a reload
            /// replaces its entry.
            case disabled
            case draining, stopped
            /// The sink runs on the node that leads, which is another one.
            case standby
        }

        public init(
            name: String, plugin: String, mode: SinkMode, state: State, position: UInt64, lagEvents: UInt64, lagSeconds: Double,
            counters: SinkCounters, lastError: String?, lastErrorAt: Timestamp?
        ) {
            self.name = name
            self.plugin = plugin
            self.mode = mode
            self.state = state
            self.position = position
            self.lagEvents = lagEvents
            self.lagSeconds = lagSeconds
            self.counters = counters
            self.lastError = lastError
            self.lastErrorAt = lastErrorAt
        }
    }
}

/// What a sink's runner has counted since the process started. Always `offered = delivered + filtered + merged + dropped +
/// pending`.
public struct SinkCounters: Equatable, Sendable {
    /// Events that were committed after the sink's position at start.
    public var offered: UInt64 = 0
    /// Events that the sink has taken.
    public var delivered: UInt64 = 0
    /// Events that the entry's `events` and `where` left out.
    public var filtered: UInt64 = 0
    /// Events that a newer one in the same batch replaced.
    public var merged: UInt64 = 0
    /// Events that were rejected for good and written to the dead-letter file, or lost to the journal's hard limit.
    public var dropped: UInt64 = 0
    /// Events that are not read yet, or read and not taken yet.
    public var pending: UInt64 = 0
    /// Deliveries that failed, and were or will be tried again.
    public var retries: UInt64 = 0

    public init() {}

    /// Whether every event is in one of the counters.
    public var isConserved: Bool { offered == delivered + filtered + merged + dropped + pending }
}

/// Reads the state of the running pipeline, and replays events. Safe from any task.
public protocol PipelineObserver: Sendable {
    func status() async -> PipelineStatus

    /// The last tries to deliver of a sink, the newest first; `nil` if no sink has this name.
    func deliveries(of sink: String) -> [DeliveryLog.Attempt]?

    /// Delivers events to a sink again, or with `isPlan` only says which. Throws ``ReplayRefusal``, and what the journal throws.
    func replay(_ request: ReplayRequest, to sink: String, isPlan: Bool) async throws -> Replay

    /// Cancels the sink's replay. Returns what became of it, also if it had ended before. Throws ``ReplayRefusal``.
    func cancelReplay(of sink: String) throws(ReplayRefusal) -> Replay

    /// Whether the sink runs on another node of the cluster.
    func runsElsewhere(_ sink: String) -> Bool

    /// The sources' devices, and the sinks' shelf displays.
    var devices: DeviceRegistry { get }
    var displays: DisplayRegistry { get }
}
