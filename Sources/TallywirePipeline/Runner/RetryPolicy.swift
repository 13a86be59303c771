/// How long to pause after a failure: exponential backoff with full jitter, so that what failed together does not come back together.
/// (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.)
public struct RetryPolicy: Equatable, Sendable {
    /// The longest pause after the first failure.
    public var initial: Duration
    /// The longest pause of all.
    public var maximum: Duration
    /// Tries of one batch, after which its records go to the dead-letter file; `nil` never gives up.
    public var attempts: Int?

    public init(initial: Duration = .milliseconds(200), maximum: Duration = .seconds(30), attempts: Int? = nil) {
        self.initial = initial
        self.maximum = maximum
        self.attempts = attempts
    }

    /// The pause after so many failures in a row, with `share` of 0 ... 1 drawn by chance.
    public func pause(afterFailures failures: Int, share: Double = .random(in: 0...1)) -> Duration {
        let doublings = min(max(failures - 1, 0), 30)
        let bound = min(initial * (1 << doublings), maximum)
        return bound * share
    }

    /// Whether a batch that failed so often is given up.
    public func givesUp(afterFailures failures: Int) -> Bool {
        attempts.map { failures >= $0 } ?? false
    }
}
