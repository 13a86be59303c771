/// A sink with counters of its own, in addition to those of its runner.
public protocol MeteredSink: Sink {
    /// The counters now. Read from any task, for each scrape of `/metrics`. It must return at once.
    var sinkMetrics: [SinkMetric] { get }
}

/// One number that a sink shows in `/metrics`, as `tallywire_NAME` with the labels `sink` and `plugin`.
public struct SinkMetric: Equatable, Sendable {
    /// The name after `tallywire_`, following Prometheus: `websocket_connections`; the name of a counter ends with `_total`.
    public var name: String
    /// What the number means, in a sentence.
    public var help: String
    /// Further labels, by name.
    public var labels: [Label]
    public var value: Value

    public enum Value: Equatable, Sendable {
        /// The value only grows.
        case counter(UInt64)
        /// The value can go down as well as up.
        case gauge(Double)
        case histogram(Histogram)
    }

    /// Counts how many observations were at most as large as each bound.
    public struct Histogram: Equatable, Sendable {
        /// Upper bounds, which ascend. An observation above the last bound is counted only in ``count``.
        public let bounds: [Double]
        /// How many observations fell between each bound and the one before.
        public private(set) var counts: [UInt64]
        public private(set) var count: UInt64 = 0
        public private(set) var sum = 0.0

        /// Upper bounds for times in seconds. A commit takes some milliseconds, a page of a list some tens of milliseconds.
        public static let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

        public init(bounds: [Double] = seconds) {
            self.bounds = bounds
            counts = Array(repeating: 0, count: bounds.count)
        }

        public mutating func observe(_ value: Double) {
            if let index = bounds.firstIndex(where: { value <= $0 }) { counts[index] += 1 }
            count += 1
            sum += value
        }
    }

    public struct Label: Equatable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(_ name: String, _ help: String, labels: [Label] = [], _ value: Value) {
        self.name = name
        self.help = help
        self.labels = labels
        self.value = value
    }
}
