/// Tracks when messages can have arrived.
struct Listening {
    /// After `poll` has returned, how long ago the data may have arrived.
    private static let wakingTime = Duration.milliseconds(50)

    /// When nothing was left to read.
    private var drainedAt: ContinuousClock.Instant
    /// Since when the client has been reading everything that arrives.
    private var since: ContinuousClock.Instant
    private var isPaused = false
    /// The earliest moment at which the messages that are being read can have arrived.
    private(set) var earliest: ContinuousClock.Instant
    /// How long the connection was idle before this read, counting only time when the client was reading.
    private(set) var silence = Duration.zero

    init(since: ContinuousClock.Instant) {
        drainedAt = since
        earliest = since
        self.since = since
    }

    /// Call before reading. `hasWaited`: `poll` blocked first, so the data arrived within the last 50 ms. Otherwise the data may
    /// have arrived at any time since nothing was left to read.
    mutating func begin(at now: ContinuousClock.Instant, hasWaited: Bool) {
        earliest = hasWaited ? max(drainedAt, now - Self.wakingTime) : drainedAt
        silence = now - since
        since = now
    }

    /// Call when nothing is left to read.
    mutating func drained(at now: ContinuousClock.Instant) {
        drainedAt = now
        since = now
    }

    /// Call when reading stops.
    mutating func pause() { isPaused = true }

    /// Call when reading starts again.
    mutating func resume(at now: ContinuousClock.Instant) {
        if isPaused { since = now }
        isPaused = false
    }
}
