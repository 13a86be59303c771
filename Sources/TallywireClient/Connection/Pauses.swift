import Backoff

extension TallywireClient {
    /// Where the next attempt is made, and how long to wait before it, by the results of the attempts so far.
    struct Pauses {
        private let backoff: Backoff
        private var addresses: Addresses
        /// How many rounds in a row have failed.
        private var failures = 0

        init(_ backoff: Backoff, addresses count: Int = 1) {
            self.backoff = backoff
            addresses = Addresses(count: count)
        }

        /// The number of the address at which the next attempt is made. The first is 0.
        var address: Int { addresses.current }

        /// The pause after `ended`, which was live for `life`. There is none before the next address of a round.
        ///
        /// - Parameters:
        ///   - canRenew: whether the client can get another token.
        ///   - chance: a random number from 0 up to, but not including, 1.
        mutating func next(after ended: Core.Ended, live life: Duration?, canRenew: Bool, chance: Double) -> Duration {
            if let life, life >= backoff.stable {
                failures = 0
                addresses.succeeded()
            }
            let (isRoundOver, asked) = addresses.failed(asking: ended.comeBackAfter)
            guard isRoundOver else { return .zero }
            failures += 1
            // Another token may be tried at once. If that one is refused too, the normal pauses apply.
            if ended.failure?.code == .unauthenticated, canRenew, failures == 1 { return .zero }
            return asked ?? backoff.pause(afterFailures: failures, share: chance)
        }
    }
}
