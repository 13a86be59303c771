/// A sink with counters of its own, beside those that its runner keeps.
public protocol MeteredSink: Sink {
    /// The counters now. Asked from any task, for each scrape of `/metrics`; it must answer at once.
    var sinkMetrics: [SinkMetric] { get }
}

/// One number that a sink shows in `/metrics`, as `tallywire_NAME` with the labels `sink` and `plugin`.
public struct SinkMetric: Equatable, Sendable {
    /// The name after `tallywire_`, in the manner of Prometheus: `websocket_connections`, and for counters with `_total` at its end.
    public var name: String
    /// What it is, in a sentence.
    public var help: String
    /// Further labels, by name.
    public var labels: [Label]
    public var value: Value

    public enum Value: Equatable, Sendable {
        /// It only grows.
        case counter(UInt64)
        /// It can go down as well as up.
        case gauge(Double)
        case histogram(Histogram)
    }

    /// How many observations were at most how large.
    public struct Histogram: Equatable, Sendable {
        /// Upper bounds that ascend. What is beyond the last is in ``count`` alone.
        public let bounds: [Double]
        /// Observations in each bound's own range.
        public private(set) var counts: [UInt64]
        public private(set) var count: UInt64 = 0
        public private(set) var sum = 0.0

        /// Upper bounds for times in seconds. A commit takes milliseconds, a page of a list tens of them.
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
