import NIOCore

/// Throws away what a peer sends behind the last request of its connection, and closes the connection where that is more than ``little``.
///
/// It stands before the parser: behind a request for an upgrade the parser reads nothing any more and keeps all that comes.
final class UnreadInput: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// How many bytes may still come: enough for a peer that is sending while it is answered.
    static let little = 256 * 1024

    /// How many bytes of them are left; `nil` while what comes is read.
    private var left: Int?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let left else { return context.fireChannelRead(data) }
        let rest = left - unwrapInboundIn(data).readableBytes
        self.left = rest
        if rest < 0 { context.close(promise: nil) }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is InputUnwanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        left = left ?? Self.little
        promise?.succeed()
    }
}

/// Sent down a connection when nothing that still comes is read.
struct InputUnwanted: Sendable {}
