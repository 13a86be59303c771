import NIOCore
import NIOWebSocket

/// Keeps the messages of a ``WebSocketClient`` until a test reads them. Used only on the connection's event loop.
final class WebSocketClientInbox: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private var messages = CircularBuffer<WebSocketClient.Message>()
    private var waiting: EventLoopPromise<WebSocketClient.Message>?
    private var hasEnded = false
    private var hasSentClose = false
    private var context: ChannelHandlerContext?

    /// Returns the next message, or fails when the time is up. Only one call may wait at a time.
    func next(within limit: Duration) -> EventLoopFuture<WebSocketClient.Message> {
        guard let loop = context?.eventLoop ?? waiting?.futureResult.eventLoop else {
            preconditionFailure("the inbox is not in a channel")
        }
        if let message = messages.popFirst() { return loop.makeSucceededFuture(message) }
        if hasEnded { return loop.makeSucceededFuture(.ended) }
        let promise = loop.makePromise(of: WebSocketClient.Message.self)
        waiting = promise
        let bound = NIOLoopBound(self, eventLoop: loop)
        let deadline = loop.scheduleTask(in: TimeAmount(limit)) {
            bound.value.waiting = nil
            promise.fail(WebSocketClient.Failure.nothingCame(within: limit))
        }
        promise.futureResult.whenComplete { _ in deadline.cancel() }
        return promise.futureResult
    }

    private func take(_ message: WebSocketClient.Message) {
        if let waiting {
            self.waiting = nil
            waiting.succeed(message)
        } else {
            messages.append(message)
        }
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        let payload = frame.unmaskedData
        switch frame.opcode {
        case .text: take(.text(String(buffer: payload)))
        case .binary: take(.binary(Array(payload.readableBytesView)))
        case .ping:
            take(.ping(Array(payload.readableBytesView)))
            let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: payload)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .pong: take(.pong(Array(payload.readableBytesView)))
        case .connectionClose:
            var rest = payload
            let code = rest.readInteger(as: UInt16.self)
            take(.close(code, reason: String(buffer: rest)))
            guard !hasSentClose else { return }
            hasSentClose = true
            let answer = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: payload)
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        default: break
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if unwrapOutboundIn(data).opcode == .connectionClose { hasSentClose = true }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasEnded = true
        if waiting != nil { take(.ended) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
