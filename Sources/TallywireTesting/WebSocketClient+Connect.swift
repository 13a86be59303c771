import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

extension WebSocketClient {
    /// Connects to a server on this machine and performs the handshake. Throws ``Failure/refused(status:headers:body:)`` if the
    /// response is not 101.
    ///
    /// - Parameters:
    ///   - target: The path with its query.
    ///   - tls: The TLS context with which the server is checked; without it the connection has no TLS.
    ///   - largest: The most bytes in one frame that the client reads.
    public static func connect(
        host: String = "127.0.0.1", port: Int, _ target: String = "/ws", headers: HTTPHeaders = [:], largest: Int = 1 << 24,
        tls: NIOSSLContext? = nil
    ) async throws -> WebSocketClient {
        let upgrade = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_rcvbuf), value: 64 * 1024)
            .connectTimeout(.seconds(20))
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                    }
                    let upgrader = NIOTypedWebSocketClientUpgrader<Answer>(
                        maxFrameSize: largest, enableAutomaticErrorHandling: false,
                        upgradePipelineHandler: { channel, _ in
                            channel.eventLoop.makeCompletedFuture {
                                let inbox = WebSocketClientInbox()
                                try channel.pipeline.syncOperations.addHandlers(
                                    NIOWebSocketFrameAggregator(
                                        minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1 << 17,
                                        maxAccumulatedFrameSize: largest),
                                    inbox)
                                return .upgraded(
                                    WebSocketClient(channel: channel, inbox: NIOLoopBound(inbox, eventLoop: channel.eventLoop)))
                            }
                        })
                    var fields = headers
                    fields.replaceOrAdd(name: "Host", value: "\(host):\(port)")
                    var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
                        upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                            upgradeRequestHead: HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: fields),
                            upgraders: [upgrader],
                            notUpgradingCompletionHandler: { channel in
                                let refusal = RefusalCollector(on: channel.eventLoop)
                                return channel.eventLoop.makeCompletedFuture {
                                    try channel.pipeline.syncOperations.addHandler(refusal)
                                    return .refused(refusal.result)
                                }
                            }))
                    // The welcome may come in one packet with the 101.
                    configuration.leftOverBytesStrategy = .forwardBytes
                    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
                }
            }
        switch try await upgrade.get() {
        case .upgraded(let client): return client
        case .refused(let refusal): throw try await refusal.get()
        }
    }

    /// The result of the handshake.
    private enum Answer: Sendable {
        case upgraded(WebSocketClient)
        /// Complete once the whole response is there.
        case refused(EventLoopFuture<Failure>)
    }
}

/// Collects a response that is not 101.
private final class RefusalCollector: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPClientResponsePart

    private struct Response {
        var head: HTTPResponseHead?
        var body = ByteBuffer()
    }

    private let promise: EventLoopPromise<WebSocketClient.Failure>
    private let response: NIOLoopBoundBox<Response>

    var result: EventLoopFuture<WebSocketClient.Failure> { promise.futureResult }

    init(on loop: any EventLoop) {
        promise = loop.makePromise()
        response = NIOLoopBoundBox(Response(), eventLoop: loop)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): response.value.head = head
        case .body(var bytes): response.value.body.writeBuffer(&bytes)
        case .end:
            finish()
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    private func finish() {
        let headers = (response.value.head?.headers).map { Array($0) } ?? []
        promise.succeed(
            .refused(
                status: (response.value.head?.status.code).map { Int($0) } ?? 0,
                headers: Dictionary(headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first }),
                body: String(buffer: response.value.body)))
    }
}
