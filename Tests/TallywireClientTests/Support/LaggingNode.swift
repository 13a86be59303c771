import Crypto
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TallywireClient

/// A node of a cluster that its clients have to leave: one that does not have yet what they have, or one without a leader.
final class LaggingNode: Sendable {
    static let name = "berlin-b"
    let port: Int
    private let listener: any Channel

    private init(_ listener: any Channel) {
        self.listener = listener
        port = listener.localAddress?.port ?? 0
    }

    /// One on a free port, whose journal is that of `epoch`. It accepts a WebSocket, tells its name and how far it is, and closes with 1013
    /// when a room is asked for. Without an `epoch` it answers 503.
    static func start(epoch: String?) async throws -> LaggingNode {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Talk(epoch: epoch)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return LaggingNode(listener)
    }

    /// The epoch of a server's journal.
    static func epoch(of port: Int) async throws -> String {
        let epoch = Mutex("")
        try await Watch.run(port, rooms: []) { watch in epoch.withLock { $0 = watch.client.epoch ?? "" } }
        return epoch.withLock { $0 }
    }

    func close() async throws { try await listener.close() }

    private final class Talk: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let epoch: String?
        private var request = ""
        private var isOpen = false

        init(epoch: String?) { self.epoch = epoch }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if isOpen { return close(context) }
            request += String(buffer: unwrapInboundIn(data))
            guard request.hasSuffix("\r\n\r\n"), let key = request.firstMatch(of: /Sec-WebSocket-Key: *(\S+)/.ignoresCase())?.1
            else { return }
            guard let epoch else {
                write(context, Array("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n".utf8))
                return
            }
            isOpen = true
            let accept = Data(Insecure.SHA1.hash(data: Data("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
                .base64EncodedString()
            let head =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nTallywire-Node: \(name)\r\n"
                + "Sec-WebSocket-Accept: \(accept)\r\n\r\n"
            write(context, Array(head.utf8))
            write(
                context,
                frame(0x81, Array(#"{"type":"welcome","epoch":"\#(epoch)","seq":1,"connection":"c","pingInterval":25000}"#.utf8)))
        }

        private func close(_ context: ChannelHandlerContext) {
            write(context, frame(0x88, [0x03, 0xF5] + Array("ahead".utf8)))
            context.close(promise: nil)
        }

        /// A frame of fewer than 126 bytes.
        private func frame(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] { [kind, UInt8(payload.count)] + payload }

        private func write(_ context: ChannelHandlerContext, _ bytes: [UInt8]) {
            context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
        }
    }
}
