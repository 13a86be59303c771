import TallywireCore
import TallywireEngine

/// A plugin that carries events out: to a topic, a file, a room, another system.
///
/// A sink is small. It does not buffer, count, retry or remember its position: its runner does, with the journal as the buffer. So
/// every sink has the same guarantees.
///
/// ## Who calls what, when
/// The runner calls ``start(_:)`` first, and calls it again after a growing pause if it throws. After ``start(_:)`` has returned,
/// the runner calls ``deliver(_:)`` with one batch at a time, never two at once. It calls ``stop()`` at the end, after the last
/// delivery has returned. ``attend()``, for work beside deliveries, runs in a task of its own. A sink that hangs holds up only itself. It is cancelled at shutdown when the time of the drain is over, so long waits have
/// to heed cancellation.
///
/// ## What a delivery means
/// - Returning from ``deliver(_:)`` says that these events are taken and must not be offered again. A *durable* sink returns only
///   when the events would survive the end of this process.
/// - Throwing says: not now. The runner pauses (exponential backoff with full jitter) and offers the same events again. Newer
///   events are offered only after them. So delivery is at least once and in order. An event that was delivered before an error is
///   offered again and must do no harm then. ``SinkError/delivered(through:because:)`` excludes the events that were taken.
/// - An event that the sink will never take goes into ``Delivery/rejected``. The runner writes it to the sink's dead-letter file
///   with the reason, and goes on with the others.
/// - ``SinkError/interrupted(_:)`` says more of a batch that was taken in part: which events were refused by the other side, and
///   how long it wants to be left alone. An event that was refused `retry.rejectAfter` times becomes a dead letter.
/// - ``EventBatch/isReplay`` marks events that somebody asked for again, which come between batches of current events.
/// - ``SinkError/disabled(_:)`` says that the other side wants nothing more. The runner keeps the position and delivers
///   nothing until the server starts again, or until a reload replaces the entry.
///
/// ## An example
/// ```swift
/// struct StandardOutput: Sink {
///     func deliver(_ batch: EventBatch) async throws -> Delivery {
///         for record in batch.records { print(String(decoding: record.json, as: UTF8.self)) }
///         return Delivery()
///     }
/// }
/// ```
public protocol Sink: Sendable {
    /// Opens what the sink needs. The context has the sink's name, its cursor, and a reader of the current stock.
    func start(_ context: SinkContext) async throws

    /// Takes a batch of at least one event, in order. Only events that the sink's filter leaves out are missing.
    func deliver(_ batch: EventBatch) async throws -> Delivery

    /// Does work beside deliveries, such as watching a connection. Begins once ``start(_:)`` has succeeded, and is cancelled before
    /// ``stop()``. It may return early.
    func attend() async

    /// Whether the sink notes its tries in ``SinkContext/deliveries`` itself, one for each request. For every other sink the runner
    /// notes each call of ``deliver(_:)``.
    var notesDeliveries: Bool { get }

    /// Closes what ``start(_:)`` opened. Called once, also when no start succeeded.
    func stop() async
}

extension Sink {
    public func start(_ context: SinkContext) async throws {}
    public func attend() async {}
    public var notesDeliveries: Bool { false }
    public func stop() async {}
}

/// From which event on a sink reads.
public enum SinkMode: String, Sendable {
    /// The sink resumes from its stored cursor and gets every event at least once. A new sink begins with the journal's first
    /// event.
    case durable
    /// The sink begins with the events that are committed next. Its clients bring their own position.
    case live
}

/// The events of one delivery.
public struct EventBatch: Sendable {
    public let records: [EventEnvelope]
    /// Whether somebody asked for these events again. They may be older than what was delivered last, and with some of them the sink
    /// may be done already. What a sink shows as the present must stay the present.
    public let isReplay: Bool

    public init(records: [EventEnvelope], isReplay: Bool = false) {
        self.records = records
        self.isReplay = isReplay
    }
}

/// What became of a batch: all its events are delivered, except those that are listed here.
public struct Delivery: Sendable {
    /// How many events a newer one in the batch replaced, such as older states of one shelf display.
    public var merged: Int
    /// The events that the sink will never take.
    public var rejected: [Rejected]

    public struct Rejected: Sendable {
        public let seq: UInt64
        public let reason: String

        public init(seq: UInt64, reason: String) {
            self.seq = seq
            self.reason = reason
        }
    }

    public init(merged: Int = 0, rejected: [Rejected] = []) {
        self.merged = merged
        self.rejected = rejected
    }
}

/// The errors with which a sink can say more.
public enum SinkError: Error, Sendable, CustomStringConvertible {
    /// The events up to this `seq` are taken. The rest has to be offered again.
    case delivered(through: UInt64, because: String)
    /// Not now. The text says what is missing, and what somebody can do about it.
    case unavailable(String)
    /// A part of the batch is taken, and the rest has to be offered again.
    case interrupted(Interruption)
    /// The other side wants no more events. The text says how the operator gets the sink to run again.
    case disabled(String)

    public var description: String {
        switch self {
        case .delivered(let seq, let reason): "taken up to \(seq): \(reason)"
        case .unavailable(let reason), .disabled(let reason): reason
        case .interrupted(let interruption): interruption.reason
        }
    }
}

/// What became of a batch that was taken in part.
public struct Interruption: Sendable {
    /// The last event with which the sink is done, as it is with all before; `nil` if it is done with none.
    public var through: UInt64?
    /// What became of the events up to ``through``.
    public var delivery: Delivery
    /// Events of the rest that the other side refused in this try, and may take in another.
    public var refusals: [Delivery.Rejected]
    /// How long the other side wants to be left alone; `nil` if it did not say. The runner pauses at least so long.
    public var after: Duration?
    /// What is missing, and what somebody can do about it.
    public var reason: String

    public init(
        through: UInt64? = nil, delivery: Delivery = Delivery(), refusals: [Delivery.Rejected] = [], after: Duration? = nil,
        reason: String
    ) {
        self.through = through
        self.delivery = delivery
        self.refusals = refusals
        self.after = after
        self.reason = reason
    }
}
