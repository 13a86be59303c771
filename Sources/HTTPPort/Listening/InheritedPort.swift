import HTTPEndpoints
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

/// An HTTP server like ``upgradingServer(endpoints:configuration:)``, with the same limits, on a listening socket that another program
/// has opened and keeps open.
///
/// Hummingbird's server can only open a socket of its own. With an inherited one, connections that come while nobody accepts wait in the
/// kernel's queue and are not refused. How many may wait, the program that opened the socket has decided. Safe from any thread.
public final class InheritedPort<Responder: HTTPResponder>: Service
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    private let descriptor: CInt
    private let connections: UpgradingChannel
    private let isRunning: @Sendable (any Channel) async -> Void
    private let logger: Logger
    private let listening = Mutex<(channel: (any Channel)?, accepts: Bool)>((nil, true))

    /// - Parameters:
    ///   - descriptor: the listening socket. The port closes it at its end.
    ///   - responder: answers requests that no endpoint answers.
    ///   - name: the header `Server` of responses.
    ///   - isRunning: called once with the listening channel, when connections are accepted.
    public init(
        descriptor: CInt, responder: Responder, endpoints: EndpointTable, configuration: UpgradingServerConfiguration, name: String,
        logger: Logger, isRunning: @escaping @Sendable (any Channel) async -> Void
    ) {
        self.descriptor = descriptor
        self.isRunning = isRunning
        self.logger = logger
        let answers = RoutedAnswers(responder: responder, name: name, logger: logger)
        connections = UpgradingChannel(endpoints: endpoints, configuration: configuration) { request, writer, channel in
            try await answers.answer(request, writer, on: channel)
        }
    }

    /// Accepts connections until the shutdown, and then ends as soon as the connections have ended.
    public func run() async throws {
        let quiescing = ServerQuiescingHelper(group: MultiThreadedEventLoopGroup.singleton)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(descriptor) { [connections, logger] in connections.setup(channel: $0, logger: logger) }
        await withGracefulShutdownHandler {
            begin(server.channel)
            await isRunning(server.channel)
            await serve(server)
        } onGracefulShutdown: {
            quiescing.initiateShutdown(promise: nil)
        }
    }

    /// Leaves connections that come from now on to the program that opened the socket, or to the next one that inherits it. Connections
    /// that were accepted go on. For the beginning of a shutdown: what comes during it is then served by the next process.
    public func stopAccepting() {
        let channel = listening.withLock { listening in
            listening.accepts = false
            return listening.channel
        }
        channel?.setOption(.autoRead, value: false).whenFailure { [logger] error in
            logger.debug("The port closed before it could stop accepting connections: \(error)")
        }
    }

    private func begin(_ channel: any Channel) {
        let accepts = listening.withLock { listening in
            listening.channel = channel
            return listening.accepts
        }
        if !accepts { stopAccepting() }
    }

    private func serve(_ server: NIOAsyncChannel<UpgradingChannel.Connection, Never>) async {
        await withDiscardingTaskGroup { [connections, logger] group in
            do {
                try await server.executeThenClose { inbound in
                    for try await connection in inbound {
                        group.addTask { await connections.handle(value: connection, logger: logger) }
                    }
                }
            } catch {
                logger.error(
                    "The port accepts no more connections, since its socket failed. Restart the server.",
                    metadata: ["error": "\(error)"])
            }
        }
    }
}
