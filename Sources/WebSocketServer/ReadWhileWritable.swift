import NIOCore

/// Stops reading while the peer does not read. The echo needs this instead of closing, since it sends only what it receives.
package final class ReadWhileWritable: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer

    private var isHeld = false

    package init() {}

    package func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isHeld = true }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, isHeld {
            isHeld = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }
}
