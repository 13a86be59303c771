extension TallywireClient {
    /// Which events were told already.
    ///
    /// One connection gets an event once, but rooms come back each from where it was, so a later connection may bring what another room of
    /// an earlier one has brought. Remembered is what could still come: what is later than where the rooms stand, and within a snapshot's
    /// reach.
    struct ToldEvents: Sendable {
        /// Events up to so far behind the newest one are remembered, even where every room is further on: earlier servers began a snapshot up
        /// to 4096 events before the newest one, with the events after it. Today's servers begin it no earlier than the join.
        private static let reach = 4_096
        /// Events that are remembered at most, when they are looked through.
        private static let most = 4 * reach

        private var seqs: Set<UInt64> = []
        private var newest: UInt64 = 0
        private var pruneAt = 2 * reach

        var count: Int { seqs.count }

        func contains(_ seq: UInt64) -> Bool { seqs.contains(seq) }

        /// - Parameter floor: where the room stands that is furthest behind.
        mutating func insert(_ seq: UInt64, floor: UInt64) {
            seqs.insert(seq)
            newest = max(newest, seq)
            if seqs.count > pruneAt { prune(floor) }
        }

        private mutating func prune(_ floor: UInt64) {
            let end = min(floor, newest - min(newest, UInt64(Self.reach)))
            seqs = seqs.filter { $0 > end }
            // A room may stand far behind for long. Then the oldest go, and could be told again, which versions make harmless.
            if seqs.count > Self.most { seqs = Set(seqs.sorted().suffix(Self.most)) }
            pruneAt = max(2 * Self.reach, seqs.count + Self.reach)
        }

        mutating func removeAll() {
            seqs = []
            newest = 0
        }
    }
}
