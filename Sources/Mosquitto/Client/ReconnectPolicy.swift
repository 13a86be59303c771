import Backoff

/// How long to wait before connecting again. Each way in which a connection fails has its own `Backoff`.
public struct ReconnectPolicy: Equatable, Sendable {
    /// The longest wait before the first try. It doubles with each failure.
    public var initial: Duration
    /// The longest wait, however many failures there were.
    public var maximum: Duration
    /// The shortest wait after the broker refused the client, or the client the broker's certificate, which a person has to
    /// correct. It doubles too.
    public var refused: Duration
    /// The longest wait after a refusal.
    public var refusedMaximum: Duration
    /// The longest wait after another client connected with the same client id. Two such clients come back ever more slowly. A
    /// connection that held for this long starts the count again.
    public var takenOverMaximum: Duration
    /// A connection that held for this long starts the count again. One that ends sooner is another failure in a row.
    public var stable: Duration

    public init(
        initial: Duration = .milliseconds(250), maximum: Duration = .seconds(10), refused: Duration = .seconds(5),
        refusedMaximum: Duration = .seconds(60), takenOverMaximum: Duration = .seconds(300), stable: Duration = .seconds(10)
    ) {
        self.initial = initial
        self.maximum = maximum
        self.refused = refused
        self.refusedMaximum = refusedMaximum
        self.takenOverMaximum = takenOverMaximum
        self.stable = stable
    }
}

/// Counts failures, and says how long to wait after each.
struct ReconnectBackoff {
    enum Failure: Equatable {
        /// No broker accepted the connection.
        case unreachable
        /// A connection ended after it had held for this long.
        case lost(after: Duration)
        /// The broker refused the client, or the client the broker's certificate.
        case refused
        /// Another client connected with the same client id, after this connection had held for this long.
        case takenOver(after: Duration)
    }

    private let policy: ReconnectPolicy
    /// Failures in a row of any kind.
    private(set) var failures = 0
    private var refusals = 0
    private var takeovers = 0

    init(_ policy: ReconnectPolicy) { self.policy = policy }

    /// Counts `failure` and returns the wait. `fraction`, in 0 ... 1, is the random share of it.
    mutating func wait(after failure: Failure, fraction: Double) -> Duration {
        switch failure {
        case .unreachable: break
        case .lost(let duration):
            if duration >= policy.stable { failures = 0 }
            refusals = 0
        case .refused:
            failures += 1
            refusals += 1
            return slowWait(refusals, policy.refusedMaximum, fraction)
        case .takenOver(let duration):
            // The other client waits longer each time too, so a quiet time alone does not show that it is gone.
            if duration >= policy.takenOverMaximum { takeovers = 0 }
            failures += 1
            takeovers += 1
            return slowWait(takeovers, policy.takenOverMaximum, fraction)
        }
        failures += 1
        return Backoff(initial: policy.initial, maximum: policy.maximum).pause(afterFailures: failures, share: fraction)
    }

    /// The wait before the next of several brokers, while not all have been tried.
    func waitForNext(fraction: Double) -> Duration { policy.initial * fraction }

    /// Between half of a ceiling and the whole of it. At first the half is ``ReconnectPolicy/refused``.
    private func slowWait(_ count: Int, _ maximum: Duration, _ fraction: Double) -> Duration {
        Backoff(initial: policy.refused * 2, maximum: max(policy.refused, maximum))
            .pause(afterFailures: count, share: 0.5 + fraction / 2)
    }
}
