import NIOCore

/// Stops reading while the peer does not read. The echo needs this instead of closing, since it sends only what it receives.
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
