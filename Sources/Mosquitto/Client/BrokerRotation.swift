/// Chooses which of several brokers is tried next.
struct BrokerRotation {
    let brokers: [BrokerAddress]
    private var index = 0
    /// Whether a broker of this round refused the client. The next round then waits as after a refusal.
    private(set) var wasRefused = false

    init(_ addresses: BrokerAddresses) { brokers = addresses.all }

    var current: BrokerAddress { brokers[index] }

    /// Moves on, since the current broker did not accept the client. Returns whether all brokers were tried and the first is next.
    mutating func advance(wasRefused: Bool) -> Bool {
        if index == 0 { self.wasRefused = false }
        self.wasRefused = self.wasRefused || wasRefused
        index = (index + 1) % brokers.count
        return index == 0
    }

    /// Goes back to the first broker, since a connection ended.
    mutating func restart() {
        index = 0
        wasRefused = false
    }
}
