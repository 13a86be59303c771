import Synchronization
import TallywireCore

/// A clock that stands still until a test moves it.
public final class ManualClock: Sendable {
    private let time: Mutex<Timestamp>

    /// A clock that shows `start`, by default 2026-11-22T16:40:00.000Z.
    public init(_ start: Timestamp = Timestamp(milliseconds: 1_795_365_600_000)) {
        time = Mutex(start)
    }

    public var now: Timestamp { time.withLock { $0 } }

    public func advance(by milliseconds: Int64) {
        time.withLock { $0 = Timestamp(milliseconds: $0.milliseconds + milliseconds) }
    }
}
