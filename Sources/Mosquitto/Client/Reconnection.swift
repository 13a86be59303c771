/// Which broker is tried next, with which protocol, and after which wait.
struct Reconnection {
    private let brokers: [BrokerAddress]
    private let version: MQTTVersion
    private var index = 0
    /// Whether a broker of this round refused the client. The next round then waits as after a refusal.
    private var wasRefused = false
    /// The brokers that do not speak MQTT 5.
    private var olderBrokers: Set<BrokerAddress> = []
    private var backoff: ReconnectBackoff
    private var takeovers: TakeoverWatch

    init(_ options: MQTTClientOptions) {
        brokers = options.brokers.all
        version = options.version
        backoff = ReconnectBackoff(options.reconnect)
        takeovers = TakeoverWatch(longWhile: options.reconnect.takenOverMaximum)
    }

    /// The broker that is tried next, or that the client is connected to.
    var broker: BrokerAddress { brokers[index] }
    /// How many failures in a row there were.
    var failures: Int { backoff.failures }

    func version(of broker: BrokerAddress) -> MQTTVersion { olderBrokers.contains(broker) ? .v311 : version }

    /// Uses MQTT 3.1.1 with `broker` from now on.
    mutating func fallBack(with broker: BrokerAddress) { olderBrokers.insert(broker) }

    /// Notes how a connection that the broker had accepted ended. Returns whether another client is probably the cause.
    mutating func isTakeoverSuspected(afterEndWithin duration: Duration, isClosed: Bool) -> Bool {
        guard isClosed else {
            takeovers.reset()
            return false
        }
        return takeovers.isSuspected(afterCloseWithin: duration)
    }

    /// Chooses the next broker. Returns the wait before it is tried; `share`, in 0 ... 1, is the random share of the wait.
    mutating func wait(
        after failure: ReconnectBackoff.Failure, wasConnected: Bool, isFallingBack: Bool, share: Double
    ) -> Duration {
        if wasConnected {
            index = 0
            wasRefused = false
            return backoff.wait(after: failure, fraction: share)
        }
        takeovers.reset()
        // The same broker is tried again, with the older protocol.
        if isFallingBack { return backoff.wait(after: failure, fraction: share) }
        wasRefused = (index > 0 && wasRefused) || failure == .refused
        index = (index + 1) % brokers.count
        guard index == 0 else { return backoff.waitForNext(fraction: share) }
        return backoff.wait(after: wasRefused ? .refused : failure, fraction: share)
    }
}
