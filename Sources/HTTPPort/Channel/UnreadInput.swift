import NIOCore

/// Discards the input after the last request of a connection, and closes the connection if that is more than ``little``.
///
/// The handler is before the parser: after a request for an upgrade the parser reads nothing more and keeps all input.
final class UnreadInput: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// How many bytes may still come: enough for a peer that is sending while it gets its response.
    static let little = 256 * 1024

    /// How many more bytes may come; `nil` while input is read.
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

/// Sent through the pipeline when no more input is read.
struct InputUnwanted: Sendable {}
