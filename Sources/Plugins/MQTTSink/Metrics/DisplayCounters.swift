import Synchronization
import TallywirePipeline

/// The sink's counters in addition to its runner's. Safe from any task.
final class DisplayCounters: Sendable {
    struct Counts: Sendable {
        /// Comparisons of the broker's retained messages with the journal, and how many of them the broker did not allow to read.
        var repairs: UInt64 = 0
        var unreadRepairs: UInt64 = 0
        /// Displays that a repair published, deleted, and found right.
        var published: UInt64 = 0
        var deleted: UInt64 = 0
        var unchanged: UInt64 = 0
        var confirmations: UInt64 = 0
        /// Confirmations that could not be read.
        var malformed: UInt64 = 0
    }

    private let counts = Mutex(Counts())

    var now: Counts { counts.withLock { $0 } }

    func count(_ body: (inout Counts) -> Void) { counts.withLock { body(&$0) } }

    /// The counters as metrics, with the current numbers of confirming and late displays.
    func metrics(confirming: Int, stale: Int) -> [SinkMetric] {
        let now = now
        return [
            SinkMetric(
                "mqtt_repairs_total", "Times that what the broker retains was compared with the truth.", .counter(now.repairs)),
            SinkMetric(
                "mqtt_blind_repairs_total", "Of these, those where the broker did not let the sink read, and all was published.",
                .counter(now.unreadRepairs)),
            SinkMetric("mqtt_repaired_displays_total", "Displays that a repair published.", .counter(now.published)),
            SinkMetric("mqtt_deleted_displays_total", "Displays that a repair took away.", .counter(now.deleted)),
            SinkMetric("mqtt_right_displays_total", "Displays that a repair found right.", .counter(now.unchanged)),
            SinkMetric("mqtt_confirmations_total", "Confirmations of displays.", .counter(now.confirmations)),
            SinkMetric(
                "mqtt_malformed_confirmations_total", "Confirmations that could not be read.", .counter(now.malformed)),
            SinkMetric("mqtt_confirming_displays", "Displays that confirm what they show.", .gauge(Double(confirming))),
            SinkMetric("mqtt_stale_displays", "Displays that did not confirm in time.", .gauge(Double(stale))),
        ]
    }
}
