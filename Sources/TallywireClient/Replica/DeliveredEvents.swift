extension TallywireClient {
    /// The events that readers have got already.
    ///
    /// One connection gets each event once. But each room continues from its own position, so a later connection may bring an event
    /// that another room brought on an earlier one. Only events that can still come again are remembered: those after the rooms'
    /// positions, and those within reach of a snapshot.
    struct DeliveredEvents: Sendable {
        /// Events up to so far behind the newest one are remembered, even where every room is further on: earlier servers began a snapshot up
        /// to 4096 events before the newest one, with the events after it. Today's servers begin it no earlier than the join.
        private static let reach = 4_096
        /// The most events that are remembered after pruning.
        private static let most = 4 * reach

        private var seqs: Set<UInt64> = []
        private var newest: UInt64 = 0
        private var pruneAt = 2 * reach

        var count: Int { seqs.count }

        func contains(_ seq: UInt64) -> Bool { seqs.contains(seq) }

        /// - Parameter floor: the position of the room that is furthest behind.
        mutating func insert(_ seq: UInt64, floor: UInt64) {
            seqs.insert(seq)
            newest = max(newest, seq)
            if seqs.count > pruneAt { prune(floor) }
        }

        private mutating func prune(_ floor: UInt64) {
            let end = min(floor, newest - min(newest, UInt64(Self.reach)))
            seqs = seqs.filter { $0 > end }
            // A room may be far behind for long. Then the oldest events are forgotten and may come again. Versions make that
            // harmless.
            if seqs.count > Self.most { seqs = Set(seqs.sorted().suffix(Self.most)) }
            pruneAt = max(2 * Self.reach, seqs.count + Self.reach)
        }

        mutating func removeAll() {
            seqs = []
            newest = 0
        }
    }
}
