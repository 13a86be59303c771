import TallywireCore
import TallywireEngine

/// One entry of the replicated log: what a leader committed in one step, or that a leader began or ended.
///
/// An entry holds everything that another node cannot compute: the bytes of the events, the answers to commands, and the positions of
/// sinks and sources. The values that the events lead to are not in it, since each node folds the events.
public struct LogEntry: Equatable, Sendable {
    /// The oldest and the newest format of entries that this program reads and writes.
    public static let oldestFormat: UInt16 = 1
    public static let newestFormat: UInt16 = 1

    /// The format of the entry's bytes.
    public var format: UInt16
    /// 1, 2, 3 … without a gap. It counts entries and not events: refusals are answers without events.
    public var index: UInt64
    /// The term of the leader that wrote the entry.
    public var term: Term
    /// The name of the node that wrote the entry.
    public var node: String
    /// The id of this append. Copies of one request bear the same id.
    public var id: String
    /// The `seq` of the last event up to and including this entry.
    public var lastSeq: UInt64
    public var content: Content

    public enum Content: Equatable, Sendable {
        /// A node begins to lead. `version` is that of its program.
        case began(version: String)
        /// The leader stops in order and writes nothing more in its term, so that nobody has to wait until it is silent.
        case ended
        case batch(LogBatch)
    }

    public init(
        format: UInt16 = LogEntry.newestFormat, index: UInt64, term: Term, node: String, id: String, lastSeq: UInt64,
        content: Content
    ) {
        self.format = format
        self.index = index
        self.term = term
        self.node = node
        self.id = id
        self.lastSeq = lastSeq
        self.content = content
    }
}

/// What a leader committed in one step.
public struct LogBatch: Equatable, Sendable {
    /// In order of their `seq`, without a gap; none if all commands of the batch were rejected.
    public var events: [LogEvent]
    public var answers: [StoredAnswer]
    /// By key, the commands of earlier batches that this batch reverses, with the id of the reversal.
    public var reversals: [String: String]
    /// The units with serial numbers that were counted, in order. They are not in the events: a reversal gives a unit the count before
    /// the one that it takes back.
    public var serials: [SerialCount]
    /// How far sinks and sources have come, by name.
    public var positions: [String: UInt64]
    /// When the batch was decided, by the time that has passed; see ``/TallywireEngine/JournalBatch/timestamp``.
    public var timestamp: Timestamp
    /// By how much the leader's clock is ahead of ``timestamp``, in milliseconds.
    public var clockOffset: Int64

    public init(
        events: [LogEvent] = [], answers: [StoredAnswer] = [], reversals: [String: String] = [:], serials: [SerialCount] = [],
        positions: [String: UInt64] = [:], timestamp: Timestamp, clockOffset: Int64 = 0
    ) {
        self.events = events
        self.answers = answers
        self.reversals = reversals
        self.serials = serials
        self.positions = positions
        self.timestamp = timestamp
        self.clockOffset = clockOffset
    }
}

/// An event in an entry: its bytes, and what a node cannot read from them.
public struct LogEvent: Equatable, Sendable {
    /// The event's JSON, the same bytes on every node.
    public var json: [UInt8]
    /// The location of the change that led to an alert of the total; `nil` for any other event.
    public var alertLocation: String?
    /// The id of the variant that the event is about; `nil` if it is about none. The event's JSON does not name a default variant.
    public var defaultVariant: VariantID?

    public init(json: [UInt8], alertLocation: String? = nil, defaultVariant: VariantID? = nil) {
        self.json = json
        self.alertLocation = alertLocation
        self.defaultVariant = defaultVariant
    }
}
