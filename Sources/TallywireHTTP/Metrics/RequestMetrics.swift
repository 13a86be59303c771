import HTTPTypes
import Synchronization

/// Counts requests and their durations by route. Safe from any task.
///
/// Routes, methods and statuses come from small fixed sets, so that strangers cannot make it grow.
final class RequestMetrics: Sendable {
    struct Key: Hashable, Comparable {
        let method: String
        let route: String
        let status: Int

        /// - Parameter route: the route's pattern, `nil` if no route was found.
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

    /// A histogram with the upper bounds of ``RequestMetrics/bounds``.
    struct Histogram {
        var counts = [UInt64](repeating: 0, count: RequestMetrics.bounds.count)
        var count: UInt64 = 0
        var sum = 0.0
    }

    struct Snapshot {
        var requests: [Key: UInt64] = [:]
        /// By route and method; the key's status is 0.
        var durations: [Key: Histogram] = [:]
        var inFlight = 0
    }

    /// Upper bounds in seconds. A commit takes milliseconds, a page of a list tens of them.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private let state = Mutex(Snapshot())

    var current: Snapshot { state.withLock { $0 } }

    func begin() {
        state.withLock { $0.inFlight += 1 }
    }

    func end(_ key: Key, _ duration: Duration) {
        let seconds = duration / .seconds(1)
        let route = Key(key, status: 0)
        state.withLock { state in
            state.inFlight -= 1
            state.requests[key, default: 0] += 1
            state.durations[route, default: Histogram()].add(seconds)
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

extension RequestMetrics.Histogram {
    fileprivate mutating func add(_ seconds: Double) {
        count += 1
        sum += seconds
        if let index = RequestMetrics.bounds.firstIndex(where: { seconds <= $0 }) { counts[index] += 1 }
    }
}
