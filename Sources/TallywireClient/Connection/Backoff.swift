extension TallywireClient {
    /// How long to wait before the next attempt: a random pause, from nothing to a limit that doubles, so that not all who lost a server come
    /// back at once.
    struct Backoff {
        /// A connection that was live for so long is a success: the next failure begins with short pauses again.
        static let stable = Duration.seconds(10)

        let minimum: Duration
        let maximum: Duration
        private var failures = 0

        init(minimum: Duration, maximum: Duration) {
            self.minimum = minimum
            self.maximum = maximum
        }

        /// The pause after `ended`, which was live for `life`.
        ///
        /// - Parameters:
        ///   - canRenew: whether another token can be had.
        ///   - chance: from 0 up to and without 1.
        mutating func pause(after ended: Core.Ended, live life: Duration?, canRenew: Bool, chance: Double) -> Duration {
            let isStable = life.map { $0 >= Self.stable } ?? false
            if isStable { failures = 0 }
            defer { failures += 1 }
            // Another token may be had at once; if that one does not do either, there is no hurry.
            if ended.failure?.code == .unauthenticated, canRenew, failures == 0 { return .zero }
            if let pause = ended.comeBackAfter { return pause }
            return min(maximum, minimum * (1 << min(failures, 30))) * chance
        }
    }
}
