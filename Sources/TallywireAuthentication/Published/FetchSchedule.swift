import Backoff

/// Decides when the keys of a URL are fetched. A value: times come from outside.
struct FetchSchedule {
    typealias Instant = ContinuousClock.Instant

    /// The shortest time from one fetch to the next by itself, whatever `max-age` says.
    static let soonest = Duration.seconds(60)
    private static let backoff = Backoff(initial: .seconds(1), maximum: .seconds(30))

    private enum Phase { case resting, wanted, fetching }

    private let settings: PublishedKeys.Settings
    private var phase = Phase.resting
    /// When the next fetch is due.
    private var due: Instant
    private var asked: Instant?
    private var fetched: Instant?
    private var failures = 0

    /// The first fetch is due at once.
    init(_ settings: PublishedKeys.Settings, at now: Instant) {
        self.settings = settings
        due = now
    }

    /// What comes of a question for an unknown key.
    enum Answer: Equatable {
        /// A fetch has to begin.
        case begins
        /// The fetch that is under way, or begins soon, may have the key.
        case joins
        /// Somebody has asked a short time ago.
        case refused
    }

    /// Somebody has a token of an unknown key.
    mutating func ask(at now: Instant) -> Answer {
        guard phase == .resting else { return .joins }
        if now < due {
            if let asked, now < asked + settings.askAgain { return .refused }
            asked = now
        }
        phase = .wanted
        return .begins
    }

    /// Whether a fetch has to begin because its time has come, or because somebody `orders` it.
    mutating func tick(at now: Instant, orders: Bool = false) -> Bool {
        guard phase == .resting, orders || now >= due else { return false }
        phase = .wanted
        return true
    }

    mutating func begin() { phase = .fetching }

    mutating func succeeded(at now: Instant, maxAge: Duration?) {
        phase = .resting
        fetched = now
        failures = 0
        due = now + max(min(maxAge ?? settings.refresh, settings.refresh), Self.soonest)
    }

    mutating func failed(at now: Instant, share: Double = .random(in: 0...1)) {
        phase = .resting
        failures += 1
        due = now + Self.backoff.pause(afterFailures: failures, share: share)
    }

    /// Whether the last fetch failed, or none has ended yet. A key that is unknown then may still be a good one.
    var isBehind: Bool { failures > 0 || fetched == nil }

    /// Whether the keys that were fetched last may still be used.
    func areUsable(at now: Instant) -> Bool { fetched.map { now < $0 + settings.keep } ?? false }
}
