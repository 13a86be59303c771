import NIOCore

/// How often something may happen: a steady number of times a second, and a burst after a rest.
public struct Rate: Equatable, Sendable {
    public var perSecond: Int
    public var burst: Int

    public init(perSecond: Int, burst: Int) {
        self.perSecond = perSecond
        self.burst = burst
    }
}

/// Limits one caller to a ``Rate``: the bucket starts full, each act takes a token, and tokens come back with time.
public struct TokenBucket: Sendable {
    private var tokens: Double
    private var last: NIODeadline

    /// A full bucket.
    public init(_ rate: Rate, at now: NIODeadline) {
        tokens = Double(rate.burst)
        last = now
    }

    /// Takes a token. Returns whether there was one. `now` must not go back.
    public mutating func take(_ rate: Rate, at now: NIODeadline) -> Bool {
        refill(rate, at: now)
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    /// Whether the bucket is full by now, which means that the caller was quiet for a while.
    public mutating func isFull(_ rate: Rate, at now: NIODeadline) -> Bool {
        refill(rate, at: now)
        return tokens >= Double(rate.burst)
    }

    private mutating func refill(_ rate: Rate, at now: NIODeadline) {
        let elapsed = max(0, Double((now - last).nanoseconds) / 1e9)
        last = now
        tokens = min(Double(rate.burst), tokens + elapsed * Double(rate.perSecond))
    }
}
