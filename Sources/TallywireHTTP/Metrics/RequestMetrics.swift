import HTTPTypes
import Synchronization
import TallywirePipeline

/// Counts requests and their durations by route. Safe from any task.
///
/// Routes, methods and statuses come from small fixed sets, so that callers cannot make the table grow.
final class RequestMetrics: Sendable {
    struct Key: Hashable, Comparable {
        let method: String
        let route: String
        let status: Int

        /// - Parameter route: the route's pattern; `nil` if no route was found.
        init(method: HTTPRequest.Method, route: String?, status: Int) {
            let known: [HTTPRequest.Method] = [.get, .head, .post, .patch, .delete, .put, .options]
            self.method = known.contains(method) ? method.rawValue : "other"
            self.route = route.flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "none"
            self.status = status
        }

        static func < (a: Key, b: Key) -> Bool {
            (a.route, a.method, a.status) < (b.route, b.method, b.status)
        }
    }

    struct Snapshot {
        var requests: [Key: UInt64] = [:]
        /// By route and method. The status in these keys is 0.
        var durations: [Key: SinkMetric.Histogram] = [:]
        var inFlight = 0
    }

    private let state = Mutex(Snapshot())

    var current: Snapshot { state.withLock { $0 } }

    func begin() {
        state.withLock { $0.inFlight += 1 }
    }

    func end(_ key: Key, _ duration: Duration) {
        let route = Key(key, status: 0)
        state.withLock { state in
            state.inFlight -= 1
            state.requests[key, default: 0] += 1
            state.durations[route, default: SinkMetric.Histogram()].observe(duration / .seconds(1))
        }
    }
}

extension RequestMetrics.Key {
    fileprivate init(_ key: Self, status: Int) {
        method = key.method
        route = key.route
        self.status = status
    }
}
