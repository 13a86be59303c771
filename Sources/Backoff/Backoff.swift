/// How long to pause after a failure: exponential backoff with full jitter, so that clients that failed together do not come back
/// together. (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.)
public struct Backoff: Equatable, Sendable {
    /// The longest pause after the first failure. It doubles with each further failure in a row.
    public var initial: Duration
    /// The longest pause, however many failures there were.
    public var maximum: Duration
    /// After a success of at least this long, the next failure is the first in a row.
    public var stable: Duration

    public init(initial: Duration = .milliseconds(200), maximum: Duration = .seconds(30), stable: Duration = .seconds(10)) {
        self.initial = initial
        self.maximum = maximum
        self.stable = stable
    }

    /// Returns the pause after so many failures in a row. `share` is the random share of it, in 0 ... 1.
    public func pause(afterFailures failures: Int, share: Double = .random(in: 0...1)) -> Duration {
        // Beyond 2^30 any initial pause is larger than any sensible maximum.
        min(initial * (1 << min(max(failures - 1, 0), 30)), maximum) * share
    }
}
