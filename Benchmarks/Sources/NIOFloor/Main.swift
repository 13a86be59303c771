import Crypto
import Foundation
import NIOCore
import NIOPosix

/// The least that a WebSocket server on SwiftNIO can do: every text frame that comes on `/pub` goes to every client on `/ws`, and
/// all frames of one read in one write for each client. It has no rooms, no JSON and no journal.
@main struct Main {
    static func main() throws {
        guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]) else {
            FileHandle.standardError.write(Data("usage: NIOFloor PORT\n".utf8))
            exit(64)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let subscribers = try group.next().submit { NIOLoopBound(Subscribers(), eventLoop: group.next()) }.wait()
        let server = try ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 4096)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Connection(subscribers.value))
                }
            }
            .bind(host: "127.0.0.1", port: port).wait()
        try server.closeFuture.wait()
    }
}

/// The clients on `/ws`, on the one event loop.
final class Subscribers {
    var contexts: [ChannelHandlerContext] = []

    func send(_ frames: ByteBuffer) {
        for context in contexts { context.writeAndFlush(NIOAny(frames), promise: nil) }
    }
}

final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Kind { case http, subscriber, publisher }

    private let subscribers: Subscribers
    private var kind = Kind.http
    private var input = ByteBuffer()

    init(_ subscribers: Subscribers) { self.subscribers = subscribers }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        input.writeBuffer(&bytes)
        if kind == .http { upgrade(context) }
        switch kind {
        case .publisher: publish()
        case .subscriber: input.clear()
        case .http: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) { subscribers.contexts.removeAll { $0 === context } }

    private func upgrade(_ context: ChannelHandlerContext) {
        let text = String(buffer: input)
        guard text.hasSuffix("\r\n\r\n"), let field = text.range(of: "sec-websocket-key: ", options: .caseInsensitive) else {
            return
        }
        let key = text[field.upperBound...].prefix { $0 != "\r\n" }
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        let accept = Data(digest).base64EncodedString()
        input.clear()
        let head =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(accept)\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: head)), promise: nil)
        kind = text.hasPrefix("GET /pub") ? .publisher : .subscriber
        if kind == .subscriber { subscribers.contexts.append(context) }
    }

    /// Sends all whole frames that came, without their masks.
    private func publish() {
        var frames = ByteBuffer()
        while let payload = nextPayload() {
            frames.writeInteger(UInt8(0x81))
            if payload.count < 126 {
                frames.writeInteger(UInt8(payload.count))
            } else {
                frames.writeInteger(UInt8(126))
                frames.writeInteger(UInt16(payload.count))
            }
            frames.writeBytes(payload)
        }
        input.discardReadBytes()
        if frames.readableBytes > 0 { subscribers.send(frames) }
    }

    private func nextPayload() -> [UInt8]? {
        let start = input.readerIndex
        guard let code = input.getInteger(at: start + 1, as: UInt8.self).map({ Int($0 & 0x7F) }), code < 127 else { return nil }
        let isLong = code == 126
        guard let length = isLong ? input.getInteger(at: start + 2, as: UInt16.self).map(Int.init) : code else { return nil }
        let header = isLong ? 8 : 6
        guard let mask = input.getBytes(at: start + header - 4, length: 4),
            var payload = input.getBytes(at: start + header, length: length)
        else { return nil }
        for index in payload.indices { payload[index] ^= mask[index & 3] }
        input.moveReaderIndex(forwardBy: header + length)
        return payload
    }
}
