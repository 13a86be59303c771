/// How long to pause after a failure: exponential backoff with full jitter, so that what failed together does not come back together.
/// (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.)
public struct Backoff: Equatable, Sendable {
    /// The longest pause after the first failure. It doubles with each further failure in a row.
    public var initial: Duration
    /// The longest pause of all.
    public var maximum: Duration
    /// What went well for so long is a success: the next failure is the first in a row.
    public var stable: Duration

    public init(initial: Duration = .milliseconds(200), maximum: Duration = .seconds(30), stable: Duration = .seconds(10)) {
        self.initial = initial
        self.maximum = maximum
        self.stable = stable
    }

    /// The pause after so many failures in a row, with `share` of 0 ... 1 drawn by chance.
    public func pause(afterFailures failures: Int, share: Double = .random(in: 0...1)) -> Duration {
        // Beyond 2^30 any initial pause is over any sensible maximum.
        min(initial * (1 << min(max(failures - 1, 0), 30)), maximum) * share
    }
}
