import Backoff

extension TallywireClient {
    /// How long to wait before the next attempt, by the results of the attempts so far.
    struct Pauses {
        private let backoff: Backoff
        private var failures = 0

        init(_ backoff: Backoff) { self.backoff = backoff }

        /// The pause after `ended`, which was live for `life`.
        ///
        /// - Parameters:
        ///   - canRenew: whether the client can get another token.
        ///   - chance: a random number from 0 up to, but not including, 1.
        mutating func next(after ended: Core.Ended, live life: Duration?, canRenew: Bool, chance: Double) -> Duration {
            if let life, life >= backoff.stable { failures = 0 }
            failures += 1
            // Another token may be tried at once. If that one is refused too, the normal pauses apply.
            if ended.failure?.code == .unauthenticated, canRenew, failures == 1 { return .zero }
            return ended.comeBackAfter ?? backoff.pause(afterFailures: failures, share: chance)
        }
    }
}
