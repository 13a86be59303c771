import Backoff

extension TallywireClient {
    /// How long to wait before the next attempt, by what became of those before it.
    struct Pauses {
        private let backoff: Backoff
        private var failures = 0

        init(_ backoff: Backoff) { self.backoff = backoff }

        /// The pause after `ended`, which was live for `life`.
        ///
        /// - Parameters:
        ///   - canRenew: whether another token can be had.
        ///   - chance: from 0 up to and without 1.
        mutating func next(after ended: Core.Ended, live life: Duration?, canRenew: Bool, chance: Double) -> Duration {
            if let life, life >= backoff.stable { failures = 0 }
            failures += 1
            // Another token may be had at once; if that one does not do either, there is no hurry.
            if ended.failure?.code == .unauthenticated, canRenew, failures == 1 { return .zero }
            return ended.comeBackAfter ?? backoff.pause(afterFailures: failures, share: chance)
        }
    }
}
