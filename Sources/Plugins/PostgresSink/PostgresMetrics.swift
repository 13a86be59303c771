import Synchronization
import TallywirePipeline

/// The counters of the sink. Safe from any task.
final class PostgresMetrics: Sendable {
    private let counts = Mutex((connections: UInt64(0), transactions: UInt64(0), events: UInt64(0)))

    func connected() { counts.withLock { $0.connections += 1 } }

    func wrote(events: Int) {
        counts.withLock { counts in
            counts.transactions += 1
            counts.events += UInt64(events)
        }
    }

    var current: [SinkMetric] {
        let counts = counts.withLock { $0 }
        return [
            SinkMetric("postgres_connections_total", "Connections that were opened.", .counter(counts.connections)),
            SinkMetric("postgres_transactions_total", "Transactions that wrote events.", .counter(counts.transactions)),
            SinkMetric("postgres_events_total", "Events that were written.", .counter(counts.events)),
        ]
    }
}
