import TallywireCore
import TallywireEngine

/// A plugin that carries events out: a topic, a file, a room, another system.
///
/// A sink is small. It does not buffer, count, retry or remember where it is: its runner does, with the journal as the buffer,
/// and every sink has the same guarantees for it.
///
/// ## Who calls what, when
/// The runner calls ``start(_:)`` first, and calls again after a growing pause if it throws. Once it has returned, the runner calls
/// ``deliver(_:)`` with one batch at a time, never two at once, and ``stop()`` at the end, after the last delivery has returned.
/// All these calls of one sink come from one task; ``attend()``, for what a sink has to do beside them, runs in another. A sink that hangs holds up nobody but itself; it is cancelled at shutdown when the
/// drain's time is over, so long waits have to heed cancellation.
///
/// ## What a delivery means
/// - Returning from ``deliver(_:)`` says: these records are where they belong, do not show them again. A *durable* sink returns
///   only when they would survive this process.
/// - Throwing says: not now. The runner pauses (exponential backoff with full jitter) and offers the same records again, and
///   newer ones only after them. So delivery is at least once and in order; what was delivered before an error and is offered
///   again must do no harm. ``SinkError/delivered(through:because:)`` spares the part that was taken.
/// - A record that will never be taken goes into ``Delivery/rejected``: it is written to the sink's dead-letter file with the
///   reason, and the others go on.
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
    /// Opens what the sink needs. The context says who it is, where it stands and how to read the current stock.
    func start(_ context: SinkContext) async throws

    /// Takes a batch of at least one record, in order, without a gap but for what the sink's filter leaves out.
    func deliver(_ batch: EventBatch) async throws -> Delivery

    /// Does what has to be done beside deliveries, such as looking after a connection that comes back. Begins once ``start(_:)`` has
    /// succeeded and is cancelled before ``stop()``; returning early is fine.
    func attend() async

    /// Closes what ``start(_:)`` opened. Called once, also when no start succeeded.
    func stop() async
}

extension Sink {
    public func start(_ context: SinkContext) async throws {}
    public func attend() async {}
    public func stop() async {}
}

/// Where a sink begins to read.
public enum SinkMode: String, Sendable {
    /// It resumes from its stored cursor and gets every event at least once, from the beginning of the journal if it is new.
    case durable
    /// It begins with what is committed next; its clients bring their own position.
    case live
}

/// Records for one delivery.
public struct EventBatch: Sendable {
    public let records: [EventEnvelope]

    public init(records: [EventEnvelope]) {
        self.records = records
    }
}

/// What became of a batch: all of its records are delivered, but for those that are named here.
public struct Delivery: Sendable {
    /// How many records a newer one in the batch made needless, such as the older states of one shelf display.
    public var merged: Int
    /// Records that the sink will never take.
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

/// What a sink can say with an error.
public enum SinkError: Error, Sendable, CustomStringConvertible {
    /// The records up to this `seq` are taken, the rest is to be offered again.
    case delivered(through: UInt64, because: String)
    /// Not now: what is missing, and what somebody can do about it.
    case unavailable(String)

    public var description: String {
        switch self {
        case .delivered(let seq, let reason): "taken up to \(seq): \(reason)"
        case .unavailable(let reason): reason
        }
    }
}
