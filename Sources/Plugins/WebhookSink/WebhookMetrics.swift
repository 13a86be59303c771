import Synchronization
import TallywirePipeline

/// The counters of a webhook. Safe from any task.
final class WebhookMetrics: Sendable {
    private struct Counts {
        /// By the first digit of the status, such as `2xx`, or `none` without an answer.
        var answers: [String: UInt64] = [:]
        var times = SinkMetric.Histogram()
    }

    private let counts = Mutex(Counts())

    func observe(_ status: DeliveryLog.Status, _ duration: Duration) {
        let kind = if case .http(let code) = status { "\(code / 100)xx" } else { "none" }
        counts.withLock { counts in
            counts.answers[kind, default: 0] += 1
            counts.times.observe(duration / .seconds(1))
        }
    }

    var current: [SinkMetric] {
        let counts = counts.withLock { $0 }
        return counts.answers.sorted { $0.key < $1.key }.map { kind, count in
            SinkMetric(
                "webhook_requests_total", "Requests, by the receiver's status; `none` without an answer.",
                labels: [.init("status", kind)], .counter(count))
        } + [SinkMetric("webhook_request_seconds", "How long requests took.", .histogram(counts.times))]
    }
}
