import HTTPEndpoints
import RoomHub
import TallywirePipeline

/// Sends events to WebSocket clients, which choose events by joining rooms.
///
/// The sink is live: a client gets the events that are committed after its `welcome`. A connection gets each event at most once,
/// however many of its rooms match, in the order of `seq`. A batch is encoded once and given to each event loop in one hop. A
/// delivery returns when all loops have written the batch to their sockets, so that batches and not queues grow under load.
///
/// A client that comes back gives its position and gets what it missed, as events or as values; see
/// ``RoomHub/RoomSettings/Rules``. For a client that reads slowly, changes of the same variant are merged, so that the memory for
/// that client grows with the variants that change and not with the events. Only when the events that cannot be merged exceed
/// ``RoomHub/RoomSettings/Limits/buffer`` is the connection closed with 4008.
public struct WebSocketSink: UpgradingSink {
    private let configuration: WebSocketConfiguration
    private let hub: Hub

    /// A sink with these rooms and limits. Throws ``TallywirePipeline/OptionError``.
    public init(_ configuration: WebSocketConfiguration = WebSocketConfiguration()) throws {
        try configuration.validate()
        self.configuration = configuration
        hub = Hub(configuration.hub, times: configuration.times)
    }

    public var endpoints: [any UpgradeEndpoint] {
        var endpoints: [any UpgradeEndpoint] = [RoomEndpoint(hub: hub, path: configuration.path)]
        if let echo = configuration.echo { endpoints.append(EchoEndpoint(hub: hub, path: echo)) }
        return endpoints
    }

    /// The sink's counters. Safe from any thread at any time.
    public var metrics: HubMetrics { hub.metrics }

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

extension WebSocketSink: AdjustableSink {
    /// Rooms and broadcast change in place.
    public func canBecome(_ other: any Sink) -> Bool {
        guard let other = other as? WebSocketSink, hub.canChange(to: other.configuration.hub) else { return false }
        var same = other.configuration
        same.hub = configuration.hub
        return same == configuration
    }

    public func become(_ other: any Sink) async {
        if let other = other as? WebSocketSink { await hub.change(to: other.configuration.hub) }
    }
}

extension WebSocketSink: MeteredSink {
    public var sinkMetrics: [SinkMetric] { hub.sinkMetrics("websocket") }
}
