/// Which of several brokers is next.
struct BrokerRotation {
    let brokers: [BrokerAddress]
    private var index = 0
    /// Whether one of this round refused us, so that the next round has to wait for a person.
    private(set) var wasRefused = false

    init(_ addresses: BrokerAddresses) { brokers = addresses.all }

    var current: BrokerAddress { brokers[index] }

    /// The current one did not take us. Answers whether all have been tried, and the first is next.
    mutating func advance(wasRefused: Bool) -> Bool {
        if index == 0 { self.wasRefused = false }
        self.wasRefused = self.wasRefused || wasRefused
        index = (index + 1) % brokers.count
        return index == 0
    }

    /// A connection ended: the first is next.
    mutating func restart() {
        index = 0
        wasRefused = false
    }
}
