/// A sink with counters of its own, beside those that its runner keeps.
public protocol MeteredSink: Sink {
    /// The counters now. Asked from any task, for each scrape of `/metrics`; it must answer at once.
    var sinkMetrics: [SinkMetric] { get }
}

/// One number that a sink shows in `/metrics`, as `tallywire_NAME` with the labels `sink` and `plugin`.
public struct SinkMetric: Equatable, Sendable {
    /// The name after `tallywire_`, in the manner of Prometheus: `websocket_connections`, and for counters with `_total` at its end.
    public var name: String
    /// Whether it can go down as well as up.
    public var isGauge: Bool
    /// What it is, in a sentence.
    public var help: String
    /// Further labels, by name.
    public var labels: [Label]
    public var value: UInt64

    public struct Label: Equatable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(_ name: String, isGauge: Bool = false, _ help: String, labels: [Label] = [], _ value: UInt64) {
        self.name = name
        self.isGauge = isGauge
        self.help = help
        self.labels = labels
        self.value = value
    }
}
