import HTTPEndpoints
import TallywirePipeline

/// Sends events to WebSocket clients, which choose events by joining rooms.
///
/// The sink is live: a client gets the events that are committed after its `welcome`. A connection gets each event at most once,
/// however many of its rooms match, in the order of `seq`. A batch is encoded once and given to each event loop in one hop. A
/// delivery returns when all loops have written the batch to their sockets, so that batches and not queues grow under load.
///
/// A client that comes back gives its position and gets what it missed, as events or as values; see
/// ``WebSocketConfiguration/Rules``. For a client that reads slowly, changes of the same variant are merged, so that the memory for
/// that client grows with the variants that change and not with the events. Only when the events that cannot be merged exceed
/// ``WebSocketConfiguration/Limits/buffer`` is the connection closed with 4008.
public struct WebSocketSink: UpgradingSink {
    private let hub: Hub

    /// A sink with these rooms and limits. Throws ``TallywirePipeline/OptionError``.
    public init(_ configuration: WebSocketConfiguration = WebSocketConfiguration()) throws {
        try configuration.validate()
        hub = Hub(configuration)
    }

    public var endpoints: [any UpgradeEndpoint] {
        var endpoints: [any UpgradeEndpoint] = [RoomEndpoint(hub: hub)]
        if let echo = hub.configuration.echo { endpoints.append(EchoEndpoint(hub: hub, path: echo)) }
        return endpoints
    }

    /// The rooms with a name.
    var rooms: [WebSocketConfiguration.Room] { hub.configuration.rooms }

    /// The sink's counters. Safe from any thread at any time.
    public var metrics: WebSocketMetrics { hub.metrics }

    public func start(_ context: SinkContext) async throws {
        hub.start(context)
    }

    public func deliver(_ batch: EventBatch) async throws -> Delivery {
        await hub.deliver(batch)
        return Delivery()
    }

    /// Closes every connection with 1001, spread over ``WebSocketConfiguration/drain``, and waits until they are gone. After the
    /// spread that takes at most a little more than five seconds.
    public func stop() async {
        await hub.stop()
    }
}

extension WebSocketSink: MeteredSink {
    public var sinkMetrics: [SinkMetric] {
        let now = metrics.current
        func gauge(_ value: Int) -> SinkMetric.Value { .gauge(Double(max(0, value))) }
        let counts = [
            SinkMetric("websocket_connections", "Connections that are open.", gauge(now.open)),
            SinkMetric("websocket_connections_total", "Connections that were opened.", .counter(now.connections)),
            SinkMetric(
                "websocket_refused_total", "Handshakes that were refused because the server was full or not ready.",
                .counter(now.refused)),
            SinkMetric("websocket_joins_total", "Rooms that were joined.", .counter(now.joins)),
            SinkMetric("websocket_deliveries_total", "Events sent, counted once for each connection.", .counter(now.events)),
            SinkMetric("websocket_sends_total", "Writes that carried events.", .counter(now.sends)),
            SinkMetric("websocket_sent_bytes_total", "Bytes of events and values that were sent.", .counter(now.bytes)),
            SinkMetric(
                "websocket_replayed_total", "Of the deliveries, those from the journal for clients that were away.",
                .counter(now.replayed)),
            SinkMetric("websocket_values_total", "Pages of snapshots and of tracked values.", .counter(now.values)),
            SinkMetric(
                "websocket_merged_total", "Events merged into later ones for clients that read slowly.", .counter(now.merged)),
            SinkMetric("websocket_behind", "Connections that read more slowly than events come.", gauge(now.behind)),
            SinkMetric("websocket_catching_up", "Connections that read what they missed.", gauge(now.catchingUp)),
            SinkMetric(
                "websocket_failed_recoveries_total", "Connections closed because the journal could not be read.",
                .counter(now.failedRecoveries)),
            SinkMetric("websocket_errors_total", "Messages of clients that were answered with an error.", .counter(now.errors)),
            SinkMetric(
                "websocket_refused_tokens_total", "Tokens in auth messages that were refused.", .counter(now.refusedTokens)),
            SinkMetric(
                "websocket_limited_messages_total", "Messages of clients that came faster than they may.",
                .counter(now.limitedMessages)),
        ]
        let closed = now.closed.sorted { $0.key < $1.key }.map { code, count in
            SinkMetric(
                "websocket_closed_total", "Connections that ended, by close code.", labels: [.init("code", "\(code)")],
                .counter(count))
        }
        let lags = now.lags.sorted { $0.key < $1.key }.map { loop, lag in
            SinkMetric(
                "websocket_loop_lag_seconds", "By how much an event loop's last tick was late.", labels: [.init("loop", "\(loop)")],
                .gauge(lag))
        }
        let ages = now.ages.sorted { $0.key < $1.key }.map { place, histogram in
            SinkMetric(
                "websocket_event_age_seconds", "Age of a pass's first event since its commit, by room.",
                labels: [.init("room", rooms[place].name)], .histogram(histogram))
        }
        return counts + closed + lags + ages
    }
}
