import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A WebSocket connection to a room of a running server: the messages as they come.
struct RoomStream {
    private let url: URLComponents
    private let host: String
    private let token: String?

    /// The room `room` of the server at `base`, whose WebSockets are at `path`.
    init(_ base: String, path: String, room: String, token: String?) throws {
        guard var url = URLComponents(string: base), let host = url.host, url.scheme == "http" else {
            throw Failure.usage("“\(base)” is no address of a server that tail can follow: it begins with http://")
        }
        url.path = path
        url.queryItems = [URLQueryItem(name: "room", value: room)]
        self.url = url
        self.host = host
        self.token = token
    }

    /// Connects and calls `body` with each text message, until the connection ends or `body` throws.
    func forEachMessage(_ body: (Data) async throws -> Void) async throws {
        let upgraded: EventLoopFuture<NIOAsyncChannel<WebSocketFrame, WebSocketFrame>?>
        do {
            upgraded = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(10))
                .connect(host: host, port: url.port ?? 80) { channel in
                    channel.eventLoop.makeCompletedFuture { try self.upgrade(channel) }
                }
        } catch {
            throw Failure("error: no server answers at \(host):\(url.port ?? 80): \(error)")
        }
        guard let channel = try await upgraded.get() else {
            throw Failure("error: \(url.path) of the server did not become a WebSocket: does its websocket sink run, at that path?")
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

    private func upgrade(
        _ channel: any Channel
    ) throws -> EventLoopFuture<NIOAsyncChannel<WebSocketFrame, WebSocketFrame>?> {
        let upgrader = NIOTypedWebSocketClientUpgrader<NIOAsyncChannel<WebSocketFrame, WebSocketFrame>?>(
            maxFrameSize: 1 << 24
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    NIOWebSocketFrameAggregator(
                        minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1_024, maxAccumulatedFrameSize: 1 << 24))
                return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
            }
        }
        var head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "\(url.percentEncodedPath)?\(url.percentEncodedQuery ?? "")")
        head.headers.add(name: "Host", value: "\(host):\(url.port ?? 80)")
        head.headers.add(name: "Content-Length", value: "0")
        if let token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: .init(
                upgradeRequestHead: head, upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in channel.close().map { nil } }))
        // The first messages may come in one piece with the answer to the handshake.
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }
}
