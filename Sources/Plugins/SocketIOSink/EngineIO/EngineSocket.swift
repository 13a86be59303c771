import DequeModule
import HTTPEndpoints
import NIOCore
import RoomHub
import WebSocketServer

/// An Engine.IO session over a WebSocket: from the beginning, or after polling.
final class EngineSocket: WebSocketSession, EngineLink {
    private let engine: EngineServer
    private let request: UpgradeRequest
    private var sid: String
    private var state: State
    /// The connection, and the session over it, refer to each other until the connection ends.
    private(set) var connection: WebSocketConnection?
    private var loop: (any EventLoop)?

    private enum State {
        /// Begins with the connection.
        case new
        /// The client asks whether the WebSocket works, and polls meanwhile. Once it has asked, no other WebSocket may.
        case probing(hasAsked: Bool)
        /// The session is on its way from another event loop. What the client sends meanwhile waits.
        case changing(Deque<(payload: ByteBuffer, isText: Bool)>, bytes: Int)
        case open(any EngineApplication)
        case ended
    }

    /// A connection that begins a session; with `sid`, one that probes for it.
    init(_ engine: EngineServer, _ request: UpgradeRequest, probing sid: String?) {
        self.engine = engine
        self.request = request
        self.sid = sid ?? EngineHandshake.newID()
        state = sid == nil ? .new : .probing(hasAsked: false)
    }

    // MARK: WebSocketSession

    func opened(_ connection: WebSocketConnection, on loop: any EventLoop) {
        self.connection = connection
        self.loop = loop
        guard case .new = state else { return }
        engine.addSocket(sid)
        send(engine.handshake(sid, upgrades: []).packet)
        begin(engine.makeApplication(request, loop.now))
    }

    private func begin(_ application: any EngineApplication) {
        guard let loop else { return }
        state = .open(application)
        application.opened(self, on: loop)
    }

    func received(_ payload: ByteBuffer, isText: Bool, from connection: WebSocketConnection) {
        switch state {
        case .new, .ended: break
        case .probing(let hasAsked): probe(payload, isText: isText, hasAsked: hasAsked)
        case .changing(var waiting, let bytes):
            let bytes = bytes + payload.readableBytes
            guard bytes <= engine.configuration.maxPayload, waiting.count < Self.mostWaiting else {
                return close(.policy, reason: "too much came while the transport changed")
            }
            waiting.append((payload, isText))
            state = .changing(waiting, bytes: bytes)
        case .open(let application): take(payload, isText: isText, application)
        }
    }

    /// The most messages that wait while the session changes its event loop.
    private static let mostWaiting = 1_000

    private func take(_ payload: ByteBuffer, isText: Bool, _ application: any EngineApplication) {
        guard isText else { return application.received(payload, isText: false) }
        do throws(MalformedPacket) {
            let packet = try EnginePacket(text: payload)
            switch packet.kind {
            case .message: application.received(packet.payload, isText: true)
            case .pong, .noop: break
            case .close: close(.normal, reason: "")
            case .open, .ping, .upgrade: throw MalformedPacket("a client does not send this type of packet")
            }
        } catch {
            close(.protocolError, reason: error.message)
        }
    }

    var heartbeat: ByteBuffer? {
        guard case .open = state else { return nil }
        return EnginePacket.ping.frame
    }

    func answersPing() -> Bool { true }

    func becameWritable() { if case .open(let application) = state { application.becameWritable() } }

    func goingAway(comeBackAfter pause: Duration) { send(.close) }

    func ended() {
        switch state {
        case .probing(hasAsked: true): releaseProbe()
        case .open(let application):
            engine.remove(sid)
            application.ended()
        case .new, .probing, .changing, .ended: break
        }
        state = .ended
        connection = nil
    }

    // MARK: EngineLink

    var isWritable: Bool { connection?.isWritable ?? false }
    func send(_ packet: EnginePacket) { _ = connection?.send(packet.frame) }
    func send(frames: [ByteBuffer]) -> Bool { connection?.send(pieces: frames) ?? false }
    func close(_ code: CloseCode, reason: String) { connection?.close(code, reason: reason) }

    // MARK: Changing over from polling

    private func probe(_ payload: ByteBuffer, isText: Bool, hasAsked: Bool) {
        guard isText, let packet = try? EnginePacket(text: payload), let polling = engine.polling(sid) else {
            return close(.protocolError, reason: "a probe is expected, of a session that polls")
        }
        switch packet.kind {
        case .ping where packet.payload == EnginePacket.probe && !hasAsked:
            guard engine.reserveProbe(sid) else {
                return close(.protocolError, reason: "another WebSocket probes for this session, or it has ended")
            }
            state = .probing(hasAsked: true)
            comeBack(with: polling.loop.submit { polling.session.value.probe() }) { socket, isThere in
                guard isThere == true else { return socket.close(.protocolError, reason: "the session has ended") }
                socket.send(EnginePacket(kind: .pong, payload: EnginePacket.probe))
            }
        case .upgrade where hasAsked:
            state = .changing([], bytes: 0)
            comeBack(with: polling.loop.submit { polling.session.value.upgrade() }) { $0.goOn($1 ?? nil) }
        default: close(.protocolError, reason: "a probe or an upgrade is expected")
        }
    }

    /// Continues on this connection's event loop with what another one found; `nil` if that loop was shut down.
    private func comeBack<Value: Sendable>(
        with future: EventLoopFuture<Value>, _ use: @escaping @Sendable (EngineSocket, Value?) -> Void
    ) {
        guard let loop else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        future.hop(to: loop).whenComplete { use(bound.value, try? $0.get()) }
    }

    /// Takes the session over from polling.
    private func goOn(_ upgraded: PollingSession.Upgraded?) {
        guard case .changing(let waiting, _) = state, let upgraded else {
            // Either end is gone: the client comes back and says where it was.
            engine.remove(sid)
            upgraded?.application.abandon(engine.server, now: .now())
            return close(.protocolError, reason: "the session has ended")
        }
        for packet in upgraded.rest { send(packet) }
        begin(upgraded.application.make(engine.server))
        for message in waiting {
            guard case .open(let application) = state else { return }
            take(message.payload, isText: message.isText, application)
        }
    }

    private func releaseProbe() {
        guard let polling = engine.polling(sid) else { return }
        polling.loop.execute { polling.session.value.endProbe() }
    }
}
