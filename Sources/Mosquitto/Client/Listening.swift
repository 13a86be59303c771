/// What is known of when messages arrived.
struct Listening {
    /// How late a thread may get to know what came while it waited for it.
    private static let wakingTime = Duration.milliseconds(50)

    /// When nothing was left to be read.
    private var drainedAt: ContinuousClock.Instant
    /// Since when whatever comes is read.
    private var since: ContinuousClock.Instant
    private var isPaused = false
    /// The earliest moment at which what is being read can have arrived.
    private(set) var earliest: ContinuousClock.Instant
    /// How long nothing came before that.
    private(set) var silence = Duration.zero

    init(since: ContinuousClock.Instant) {
        drainedAt = since
        earliest = since
        self.since = since
    }

    /// Something is there, and is read from `now` on; `hasWaited` if it was waited for, so that it came just now.
    mutating func begin(at now: ContinuousClock.Instant, hasWaited: Bool) {
        earliest = hasWaited ? max(drainedAt, now - Self.wakingTime) : drainedAt
        silence = now - since
        since = now
    }

    /// Nothing is left to be read.
    mutating func drained(at now: ContinuousClock.Instant) {
        drainedAt = now
        since = now
    }

    /// Nothing is read for now, whatever comes.
    mutating func pause() { isPaused = true }

    /// What comes from now on is read.
    mutating func resume(at now: ContinuousClock.Instant) {
        if isPaused { since = now }
        isPaused = false
    }
}
