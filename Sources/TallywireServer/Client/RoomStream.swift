import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import TallywirePipeline

/// A WebSocket connection to a room of a running server: the messages as they come.
struct RoomStream {
    private let url: URLComponents
    private let host: String
    private let token: String?
    /// `nil` for a connection without TLS.
    private let tls: NIOSSLContext?

    /// The room `room` of the server at `base`, whose WebSockets are at `path`.
    init(_ base: String, path: String, room: String, token: String?, tls: TLSConfiguration) throws {
        guard var url = URLComponents(string: base), let host = url.host, let scheme = url.scheme else {
            throw Failure.usage("“\(base)” is no address of a server: it begins with http:// or https://")
        }
        self.tls = scheme == "https" ? try NIOSSLContext(configuration: tls) : nil
        url.path = path
        url.queryItems = [URLQueryItem(name: "room", value: room)]
        self.url = url
        self.host = host
        self.token = token
    }

    private var port: Int { url.port ?? (tls == nil ? 80 : 443) }

    /// Connects and calls `body` with each text message, until the connection ends or `body` throws.
    func forEachMessage(_ body: (Data) async throws -> Void) async throws {
        let upgraded: EventLoopFuture<Handshake>
        do {
            upgraded = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(10))
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture { try self.upgrade(channel) }
                }
        } catch {
            throw Failure("error: no server answers at \(host):\(port): \(error)")
        }
        let result: Handshake
        do {
            result = try await upgraded.get()
        } catch let error as NIOSSLError {
            throw Failure("error: \(host):\(port) cannot be trusted: \(error); --ca trusts a certificate of one's own making")
        }
        let channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>
        switch result {
        case .open(let opened): channel = opened
        case .refused(let status): throw refusal(try await status.get())
        }
        try await channel.executeThenClose { frames, output in
            for try await frame in frames {
                switch frame.opcode {
                case .text: try await body(Data(buffer: frame.unmaskedData))
                case .ping:
                    try await output.write(
                        WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData))
                case .connectionClose: return
                default: break
                }
            }
        }
    }

    /// What became of a connection.
    private enum Handshake: Sendable {
        case open(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>)
        /// The status of the answer.
        case refused(EventLoopFuture<UInt>)
    }

    /// What a refusal means to whoever sits at the terminal. One that another attempt cannot change is bad usage.
    private func refusal(_ status: UInt) -> Failure {
        switch status {
        case 401 where token == nil: .usage("the server asks for a token: --token, or $TALLYWIRE_TOKEN")
        case 401: .usage("the server does not take the token: it has expired, or is not for this server")
        case 404, 426: Failure("error: \(url.path) of the server is no WebSocket: does its websocket sink run, at that path?")
        default: Failure("error: the server refused the WebSocket with \(status)")
        }
    }

    private func upgrade(
        _ channel: any Channel
    ) throws -> EventLoopFuture<Handshake> {
        if let tls {
            let name = IPAddress(host) == nil ? host : nil
            try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
        }
        let upgrader = NIOTypedWebSocketClientUpgrader<Handshake>(
            maxFrameSize: 1 << 24
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    NIOWebSocketFrameAggregator(
                        minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1_024, maxAccumulatedFrameSize: 1 << 24))
                return .open(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
            }
        }
        var head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "\(url.percentEncodedPath)?\(url.percentEncodedQuery ?? "")")
        head.headers.add(name: "Host", value: "\(host):\(port)")
        head.headers.add(name: "Content-Length", value: "0")
        if let token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: .init(
                upgradeRequestHead: head, upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let status = channel.eventLoop.makePromise(of: UInt.self)
                        try channel.pipeline.syncOperations.addHandler(StatusReader(status))
                        return .refused(status.futureResult)
                    }
                }))
        // The first messages may come in one piece with the answer to the handshake.
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }
}

/// Takes the status of an answer that is not 101, and ends the connection.
private final class StatusReader: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPClientResponsePart

    private let status: EventLoopPromise<UInt>

    init(_ status: EventLoopPromise<UInt>) { self.status = status }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        status.succeed(head.status.code)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        status.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
