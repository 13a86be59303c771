import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Synchronization

extension TallywireClient {
    typealias Frames = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    /// Connects, and upgrades the connection to a WebSocket.
    struct Handshake: Sendable {
        /// The address as the configuration has it.
        let url: String
        let address: Address
        /// `nil` for a connection without TLS.
        let tls: NIOSSLContext?
        let timeout: Duration
        let maxMessage: Int

        /// A WebSocket that is open.
        struct Opened: Sendable {
            let frames: Frames
            /// The name of the server's node, if the server is a cluster's.
            let node: String?
        }

        /// The result of the handshake.
        private enum Outcome: Sendable {
            case open(Opened)
            case refused(EventLoopFuture<HTTPResponseHead>)
        }

        /// Why there is no connection.
        struct Refusal: Error {
            let failure: Failure
            /// How long the server wants the client to wait before the next attempt.
            var retryAfter: Duration?
        }

        /// Returns the open WebSocket. Throws ``Refusal``, or `CancellationError` at once when the task is cancelled.
        func open(token: String?) async throws -> Opened {
            let opening = Opening()
            do {
                return try await withTaskCancellationHandler {
                    try await connect(token, opening)
                } onCancel: {
                    opening.close()
                }
            } catch {
                opening.close()
                try Task.checkCancellation()
                throw refusal(error, opening)
            }
        }

        private func connect(_ token: String?, _ opening: Opening) async throws -> Opened {
            if let token, !ConnectionProblem.isFit(token: token) {
                // The failure's message must not show the token.
                let failure = Failure(.unauthenticated, "the token has a space, a line end or another character that no token has")
                throw Refusal(failure: failure)
            }
            let outcome = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(timeout))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: address.host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        opening.set(channel, timeout: TimeAmount(timeout))
                        return try upgrade(channel, token)
                    }
                }
            switch try await outcome.get() {
            case .open(let opened):
                opening.succeed()
                return opened
            case .refused(let head): throw refusal(try await head.get())
            }
        }

        private func upgrade(_ channel: any Channel, _ token: String?) throws -> EventLoopFuture<Outcome> {
            if let tls {
                let name = (try? SocketAddress(ipAddress: address.host, port: 0)) == nil ? address.host : nil
                try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
            }
            let upgrader = NIOTypedWebSocketClientUpgrader<Outcome>(maxFrameSize: maxMessage) { [maxMessage] channel, head in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1_024, maxAccumulatedFrameSize: maxMessage))
                    return .open(
                        Opened(
                            frames: try Frames(wrappingChannelSynchronously: channel),
                            node: head.headers.first(name: "Tallywire-Node")))
                }
            }
            var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.target)
            head.headers.add(name: "Host", value: address.authority)
            head.headers.add(name: "Content-Length", value: "0")
            if let token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
            var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
                upgradeConfiguration: .init(
                    upgradeRequestHead: head, upgraders: [upgrader],
                    notUpgradingCompletionHandler: { channel in
                        channel.eventLoop.makeCompletedFuture {
                            let head = channel.eventLoop.makePromise(of: HTTPResponseHead.self)
                            try channel.pipeline.syncOperations.addHandler(HeadReader(head))
                            return .refused(head.futureResult)
                        }
                    }))
            // The first messages may come in one packet with the response to the handshake.
            configuration.leftOverBytesStrategy = .forwardBytes
            return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
        }

        // MARK: Refusals

        private func refusal(_ head: HTTPResponseHead) -> Refusal {
            let retryAfter = head.headers.first(name: "Retry-After").flatMap { Int64($0) }.map {
                Duration.seconds(min(max(0, $0), 3_600))
            }
            let failure =
                switch head.status.code {
                case 401: Failure(.unauthenticated, "the server does not take the token, or asks for one")
                case 503: Failure(.serverOverloaded, "\(address.authority) takes no connections now")
                case let status: Failure(.refused, "the server answered \(address.target) with \(status) and not with a WebSocket")
                }
            return Refusal(failure: failure, retryAfter: retryAfter)
        }

        private func refusal(_ error: any Error, _ opening: Opening) -> Refusal {
            let server = address.authority
            return switch error {
            case let refusal as Refusal: refusal
            case _ where opening.isTimedOut: Refusal(failure: Failure(.noAnswer, "\(server) did not answer within \(timeout)"))
            case _ where ConnectionProblem.tls(error)?.isUntrusted == true:
                Refusal(failure: Failure(.untrusted, "\(server) cannot be trusted: \(ConnectionProblem.text(error) ?? "")"))
            default:
                Refusal(
                    failure: Failure(
                        .disconnected,
                        "no server answers at \(server): \(ConnectionProblem.text(error) ?? "the connection cannot be made")"))
            }
        }
    }
}

/// A connection attempt, which has a time limit and can be abandoned.
private final class Opening: Sendable {
    private struct State {
        var channel: (any Channel)?
        var timer: Scheduled<Void>?
        var isClosed = false
        var isTimedOut = false
    }

    private let state = Mutex(State())

    var isTimedOut: Bool { state.withLock { $0.isTimedOut } }

    /// There may be several channels, one for each address of a name. The latest counts.
    func set(_ channel: any Channel, timeout: TimeAmount) {
        let isClosed = state.withLock { state in
            state.channel = channel
            state.timer?.cancel()
            state.timer = channel.eventLoop.scheduleTask(in: timeout) {
                self.state.withLock { $0.isTimedOut = true }
                channel.close(promise: nil)
            }
            return state.isClosed
        }
        if isClosed { channel.close(promise: nil) }
    }

    func succeed() {
        state.withLock { $0.timer?.cancel() }
    }

    func close() {
        let channel = state.withLock { state in
            state.isClosed = true
            state.timer?.cancel()
            return state.channel
        }
        channel?.close(promise: nil)
    }
}

/// Takes the head of a response other than 101, and ends the connection.
private final class HeadReader: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPClientResponsePart

    private let head: EventLoopPromise<HTTPResponseHead>

    init(_ head: EventLoopPromise<HTTPResponseHead>) { self.head = head }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        self.head.succeed(head)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        head.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
