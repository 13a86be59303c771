import TallywirePipeline

extension WebSocketSink: MeteredSink {
    public var sinkMetrics: [SinkMetric] {
        let now = metrics.current
        let closed = now.closed.sorted { $0.key < $1.key }.map { code, count in
            SinkMetric(
                "websocket_closed_total", "Connections that ended, by close code.", labels: [.init("code", "\(code)")], count)
        }
        return [
            SinkMetric("websocket_connections", isGauge: true, "Connections that are open.", UInt64(max(0, now.open))),
            SinkMetric("websocket_connections_total", "Connections that were opened.", now.connections),
            SinkMetric(
                "websocket_refused_total", "Handshakes that were refused because the server was full or not ready.", now.refused),
            SinkMetric("websocket_joins_total", "Rooms that were joined.", now.joins),
            SinkMetric("websocket_deliveries_total", "Events sent, counted once for each connection.", now.events),
            SinkMetric("websocket_sends_total", "Writes that carried events.", now.sends),
            SinkMetric("websocket_sent_bytes_total", "Bytes of these writes.", now.bytes),
            SinkMetric(
                "websocket_replayed_total", "Of the deliveries, those from the journal for clients that were away.", now.replayed),
            SinkMetric("websocket_values_total", "Pages of snapshots and of tracked values.", now.values),
            SinkMetric("websocket_merged_total", "Events merged into later ones for clients that read slowly.", now.merged),
            SinkMetric(
                "websocket_behind", isGauge: true, "Connections that read more slowly than events come.", UInt64(max(0, now.behind))
            ),
            SinkMetric(
                "websocket_catching_up", isGauge: true, "Connections that read what they missed.", UInt64(max(0, now.catchingUp))),
            SinkMetric(
                "websocket_failed_recoveries_total", "Connections closed because the journal could not be read.",
                now.failedRecoveries),
            SinkMetric("websocket_errors_total", "Messages of clients that were answered with an error.", now.errors),
        ] + closed
    }
}
