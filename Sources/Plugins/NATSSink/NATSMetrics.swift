import Synchronization
import TallywirePipeline

/// The counters of the sink. Safe from any thread.
final class NATSMetrics: Sendable {
    private struct Counts {
        var isConnected = false
        var connections: UInt64 = 0
        var published: UInt64 = 0
        var duplicates: UInt64 = 0
        var inFlight = 0
    }

    private let counts = Mutex(Counts())

    var isConnected: Bool {
        get { counts.withLock { $0.isConnected } }
        set { counts.withLock { $0.isConnected = newValue } }
    }

    var inFlight: Int {
        get { counts.withLock { $0.inFlight } }
        set { counts.withLock { $0.inFlight = newValue } }
    }

    func connected() {
        counts.withLock { counts in
            counts.isConnected = true
            counts.connections += 1
        }
    }

    func published(_ count: Int, duplicates: Int) {
        counts.withLock { counts in
            counts.published += UInt64(max(0, count))
            counts.duplicates += UInt64(duplicates)
        }
    }

    /// Counts an event that was in the stream already.
    func found() { counts.withLock { $0.duplicates += 1 } }

    var current: [SinkMetric] {
        let counts = counts.withLock { $0 }
        return [
            SinkMetric("nats_connected", "Whether the sink is connected to a server.", .gauge(counts.isConnected ? 1 : 0)),
            SinkMetric("nats_connections_total", "Connections that were opened.", .counter(counts.connections)),
            SinkMetric("nats_published_total", "Messages that the stream stored.", .counter(counts.published)),
            SinkMetric(
                "nats_duplicates_total", "Events that were sent again or looked for, and that the stream had.",
                .counter(counts.duplicates)),
            SinkMetric("nats_in_flight", "Messages that are not acknowledged.", .gauge(Double(counts.inFlight))),
        ]
    }
}
