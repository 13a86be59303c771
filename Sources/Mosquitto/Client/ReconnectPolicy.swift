import Backoff

/// How long to wait before connecting again: a `Backoff` for each way in which a connection fails.
public struct ReconnectPolicy: Equatable, Sendable {
    /// The longest wait before the first try; it doubles with each failure.
    public var initial: Duration
    /// The longest wait of all.
    public var maximum: Duration
    /// The shortest wait after the broker refused us, or we its certificate, which a person has to put right. It doubles too.
    public var refused: Duration
    /// The longest wait after a refusal.
    public var refusedMaximum: Duration
    /// The longest wait after another client took our id. Two that want one id come back ever more slowly; a connection that held for
    /// this long starts their count anew.
    public var takenOverMaximum: Duration
    /// A connection that held for so long starts the count anew. One that breaks sooner is another failure in a row.
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

/// Counts failures and says how long to wait after each.
struct ReconnectBackoff {
    enum Failure: Equatable {
        /// Nobody answered.
        case unreachable
        /// A connection ended that had held for so long.
        case lost(after: Duration)
        /// The broker said no, or we to its certificate.
        case refused
        /// Another client took our id, from a connection that had held for so long.
        case takenOver(after: Duration)
    }

    private let policy: ReconnectPolicy
    /// Failures in a row of any kind.
    private(set) var failures = 0
    private var refusals = 0
    private var takeovers = 0

    init(_ policy: ReconnectPolicy) { self.policy = policy }

    /// Counts `failure` and gives the wait, with `fraction` in 0 ... 1 as the die.
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
            // The other one waits longer each time too, so a while of peace alone does not mean that it is gone.
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

    /// Between half of a ceiling and the whole of it, the half being ``ReconnectPolicy/refused`` at first.
    private func slowWait(_ count: Int, _ maximum: Duration, _ fraction: Double) -> Duration {
        Backoff(initial: policy.refused * 2, maximum: max(policy.refused, maximum))
            .pause(afterFailures: count, share: 0.5 + fraction / 2)
    }
}
