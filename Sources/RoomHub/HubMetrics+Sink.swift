import TallywirePipeline

extension Hub {
    /// The counters, for ``TallywirePipeline/MeteredSink``. The names begin with `prefix`.
    package func sinkMetrics(_ prefix: String) -> [SinkMetric] {
        let now = metrics.current
        func gauge(_ value: Int) -> SinkMetric.Value { .gauge(Double(max(0, value))) }
        let counts = [
            SinkMetric("\(prefix)_connections", "Connections that are open.", gauge(now.open)),
            SinkMetric("\(prefix)_connections_total", "Connections that were opened.", .counter(now.connections)),
            SinkMetric(
                "\(prefix)_refused_total", "Handshakes that were refused because the server was full or not ready.",
                .counter(now.refused)),
            SinkMetric("\(prefix)_joins_total", "Rooms that were joined.", .counter(now.joins)),
            SinkMetric("\(prefix)_deliveries_total", "Events sent, counted once for each connection.", .counter(now.events)),
            SinkMetric("\(prefix)_sends_total", "Writes that carried events.", .counter(now.sends)),
            SinkMetric("\(prefix)_sent_bytes_total", "Bytes of events and values that were sent.", .counter(now.bytes)),
            SinkMetric(
                "\(prefix)_replayed_total", "Of the deliveries, those from the journal for clients that were away.",
                .counter(now.replayed)),
            SinkMetric("\(prefix)_values_total", "Pages of snapshots and of tracked values.", .counter(now.values)),
            SinkMetric(
                "\(prefix)_merged_total", "Events merged into later ones for clients that read slowly.", .counter(now.merged)),
            SinkMetric("\(prefix)_behind", "Connections that read more slowly than events come.", gauge(now.behind)),
            SinkMetric("\(prefix)_catching_up", "Connections that read what they missed.", gauge(now.catchingUp)),
            SinkMetric(
                "\(prefix)_failed_recoveries_total", "Connections closed because the journal could not be read.",
                .counter(now.failedRecoveries)),
            SinkMetric("\(prefix)_errors_total", "Messages of clients that were answered with an error.", .counter(now.errors)),
            SinkMetric(
                "\(prefix)_refused_tokens_total", "Tokens in auth messages that were refused.", .counter(now.refusedTokens)),
            SinkMetric(
                "\(prefix)_limited_messages_total", "Messages of clients that came faster than they may.",
                .counter(now.limitedMessages)),
        ]
        let closed = now.closed.sorted { $0.key < $1.key }.map { code, count in
            SinkMetric(
                "\(prefix)_closed_total", "Connections that ended, by close code.", labels: [.init("code", "\(code)")],
                .counter(count))
        }
        let lags = now.lags.sorted { $0.key < $1.key }.map { loop, lag in
            SinkMetric(
                "\(prefix)_loop_lag_seconds", "By how much an event loop's last tick was late.", labels: [.init("loop", "\(loop)")],
                .gauge(lag))
        }
        let ages = now.ages.sorted { $0.key < $1.key }.map { place, histogram in
            SinkMetric(
                "\(prefix)_event_age_seconds", "Age of a pass's first event since its commit, by room.",
                labels: [.init("room", directory.configurations[place].name)], .histogram(histogram))
        }
        return counts + closed + lags + ages
    }
}
