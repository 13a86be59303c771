import TallywireCore

/// Where everything that happens is kept: the one place that decides what is true after a crash.
///
/// ## Who calls what
/// The engine calls ``load()`` once, then ``append(_:)`` from its threads, one call at a time. Everything else, ``answer(to:)`` and ``serialCount(of:)`` too, may be
/// called from any task at any time, also while an append runs.
///
/// ## What an implementation guarantees
/// - ``append(_:)`` returns only when the batch survives a power cut, whole. When it throws, nothing of the batch is there,
///   now or after a restart; but for ``JournalError/Code/uncertain``, when the disk failed so that nobody can know.
/// - Sequence numbers are contiguous: a batch whose first event is not `lastSeq + 1` is refused with
///   ``JournalError/Code/outOfOrder``. This is what fences off a second writer.
/// - Reads see committed batches only, and each says at which `seq` it is true.
public protocol Journal: StockReader, EventHistory {
    /// The identity of this journal. A `seq` means something only together with it.
    var epoch: String { get }

    /// The state after the last committed event, for the writer to go on from.
    func load() throws -> InventoryState

    /// What the writer's clocks go on from.
    func clocks() throws -> JournalClocks

    /// Commits a batch: its events, its answers and the values that they changed, all or nothing.
    func append(_ batch: JournalBatch) throws

    /// The answer that was given to the command with this ``/TallywireCore/Command/key``, if it is kept still. For the writer: it waits for
    /// no other reader.
    func answer(to key: String) throws -> StoredAnswer?

    /// The same for everybody else.
    func storedAnswer(to key: String) async throws -> StoredAnswer?

    /// The last time that a unit with this serial number was counted, if that event is kept still.
    func serialCount(of key: SerialCount.Key) throws -> SerialCount?

    /// Events from the newest backwards, as ``HistoryQuery`` asks, judged by ``HistoryPageBuilder``.
    func history(_ query: HistoryQuery) async throws -> HistoryPage

    /// The last committed and the first kept event. In an empty journal `first` is 1 and `last` 0.
    func range() async throws -> (first: UInt64, last: UInt64)

    /// How far the sink `name` has come, `nil` if it never stored that.
    func cursor(of name: String) async throws -> UInt64?

    /// Stores how far the sink `name` has come.
    func storeCursor(_ seq: UInt64, of name: String) async throws

    /// Deletes events that retention no longer keeps; never one after `protected`, unless the journal is beyond
    /// `retention.hardLimit`. Answers what it did.
    ///
    /// `now` is the time that has passed, as ``JournalBatch/timestamp`` is: how old an event is says the batch that it came in, and not the
    /// time that it bears. Positions of devices beyond ``DevicePositions/limit`` are forgotten too, those first that changed longest ago.
    func prune(_ retention: Retention, protected: UInt64, now: Timestamp) async throws -> PruneReport

    /// Flushes and closes. Calls after it throw ``JournalError/Code/closed``.
    func close() throws
}

/// The positions that sources keep for their devices: cursors with names that no sink can have.
public enum DevicePositions {
    /// What their names begin with.
    public static let prefix = "device:"
    /// How many are kept.
    public static let limit = 10_000
}

extension Journal {
    public func storedAnswer(to key: String) async throws -> StoredAnswer? { try answer(to: key) }
}

/// What a journal knows of the clocks of those who wrote it.
public struct JournalClocks: Equatable, Sendable {
    /// How much time had passed, as far as it was noted.
    public var mark: SteadyClock.Mark?
    /// The time that the last event bears.
    public var lastEvent: Timestamp?

    public init(mark: SteadyClock.Mark? = nil, lastEvent: Timestamp? = nil) {
        self.mark = mark
        self.lastEvent = lastEvent
    }
}

/// What the engine commits at once.
public struct JournalBatch: Sendable {
    /// In order of their `seq`, without a gap.
    public var events: [EventEnvelope]
    /// The answers to commands that bear an id.
    public var answers: [StoredAnswer]
    /// What the events changed, as the values that hold now.
    public var changes: StateChanges
    /// Units with serial numbers that were counted, in order.
    public var serials: [SerialCount]
    /// When the batch was decided, by the time that has passed (``SteadyClock``): it never falls or jumps, and ages are measured by it.
    public var timestamp: Timestamp
    /// By how much the machine's clock is ahead of that, in milliseconds.
    public var clockOffset: Int64

    public init(
        events: [EventEnvelope] = [], answers: [StoredAnswer] = [], changes: StateChanges, serials: [SerialCount] = [],
        timestamp: Timestamp, clockOffset: Int64 = 0
    ) {
        self.events = events
        self.answers = answers
        self.changes = changes
        self.serials = serials
        self.timestamp = timestamp
        self.clockOffset = clockOffset
    }
}

/// The answer to a command, kept so that a repeat gets it again.
public struct StoredAnswer: Equatable, Sendable {
    /// The command's ``/TallywireCore/Command/key``: its id, and whose that is.
    public let id: String
    /// What the command meant: see ``/TallywireCore/CommandFingerprint``.
    public let fingerprint: CommandFingerprint
    public let outcome: Outcome
    public let timestamp: Timestamp

    public init(id: String, fingerprint: CommandFingerprint, outcome: Outcome, timestamp: Timestamp) {
        self.id = id
        self.fingerprint = fingerprint
        self.outcome = outcome
        self.timestamp = timestamp
    }
}

/// How long events are kept.
public struct Retention: Equatable, Sendable {
    /// Events older than this may go.
    public var age: Duration
    /// While the events' JSON is larger than this, the oldest may go.
    public var size: Int
    /// Beyond this size the oldest go even if a sink has not read them. Reported, never silent.
    public var hardLimit: Int

    public init(age: Duration = .seconds(30 * 86_400), size: Int = 4 << 30, hardLimit: Int = 16 << 30) {
        self.age = age
        self.size = size
        self.hardLimit = hardLimit
    }
}

/// What one run of retention did.
public struct PruneReport: Equatable, Sendable {
    public var deleted: Int
    /// The oldest event that is left, or would be next.
    public var firstKept: UInt64
    /// How many of the deleted events some sink had not read yet.
    public var unread: Int

    public init(deleted: Int = 0, firstKept: UInt64, unread: Int = 0) {
        self.deleted = deleted
        self.firstKept = firstKept
        self.unread = unread
    }
}

/// What a journal refuses or cannot do.
public struct JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    public let code: Code
    /// What is wrong and what to do.
    public let message: String

    public enum Code: String, Sendable {
        /// Another process has the journal open.
        case locked
        /// The file is not a journal, or is damaged.
        case damaged
        /// The disk is full, read-only or fails.
        case storage
        /// The disk failed in a way that leaves open whether a batch is there after a restart.
        case uncertain
        /// Not the batch that comes next: another writer was here.
        case outOfOrder = "out_of_order"
        /// The events asked for are no longer kept.
        case pruned
        case closed
    }

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

/// Reads committed events again, whatever their age.
///
/// Safe from any task at any time.
public protocol EventHistory: Sendable {
    /// Committed events after `seq` in order: at most `limit` of them and, after the first, at most `maxBytes` of JSON. It does not wait
    /// for events that are not there yet. Throws ``JournalError/Code/pruned`` if events after `seq` are gone.
    func events(after seq: UInt64, limit: Int, maxBytes: Int) async throws -> [EventEnvelope]
}

/// That a unit with a serial number was counted in or out.
public struct SerialCount: Equatable, Sendable {
    /// Which unit: serial numbers are unique within a variant.
    public struct Key: Hashable, Sendable {
        public let variant: VariantID
        public let serial: String

        public init(variant: VariantID, serial: String) {
            self.variant = variant
            self.serial = serial
        }
    }

    public typealias Direction = TallywireCore.Operation.Direction

    public let key: Key
    public let direction: Direction
    /// The `inventory_updated` that counted it.
    public let seq: UInt64

    public init(key: Key, direction: Direction, seq: UInt64) {
        self.key = key
        self.direction = direction
        self.seq = seq
    }
}

/// What something outside the journal knows of how far that had come: the last line of a log, for one.
///
/// A journal that ends before what a witness knows is an older copy that was put back.
public struct JournalWitness: Equatable, Sendable {
    /// What knows it, for people: “the log data/events.jsonl”.
    public var name: String
    /// The journal that it knows.
    public var epoch: String
    /// The last event that it knows.
    public var seq: UInt64

    public init(name: String, epoch: String, seq: UInt64) {
        self.name = name
        self.epoch = epoch
        self.seq = seq
    }
}
