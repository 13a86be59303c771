import Mosquitto
import Synchronization
import TallywirePipeline

extension MQTTSink: MeteredSink {
    /// What the sink counts of displays, and one gauge for each broker: 1 for the one that the sink is connected to.
    nonisolated var sinkMetrics: [SinkMetric] {
        let connected = peer.current
        let displays = tally.metrics(confirming: desk?.count ?? 0, stale: desk?.staleCount ?? 0)
        return displays
            + options.broker.all.map { broker in
                SinkMetric(
                    "mqtt_connected", "Whether the sink is connected to this broker.",
                    labels: [.init("broker", broker.description)], .gauge(broker == connected ? 1 : 0))
            }
    }
}

/// The broker that a client is connected to, for those who look from other threads.
final class ConnectedBroker: Sendable {
    private let broker = Mutex<BrokerAddress?>(nil)

    var current: BrokerAddress? { broker.withLock { $0 } }

    func note(_ state: MQTTConnectionState) {
        broker.withLock { $0 = state.broker }
    }
}
