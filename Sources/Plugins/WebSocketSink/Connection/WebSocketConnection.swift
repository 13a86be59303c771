import NIOCore
import TallywireCore

/// What a connection is for. All calls come on its event loop.
protocol WebSocketSession: AnyObject {
    /// The connection is open and may be sent to.
    func opened(_ connection: WebSocketConnection, on shard: HubShard)
    /// A whole message came; the payload of a text is UTF-8.
    func received(_ payload: ByteBuffer, isText: Bool, from connection: WebSocketConnection)
    /// Whether a ping of the peer is answered.
    func answersPing() -> Bool
    /// The peer has read most of what was waiting for it.
    func becameWritable()
    /// Nothing can be sent any more. Called once.
    func ended()
}

/// One WebSocket connection: the last handler of its channel, without a task of its own.
///
/// It reads frames, answers pings and close frames, bounds what waits to be read, notices when the peer is gone, and counts how
/// it ended; what messages mean is its session's.
final class WebSocketConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long a peer may take to answer our close frame, and to read what waits before it.
    static let closeTimeout = TimeAmount.seconds(5)

    /// Its place in its shard's list, which the shard keeps.
    var index = 0
    /// Its place in its shard's timing wheel, which the wheel keeps.
    var wheelPlace: (slot: Int, index: Int)?
    private let hub: Hub
    /// Bytes that may wait for the peer to read.
    private let buffer: Int
    private let session: any WebSocketSession
    private var reader: MessageReader
    /// What came and was not read yet; more may come while a message is being acted on.
    private var unread: ByteBuffer?
    private(set) var shard: HubShard?
    private var context: ChannelHandlerContext?
    private var state = State.open
    /// How it will have ended; the first reason counts.
    private var code = CloseCode.lost
    private var lastHeard = NIODeadline.distantPast
    private var lastPing = NIODeadline.distantPast

    private enum State {
        case open
        /// We sent a close frame and wait for the peer's, or for the end of what it sends, until the deadline.
        case closing(NIODeadline)
        case closed
    }

    /// - Parameters:
    ///   - reader: Has the limits for what the peer sends.
    ///   - buffer: Bytes that may wait for the peer to read.
    init(hub: Hub, session: any WebSocketSession, reader: MessageReader, buffer: Int) {
        self.hub = hub
        self.buffer = buffer
        self.session = session
        self.reader = reader
    }

    // MARK: Sending

    /// Whether little waits for the peer to read, so that events should be sent on. Kept here, since asking the channel costs each send as
    /// much as the rest of what is done for it outside the kernel.
    private(set) var isWritable = true

    /// Sends frames; says whether it did. It does not while the connection closes, nor to a peer for whom too much waits
    /// already, which is closed with 4008.
    func send(_ frames: ByteBuffer) -> Bool {
        guard let context = contextForSending() else { return false }
        context.writeAndFlush(wrapOutboundOut(frames), promise: nil)
        return true
    }

    /// The same with frames in several pieces.
    func send(pieces: [ByteBuffer]) -> Bool {
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
        // As long as the channel is writable, less waits than the smallest limit allows.
        if isWritable || waiting(in: context.channel) <= buffer { return context }
        close(.tooSlow, reason: "answers come faster than they are read")
        return nil
    }

    private func waiting(in channel: any Channel) -> Int {
        (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    // MARK: Ending

    /// Starts the close handshake: sends a close frame after what waits, and ends when the peer answers or the time is up.
    func close(_ code: CloseCode, reason: String = "") {
        guard case .open = state, let context else { return }
        finish(code)
        beginClosing(context)
        context.writeAndFlush(wrapOutboundOut(.closeFrame(code, reason: reason)), promise: nil)
    }

    private func beginClosing(_ context: ChannelHandlerContext) {
        state = .closing(context.eventLoop.now + Self.closeTimeout)
        shard?.look(at: self, in: Self.closeTimeout)
    }

    /// Ends as the server does: says when to come back, at a time of chance so that not all come at once, and closes with 1001.
    func goAway() {
        guard case .open = state else { return }
        let pause = Int64.random(in: 0...hub.configuration.returnWithin.wholeMilliseconds)
        _ = send(.textFrame(ServerMessage.goingAway(comeBackAfter: .milliseconds(pause)).json))
        close(.goingAway, reason: "the server goes away; come back in \(pause) ms")
    }

    /// Fails the connection as RFC 6455, section 7.1.7, has it: a close frame and then nothing more. The sending side is shut,
    /// since after an error on the way in the peer's answer might not be readable; its end of input ends the connection.
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

    /// Notes how it ends and lets the session go.
    private func finish(_ code: CloseCode) {
        self.code = code
        session.ended()
    }

    // MARK: Time

    /// Counts so much less of the peer's silence.
    func forgive(_ amount: TimeAmount) { lastHeard = lastHeard + amount }

    /// Looks at the clock: pings a peer that is due, and ends what took too long. Answers when it is to be looked at again.
    func tick(_ now: NIODeadline) -> TimeAmount? {
        guard let context else { return nil }
        switch state {
        case .open:
            let silence = TimeAmount(hub.configuration.silence)
            let interval = TimeAmount(hub.configuration.pingInterval)
            if now - lastHeard > silence {
                finish(.lost)
                state = .closing(now)
                context.close(promise: nil)
                return nil
            }
            if now - lastPing >= interval {
                lastPing = now
                _ = send(.frame(.ping, ByteBuffer()))
            }
            return min(lastPing + interval, lastHeard + silence) - now
        case .closing(let deadline):
            if now < deadline { return deadline - now }
            context.close(promise: nil)
            return nil
        case .closed: return nil
        }
    }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        lastHeard = context.eventLoop.now
        lastPing = lastHeard
        let (shard, isStopping) = hub.open(self, on: context.eventLoop)
        self.shard = shard
        session.opened(self, on: shard)
        if isStopping { goAway() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    private func ended() {
        if case .closed = state { return }
        if case .open = state { finish(.lost) }
        state = .closed
        if let shard { hub.closed(self, shard: shard, code: code) }
        shard = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var octets = unwrapInboundIn(data)
        lastHeard = context.eventLoop.now
        unread.setOrWriteBuffer(&octets)
        do throws(FrameViolation) {
            while let message = try nextMessage() { take(message) }
        } catch {
            fail(error.closeCode)
        }
    }

    private func nextMessage() throws(FrameViolation) -> MessageReader.Message? {
        guard var octets = unread else { return nil }
        // The one in the property would share the storage, and then the next read would be copied.
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

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if case .open = state, isWritable { session.becameWritable() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // Half-closed connections are allowed on the HTTP port. Here nothing more can come from a peer that says no more,
            // not even its close frame.
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent: shard?.drain()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
