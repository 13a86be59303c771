import DequeModule
import Synchronization
import TallywireCore

/// The last tries to deliver to one sink, for `GET /api/pipeline/{sink}/deliveries`.
///
/// The log is in memory and begins anew when the server starts. Safe from any thread.
public final class DeliveryLog: Sendable {
    /// How many tries are kept.
    public static let limit = 200
    /// The most characters of an error that are kept.
    private static let errorLimit = 300

    /// One try to deliver an event or a batch.
    public struct Attempt: Equatable, Sendable {
        /// The last event of the batch.
        public var seq: UInt64
        /// How many events were tried.
        public var events: Int
        /// When the try began.
        public var at: Timestamp
        public var status: Status
        /// How long the try took.
        public var duration: Duration
        /// How often these events were tried since they were first offered, this time included.
        public var attempt: Int
        /// What went wrong, without secrets; `nil` if nothing did.
        public var error: String?

        public init(
            seq: UInt64, events: Int = 1, at: Timestamp, status: Status, duration: Duration, attempt: Int, error: String? = nil
        ) {
            self.seq = seq
            self.events = events
            self.at = at
            self.status = status
            self.duration = duration
            self.attempt = attempt
            self.error = error.map { String($0.unicodeScalars.prefix(DeliveryLog.errorLimit)) }
        }
    }

    /// How a try ended.
    public enum Status: Equatable, Sendable {
        /// The other side answered with this status of HTTP.
        case http(Int)
        /// The sink took the events.
        case delivered
        /// The sink took none of the events, or a part of them.
        case failed
    }

    private let attempts = Mutex<Deque<Attempt>>([])

    public init() {}

    /// Adds a try, and drops the oldest beyond ``limit``.
    public func note(_ attempt: Attempt) {
        attempts.withLock { attempts in
            if attempts.count == Self.limit { attempts.removeFirst() }
            attempts.append(attempt)
        }
    }

    /// The tries, the newest first.
    public var recent: [Attempt] { attempts.withLock { $0.reversed() } }
}
