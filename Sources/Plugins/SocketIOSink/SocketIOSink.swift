import HTTPEndpoints
import NIOCore
import RoomHub
import Synchronization
import TallywirePipeline

/// Sends events to clients of Socket.IO, on the server's HTTP port.
///
/// The sink is live. A client gets the types of `broadcast` from the moment when it connects, and those of the rooms that it joins
/// beside them; each event at most once, in the order of `seq`. A client that comes back gets what it missed from the journal, also
/// after a restart of the server: see ``RecoverableSessions``. Rooms, audiences, merging and limits are those of the hub, which the
/// sink `websocket` has too. A client that polls and does not, costs a position.
public struct SocketIOSink: UpgradingSink {
    private let server: SocketServer
    private let engines: [(path: String, engine: EngineServer)]

    /// A sink with these rooms and limits. Throws ``TallywirePipeline/OptionError``.
    public init(_ configuration: SocketIOConfiguration = SocketIOConfiguration()) throws {
        try configuration.validate()
        let server = SocketServer(configuration)
        self.server = server
        let sockets = EngineServer(server) { request, now in SocketSession(request, server: server, now: now) }
        let echo = EngineServer(server) { _, _ in EngineEcho() }
        engines = [(configuration.path, sockets)] + (configuration.conformance ? [(SocketIOConfiguration.echoPath, echo)] : [])
    }

    public var endpoints: [any UpgradeEndpoint] {
        engines.flatMap { path, engine in
            // Clients ask with a slash at the end.
            ["\(path)/", path].map { EngineEndpoint(engine: engine, path: $0) }
        }
    }

    /// The sink's counters. Safe from any thread at any time.
    public var metrics: HubMetrics { server.hub.metrics }

    /// Whether clients are admitted.
    var isRunning: Bool { server.hub.phase == .running }

    /// How many polls wait for something to say.
    var waitingPolls: Int { server.polls.load(ordering: .relaxed) }

    public func start(_ context: SinkContext) async throws {
        try server.sessions.start(context.file, logger: context.logger, now: .now())
        server.hub.start(context)
    }

    public func deliver(_ batch: EventBatch) async throws -> Delivery {
        await server.hub.deliver(batch)
        return Delivery()
    }

    /// Ends every session and waits until all are gone. Their clients can be recovered by the next run.
    public func stop() async {
        await server.hub.stop()
        server.sessions.stop()
    }
}

extension SocketIOSink: AdjustableSink {
    /// Rooms and broadcast change in place.
    public func canBecome(_ other: any Sink) -> Bool {
        guard let other = (other as? SocketIOSink)?.server.configuration, server.hub.canChange(to: other.hub) else { return false }
        var same = other
        same.hub = server.configuration.hub
        return same == server.configuration
    }

    public func become(_ other: any Sink) async {
        if let other = other as? SocketIOSink { await server.hub.change(to: other.server.configuration.hub) }
    }
}

extension SocketIOSink: MeteredSink {
    public var sinkMetrics: [SinkMetric] {
        server.hub.sinkMetrics("socketio") + [
            SinkMetric("socketio_polls_waiting", "Polls that wait for something to say.", .gauge(Double(waitingPolls)))
        ]
    }
}

/// What all sessions of a sink share. Safe from any thread.
final class SocketServer: Sendable {
    let configuration: SocketIOConfiguration
    let hub: Hub
    let sessions: RecoverableSessions
    /// How many polls wait.
    let polls = Atomic(0)

    init(_ configuration: SocketIOConfiguration) {
        self.configuration = configuration
        hub = Hub(
            configuration.hub, times: configuration.times, encoding: { EventEncoding.socketIO(epoch: $0) }, keepsBroadcast: true)
        sessions = RecoverableSessions(keep: TimeAmount(configuration.keep), limit: configuration.hub.limits.connections)
    }
}
