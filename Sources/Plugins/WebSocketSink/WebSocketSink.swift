import TallywirePipeline

/// Sends events to WebSocket clients, who choose by joining rooms.
///
/// It is a live sink: a client gets what is committed after its `welcome`. Each event goes at most once to a connection,
/// however many of its rooms match, in the order of `seq`. A batch is encoded once and given to each event loop in one hop; a
/// delivery returns when all loops have written it to their sockets, so that under load the batches grow instead of queues.
///
/// A client that comes back says where it was and gets what it missed, as events or as values; see ``WebSocketConfiguration/Rules``.
/// For one that reads slowly, changes of the same variant are merged, so that it costs memory for the variants that change and not for the
/// events; only when what cannot be merged exceeds ``WebSocketConfiguration/Limits/buffer`` is it closed with 4008.
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

    /// What it has counted. Safe from any thread at any time.
    public var metrics: WebSocketMetrics { hub.metrics }

    public func start(_ context: SinkContext) async throws {
        hub.start(context)
    }

    public func deliver(_ batch: EventBatch) async throws -> Delivery {
        await hub.deliver(batch)
        return Delivery()
    }

    /// Closes every connection with 1001, spread over ``WebSocketConfiguration/drain``, and waits until they are gone, five seconds and a
    /// little more at most.
    public func stop() async {
        await hub.stop()
    }
}
