import NIOCore
import TallywireCore

/// What a connection does with its messages. All calls come on the connection's event loop.
package protocol WebSocketSession: AnyObject {
    /// The connection is open and can send.
    func opened(_ connection: WebSocketConnection, on loop: any EventLoop)
    /// A whole message came. The payload of a text message is UTF-8.
    func received(_ payload: ByteBuffer, isText: Bool, from connection: WebSocketConnection)
    /// The frame that asks the peer whether it is there; `nil` while nothing is to be sent. A ping frame unless the session's protocol
    /// has a message of its own.
    var heartbeat: ByteBuffer? { get }
    /// Whether a ping of the peer is answered.
    func answersPing() -> Bool
    /// The peer has read most of the bytes that waited.
    func becameWritable()
    /// The server ends. The connection is closed next, and the client is asked to come back after `pause`.
    func goingAway(comeBackAfter pause: Duration)
    /// The connection can send no more. Called once.
    func ended()
}

extension WebSocketSession {
    package var heartbeat: ByteBuffer? { .frame(.ping, ByteBuffer()) }
}

/// Who accepts WebSocket connections: it gives each to the ``ConnectionLoop`` of the connection's event loop.
package protocol WebSocketHost: AnyObject, Sendable {
    /// The code that ends a connection whose peer does not read what it asked for.
    var tooSlow: CloseCode { get }
    /// Adds the connection to those of its event loop, on which this is called. A connection that comes while the host stops is
    /// closed at once.
    func open(_ connection: WebSocketConnection, on loop: any EventLoop) -> (connections: ConnectionLoop, isStopping: Bool)
    /// Undoes ``open(_:on:)``.
    func closed(_ connection: WebSocketConnection, on loop: any EventLoop, code: CloseCode)
}

/// One WebSocket connection: the last handler of its channel, without a task of its own.
///
/// The connection reads frames, answers pings and close frames, limits the bytes that wait to be read, notices when the peer is
/// gone, and counts how it ended. The meaning of messages is left to the session.
package final class WebSocketConnection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// How long a peer may take to read the waiting bytes and answer the close frame.
    static let closeTimeout = TimeAmount.seconds(5)

    /// The connection's index in the list of its ``ConnectionLoop``, which sets it.
    var index = 0
    /// The connection's place in the timing wheel, which sets it.
    var wheelPlace: (slot: Int, index: Int)?
    private let host: any WebSocketHost
    /// The most bytes that may wait for the peer to read.
    private let buffer: Int
    private let session: any WebSocketSession
    private var reader: MessageReader
    /// Octets that came and were not read yet. More may come while a message is being handled.
    private var unread: ByteBuffer?
    private var connections: ConnectionLoop?
    private var context: ChannelHandlerContext?
    private var state = State.open
    /// The close code with which the connection will have ended. The first reason counts.
    private var code = CloseCode.lost
    private var lastReceived = NIODeadline.distantPast
    private var lastPing = NIODeadline.distantPast

    private enum State {
        case open
        /// The server sent a close frame and waits until the deadline for the peer's close frame, or for the end of the peer's
        /// input.
        case closing(NIODeadline)
        case closed
    }

    /// - Parameters:
    ///   - reader: Has the limits for what the peer sends.
    ///   - buffer: The most bytes that may wait for the peer to read.
    package init(host: any WebSocketHost, session: any WebSocketSession, reader: MessageReader, buffer: Int) {
        self.host = host
        self.buffer = buffer
        self.session = session
        self.reader = reader
    }

    // MARK: Sending

    /// Whether so little waits for the peer to read that events should be sent. The value is kept here because asking the channel
    /// costs each send as much as the rest of its work outside the kernel.
    package private(set) var isWritable = true

    /// Sends frames, and returns whether they were sent. Nothing is sent while the connection closes. A peer for whom too much
    /// waits already is closed with 4008.
    package func send(_ frames: ByteBuffer) -> Bool {
        guard let context = contextForSending() else { return false }
        context.writeAndFlush(wrapOutboundOut(frames), promise: nil)
        return true
    }

    /// The same for frames in several pieces.
    package func send(pieces: [ByteBuffer]) -> Bool {
        guard let context = contextForSending() else { return false }
        if pieces.count == 1 {
            context.writeAndFlush(wrapOutboundOut(pieces[0]), promise: nil)
            return true
        }
        for piece in pieces { context.write(wrapOutboundOut(piece), promise: nil) }
        context.flush()
        return true
    }

    private func contextForSending() -> ChannelHandlerContext? {
        guard case .open = state, let context else { return nil }
        // While the channel is writable, fewer bytes wait than the smallest limit allows.
        if isWritable || waiting(in: context.channel) <= buffer { return context }
        close(host.tooSlow, reason: "answers come faster than they are read")
        return nil
    }

    private func waiting(in channel: any Channel) -> Int {
        (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    // MARK: Ending

    /// Starts the close handshake: sends a close frame after the waiting bytes. The connection ends when the peer answers or the
    /// time is up.
    package func close(_ code: CloseCode, reason: String = "") {
        guard case .open = state, let context else { return }
        finish(code)
        beginClosing(context)
        context.writeAndFlush(wrapOutboundOut(.closeFrame(code, reason: reason)), promise: nil)
    }

    private func beginClosing(_ context: ChannelHandlerContext) {
        state = .closing(context.eventLoop.now + Self.closeTimeout)
        connections?.look(at: self, in: Self.closeTimeout)
    }

    /// Ends the connection at shutdown: sends a random reconnect delay, so that not all clients come back at once, and closes with
    /// 1001.
    func goAway() {
        guard case .open = state, let connections else { return }
        let pause = Int64.random(in: 0...connections.times.returnWithin.wholeMilliseconds)
        session.goingAway(comeBackAfter: .milliseconds(pause))
        close(.goingAway, reason: "the server goes away; come back in \(pause) ms")
    }

    /// Fails the connection as RFC 6455, section 7.1.7, says: a close frame and then nothing more. The sending side is shut, since
    /// after an error in its input the peer's answer might not be readable. The end of the peer's input ends the connection.
    private func fail(_ code: CloseCode) {
        guard case .open = state, let context else { return }
        close(code)
        context.close(mode: .output, promise: nil)
    }

    private func answerClose(_ payload: ByteBuffer) {
        guard let context else { return }
        switch state {
        case .open:
            switch CloseRequest(payload) {
            case .fail(let code): fail(code)
            case .answer(let code):
                finish(code ?? .none)
                beginClosing(context)
                context.writeAndFlush(wrapOutboundOut(.closeFrame(code))).assumeIsolated().whenComplete { _ in
                    context.close(promise: nil)
                }
            }
        case .closing: context.close(promise: nil)
        case .closed: break
        }
    }

    /// Notes how the connection ends, and tells the session.
    private func finish(_ code: CloseCode) {
        self.code = code
        session.ended()
    }

    // MARK: Time

    /// Shortens the peer's silence by `amount`.
    func shortenSilence(by amount: TimeAmount) { lastReceived = lastReceived + amount }

    /// Pings a peer that is due, and ends a connection that took too long. Returns the time until the next call; `nil` for none.
    func tick(_ now: NIODeadline) -> TimeAmount? {
        guard let context, let connections else { return nil }
        switch state {
        case .open:
            let silence = TimeAmount(connections.times.silence)
            let interval = TimeAmount(connections.times.pingInterval)
            if now - lastReceived > silence {
                finish(.lost)
                state = .closing(now)
                context.close(promise: nil)
                return nil
            }
            if now - lastPing >= interval {
                lastPing = now
                if let heartbeat = session.heartbeat { _ = send(heartbeat) }
            }
            return min(lastPing + interval, lastReceived + silence) - now
        case .closing(let deadline):
            if now < deadline { return deadline - now }
            context.close(promise: nil)
            return nil
        case .closed: return nil
        }
    }

    // MARK: ChannelInboundHandler

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        lastReceived = context.eventLoop.now
        lastPing = lastReceived
        let (connections, isStopping) = host.open(self, on: context.eventLoop)
        self.connections = connections
        session.opened(self, on: context.eventLoop)
        if isStopping { goAway() }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        ended()
        self.context = nil
    }

    package func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    private func ended() {
        if case .closed = state { return }
        if case .open = state { finish(.lost) }
        state = .closed
        if let connections { host.closed(self, on: connections.loop, code: code) }
        connections = nil
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var octets = unwrapInboundIn(data)
        lastReceived = context.eventLoop.now
        unread.setOrWriteBuffer(&octets)
        do throws(FrameViolation) {
            while let message = try nextMessage() { take(message) }
        } catch {
            fail(error.closeCode)
        }
    }

    private func nextMessage() throws(FrameViolation) -> MessageReader.Message? {
        guard var octets = unread else { return nil }
        // The buffer in the property would share the storage, and then the next read would copy it.
        unread = nil
        let message = try reader.next(from: &octets)
        if octets.readableBytes > 0 { unread = octets }
        return message
    }

    private func take(_ message: MessageReader.Message) {
        if case .close(let payload) = message { return answerClose(payload) }
        guard case .open = state else { return }
        switch message {
        case .text(let text): session.received(text, isText: true, from: self)
        case .binary(let data): session.received(data, isText: false, from: self)
        case .ping(let data): if session.answersPing() { _ = send(.frame(.pong, data)) }
        case .pong, .close: break
        }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if case .open = state, isWritable { session.becameWritable() }
        context.fireChannelWritabilityChanged()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // The HTTP port allows half-closed connections. On a WebSocket nothing can follow after the end of the peer's input,
            // not even its close frame.
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent: connections?.drain()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
