/// How long to wait before connecting again: exponential backoff with full jitter.
///
/// Full jitter, because a thousand devices and servers that lost one broker at the same moment should not come back at the same
/// moment (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
public struct ReconnectPolicy: Equatable, Sendable {
    /// The longest wait before the first try; it doubles with each failure.
    public var initial: Duration
    /// The longest wait of all.
    public var maximum: Duration
    /// The shortest wait after the broker refused us, which a person has to put right.
    public var refused: Duration
    /// A connection that held for so long starts the count anew. One that breaks sooner is another failure in a row.
    public var stable: Duration

    public init(
        initial: Duration = .milliseconds(250), maximum: Duration = .seconds(10), refused: Duration = .seconds(5),
        stable: Duration = .seconds(10)
    ) {
        self.initial = initial
        self.maximum = maximum
        self.refused = refused
        self.stable = stable
    }
}

/// Counts failures and says how long to wait after each.
struct ReconnectBackoff {
    enum Failure {
        /// Nobody answered.
        case unreachable
        /// A connection ended that had held for so long.
        case lost(after: Duration)
        /// The broker said no.
        case refused
    }

    private let policy: ReconnectPolicy
    private(set) var failures = 0

    init(_ policy: ReconnectPolicy) { self.policy = policy }

    /// Counts `failure` and gives the wait, with `fraction` in 0 ... 1 as the die.
    mutating func wait(after failure: Failure, fraction: Double) -> Duration {
        if case .lost(let duration) = failure, duration >= policy.stable { failures = 0 }
        // Beyond 2^20 any initial wait is over any sensible maximum.
        let ceiling = min(policy.maximum, policy.initial * (1 << min(failures, 20)))
        failures += 1
        let wait = ceiling * fraction
        if case .refused = failure { return policy.refused + wait }
        return wait
    }
}
