import NIOCore
import NIOWebSocket

/// Refuses frames that a client must not send and that NIO's decoder lets pass: without a mask, with reserved bits or opcodes
/// (RFC 6455, sections 5.1 and 5.2). It stands before the aggregator, which forgets the mask.
final class FrameGuard: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame

    enum Violation: Error {
        case notMasked
        case reservedBits
        case reservedOpcode
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let violation = Self.violation(in: unwrapInboundIn(data)) {
            context.fireErrorCaught(violation)
        } else {
            context.fireChannelRead(data)
        }
    }

    static func violation(in frame: WebSocketFrame) -> Violation? {
        if frame.maskKey == nil { return .notMasked }
        if frame.rsv1 || frame.rsv2 || frame.rsv3 { return .reservedBits }
        switch frame.opcode {
        case .continuation, .text, .binary, .connectionClose, .ping, .pong: return nil
        default: return .reservedOpcode
        }
    }
}

extension CloseCode {
    /// The code that tells a client about an error on its way in, or `nil` if the connection itself broke.
    init?(_ error: any Error) {
        switch error {
        case is FrameGuard.Violation: self = .protocolError
        case NIOWebSocketError.invalidFrameLength: self = .tooBig
        case is NIOWebSocketError: self = .protocolError
        case NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge,
            NIOWebSocketFrameAggregator.Error.tooManyFragments:
            self = .tooBig
        case is NIOWebSocketFrameAggregator.Error: self = .protocolError
        default: return nil
        }
    }
}
