import TallywirePipeline

/// What a sink has counted since the server started.
struct ExecCounts: Equatable, Sendable {
    /// How often the program was started.
    var starts: UInt64 = 0
    var acknowledged: UInt64 = 0
    var rejected: UInt64 = 0
    /// How often the program asked for events again.
    var retries: UInt64 = 0

    func metrics(inFlight: Int, leftOut: UInt64) -> [SinkMetric] {
        [
            SinkMetric("exec_starts_total", "How often the sink started its program.", .counter(starts)),
            SinkMetric("exec_acknowledged_total", "Events that the program acknowledged.", .counter(acknowledged)),
            SinkMetric("exec_rejected_total", "Events that the program rejected.", .counter(rejected)),
            SinkMetric("exec_retries_total", "How often the program asked to be offered events again.", .counter(retries)),
            SinkMetric("exec_in_flight", "Events that the program has and has not acknowledged.", .gauge(Double(inFlight))),
            SinkMetric(
                "exec_lines_left_out_total", "Lines of the program that the log left out, too many or too long.", .counter(leftOut)),
        ]
    }
}
