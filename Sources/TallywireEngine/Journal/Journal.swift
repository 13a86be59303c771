import TallywireCore

/// Where all events are kept: the one place that decides what is true after a crash.
///
/// ## Who calls what
/// The engine calls ``load()`` once, then ``append(_:)`` from its threads, one call at a time. All other methods may be called from
/// any task at any time, also while an append runs. That includes ``answer(to:)``, ``serialCount(of:)``, ``endedReservation(_:)``,
/// ``endedCount(_:)``, ``events(_:)``, ``historyForWriter(_:)`` and ``newestChange(by:since:among:)``.
///
/// ## What an implementation guarantees
/// - ``append(_:)`` returns only when the whole batch survives a power cut. The journal of a node may be behind after one, by whole
///   batches that a replicated log holds, if it was opened so. When it throws, nothing of the batch is in the journal,
///   now or after a restart. The exception is ``JournalError/Code/uncertain``: the disk failed so that nobody can know.
/// - Sequence numbers are contiguous: a batch whose first event is not `lastSeq + 1` is refused with
///   ``JournalError/Code/outOfOrder``. That check fences off a second writer. So is a batch whose ``JournalBatch/logIndex`` is not
///   `applied + 1`, unless no entry of a log was applied before.
/// - The ``JournalBatch/positions`` of a batch are cursors once the call returns, whatever was stored under their names before.
/// - Reads see committed batches only, and each read says at which `seq` it is true.
public protocol Journal: StockReader, EventHistory {
    /// The identity of this journal. A `seq` means something only together with its epoch.
    var epoch: String { get }

    /// Where the journal was when it got its epoch: the epoch before, and the last event that was committed under it. `nil` if it has
    /// the epoch with which it was created, or if the journal does not keep that.
    var previous: JournalPosition? { get }

    /// The state after the last committed event, from which the writer continues.
    func load() throws -> InventoryState

    /// The clocks from which the writer continues.
    func clocks() throws -> JournalClocks

    /// The index of the last entry of a replicated log that was committed here; 0 if there was none, as on a server by itself. The
    /// call does not read the disk.
    func applied() throws -> UInt64

    /// Commits a batch: its events, its answers and the values that the events changed, all or nothing.
    func append(_ batch: JournalBatch) throws

    /// Waits until all that was committed before the call survives a power cut, also in a journal whose ``append(_:)`` does not wait
    /// for the disk. Returns an entry of a replicated log of which that is true from now on, with all before it: ``applied()`` at the
    /// time of the call, or a later one.
    ///
    /// Commits go on meanwhile. Throws ``JournalError`` if the disk fails. Then nobody can know what is on it, and every later call
    /// throws too, until the journal is opened again.
    func flush() async throws -> UInt64

    /// The answer to the command with this ``/TallywireCore/Command/key``, if that answer is still kept. For the writer: the call
    /// waits for no other reader.
    func answer(to key: String) throws -> StoredAnswer?

    /// The same for all other callers.
    func storedAnswer(to key: String) async throws -> StoredAnswer?

    /// The last time that a unit with this serial number was counted, if that event is still kept.
    func serialCount(of key: SerialCount.Key) throws -> SerialCount?

    /// The reservation with this id that ended last, if it is still kept. Reservations that have ended are kept as long as answers.
    /// For the writer: the call waits for no other reader.
    func endedReservation(_ id: String) throws -> Reservation?

    /// The count with this id that ended last, if it is still kept. Counts that have ended are kept as long as answers, and at most
    /// ``/TallywireCore/Limits/endedCounts`` of them. For the writer: the call waits for no other reader.
    func endedCount(_ id: String) throws -> StockCount?

    /// The events with these numbers, in order; `nil` if they are no longer kept. For the writer: the call waits for no other reader.
    func events(_ range: ClosedRange<UInt64>) throws -> [EventEnvelope]?

    /// The newest change of stock, or of an open count, that `source` asked for and that reverses nothing, among the last `limit` events. An event that bears a
    /// time before `time` ends the search. For the writer: the call waits for no other reader.
    func newestChange(by source: String, since time: Timestamp, among limit: Int) throws -> EventEnvelope?

    /// Events from the newest backwards, as `query` asks. ``HistoryPageBuilder`` decides which events a page holds.
    func history(_ query: HistoryQuery) async throws -> HistoryPage

    /// The same for the writer: the call waits for no other reader.
    func historyForWriter(_ query: HistoryQuery) throws -> HistoryPage

    /// The numbers of the first kept and of the last committed event. In an empty journal `first` is 1 and `last` 0.
    func range() async throws -> (first: UInt64, last: UInt64)

    /// The stored cursor of the sink `name`, `nil` if none was stored.
    func cursor(of name: String) async throws -> UInt64?

    /// Stores the cursor of the sink `name`.
    func storeCursor(_ seq: UInt64, of name: String) async throws

    /// Deletes events that retention no longer keeps, and returns what was deleted. An event after `protected` is deleted only if
    /// the journal is larger than `retention.hardLimit`.
    ///
    /// `now` is the time that has passed, as in ``JournalBatch/timestamp``. An event's age is counted from its batch's timestamp,
    /// and not from the time that the event bears. Of the bookmarks of devices beyond ``DevicePositions/limit``, those that changed
    /// longest ago are deleted too.
    func prune(_ retention: Retention, protected: UInt64, now: Timestamp) async throws -> PruneReport

    /// Flushes and closes the journal. Later calls throw ``JournalError/Code/closed``.
    func close() throws
}

/// The bookmarks that sources keep for their devices, stored like cursors, under names that no sink can have.
public enum DevicePositions {
    /// The beginning of their names.
    public static let prefix = "device:"
    /// How many of them are kept.
    public static let limit = 10_000
}

extension Journal {
    public var previous: JournalPosition? { nil }

    public func storedAnswer(to key: String) async throws -> StoredAnswer? { try answer(to: key) }
}

/// What a journal knows of the clocks of the servers that wrote it.
public struct JournalClocks: Equatable, Sendable {
    /// How much time had passed when the last batch was written.
    public var mark: SteadyClock.Mark?
    /// The time that the last event bears.
    public var lastEvent: Timestamp?

    public init(mark: SteadyClock.Mark? = nil, lastEvent: Timestamp? = nil) {
        self.mark = mark
        self.lastEvent = lastEvent
    }
}

/// What the engine commits in one transaction.
public struct JournalBatch: Sendable {
    /// In order of their `seq`, without a gap.
    public var events: [EventEnvelope]
    /// The answers to commands that bear an id.
    public var answers: [StoredAnswer]
    /// By key, the commands of earlier batches that this batch reverses, with the id of the reversal. Their answers say so from then
    /// on.
    public var reversals: [String: String]
    /// The values that the events changed, as they are after the last event.
    public var changes: StateChanges
    /// The units with serial numbers that were counted, in order.
    public var serials: [SerialCount]
    /// When the batch was decided, by the time that has passed (``SteadyClock``). This time never falls or jumps, and ages are
    /// measured by it.
    public var timestamp: Timestamp
    /// By how much the machine's clock is ahead of ``timestamp``, in milliseconds.
    public var clockOffset: Int64
    /// How far sinks and sources have come, by name, as another node stored it: they become cursors with the batch.
    public var positions: [String: UInt64]
    /// The index of the entry of a replicated log that this batch is; `nil` on a server by itself. A batch may consist of this alone.
    public var logIndex: UInt64?

    public init(
        events: [EventEnvelope] = [], answers: [StoredAnswer] = [], reversals: [String: String] = [:], changes: StateChanges,
        serials: [SerialCount] = [], timestamp: Timestamp, clockOffset: Int64 = 0, positions: [String: UInt64] = [:],
        logIndex: UInt64? = nil
    ) {
        self.positions = positions
        self.logIndex = logIndex
        self.reversals = reversals
        self.events = events
        self.answers = answers
        self.changes = changes
        self.serials = serials
        self.timestamp = timestamp
        self.clockOffset = clockOffset
    }
}

/// How long events are kept.
public struct Retention: Equatable, Sendable {
    /// Events that are older than this may be deleted.
    public var age: Duration
    /// While the events' JSON is larger than this, the oldest may be deleted.
    public var size: Int
    /// While the events' JSON is larger than this, the oldest are deleted even if a sink has not read them. That is always
    /// reported.
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
    /// The oldest event that is left, or the number of the next event if none is left.
    public var firstKept: UInt64
    /// How many of the deleted events a sink had not read yet.
    public var unread: Int

    public init(deleted: Int = 0, firstKept: UInt64, unread: Int = 0) {
        self.deleted = deleted
        self.firstKept = firstKept
        self.unread = unread
    }
}

/// Why a journal refuses a call or cannot carry it out.
public struct JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    public let code: Code
    /// What is wrong and what to do.
    public let message: String

    public enum Code: String, Sendable {
        /// Another process has the journal open.
        case locked
        /// The file is not a journal, or is damaged.
        case damaged
        /// A later version of the program wrote the journal.
        case newer
        /// The journal is that of another server, or of another cluster.
        case foreign
        /// The disk is full, read-only or fails.
        case storage
        /// The disk failed in a way that leaves open whether the batch is in the journal after a restart.
        case uncertain
        /// The batch is not the one that comes next: another writer has written.
        case outOfOrder = "out_of_order"
        /// The batch is larger than the journal takes. Nothing of the batch is in the journal.
        case tooLarge = "too_large"
        /// Another node writes now. Nothing of the batch is in the journal, and never will be.
        case fenced
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
    /// Committed events after `seq` in order: at most `limit`, and after the first at most `maxBytes` of JSON. The call does not
    /// wait for later events. Throws ``JournalError/Code/pruned`` if events after `seq` were deleted.
    func events(after seq: UInt64, limit: Int, maxBytes: Int) async throws -> [EventEnvelope]
}

/// That a unit with a serial number was counted in or out.
public struct SerialCount: Equatable, Sendable {
    /// Which unit. Serial numbers are unique within a variant.
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
    /// The `inventory_updated` that counted the unit.
    public let seq: UInt64

    public init(key: Key, direction: Direction, seq: UInt64) {
        self.key = key
        self.direction = direction
        self.seq = seq
    }
}

/// How far the journal had come, as something outside of it knows: the last line of a log, for example.
///
/// A journal that ends before its witness's event is an older copy that was put back.
public struct JournalWitness: Equatable, Sendable {
    /// What the witness is, for people: “the log data/events.jsonl”.
    public var name: String
    /// The epoch of the journal that the witness knows.
    public var epoch: String
    /// The last event that the witness knows.
    public var seq: UInt64

    public init(name: String, epoch: String, seq: UInt64) {
        self.name = name
        self.epoch = epoch
        self.seq = seq
    }
}
