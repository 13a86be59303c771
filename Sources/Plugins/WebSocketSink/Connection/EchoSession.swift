import NIOCore

/// A connection that gets back whatever it sends, as conformance suites need it.
final class EchoSession: WebSocketSession {
    func opened(_ connection: WebSocketConnection, on shard: HubShard) {}
    func ended() {}

    func received(_ payload: ByteBuffer, isText: Bool, from connection: WebSocketConnection) {
        var header = ByteBuffer()
        header.writeFrameHeader(isText ? .text : .binary, length: payload.readableBytes)
        _ = connection.send(pieces: [header, payload])
    }
}

/// Reads nothing while the peer does not read: what an echo has to do instead of closing, since it sends only what it gets.
final class ReadWhileWritable: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private var isHeld = false

    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, isHeld {
            isHeld = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }
}
