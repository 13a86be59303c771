extension TallywireClient {
    /// The addresses under which the nodes of one server are reached, and which of them is next.
    ///
    /// Nodes have the same journal, so a client goes on at any of them from where it was. A round is one failure of each address: the
    /// next address is tried at once, and a pause follows only after a round.
    struct Addresses {
        private let count: Int
        /// The number of the address of the connection, or of the next attempt. The first is 0.
        private(set) var current = 0
        /// How many addresses in a row have failed in this round.
        private var failures = 0
        /// The pause that each address asked for when it failed last.
        private var asked: [Duration?]

        init(count: Int) {
            self.count = count
            asked = Array(repeating: nil, count: count)
        }

        /// Notes that the current address was in use for long enough: its failure is the first of a round.
        mutating func succeeded() { failures = 0 }

        /// Notes that the current address has failed and asked for a pause, or for none. The next address is current then.
        ///
        /// Returns whether the round is over, so that a pause has to follow, and the pause that the next address asked for.
        mutating func failed(asking pause: Duration?) -> (isRoundOver: Bool, asked: Duration?) {
            asked[current] = pause
            current = (current + 1) % count
            failures = (failures + 1) % count
            return (failures == 0, asked[current])
        }
    }
}
