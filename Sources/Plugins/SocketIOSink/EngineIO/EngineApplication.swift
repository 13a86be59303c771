import NIOCore
import RoomHub
import WebSocketServer

/// How an application reaches its client. All calls come on the client's event loop.
protocol EngineLink: AnyObject {
    /// Where events go; `nil` for a client that polls.
    var connection: WebSocketConnection? { get }
    /// Whether events can be sent now.
    var isWritable: Bool { get }
    /// Sends a packet, or lets it wait for the next poll.
    func send(_ packet: EnginePacket)
    /// Sends whole text frames now. Returns whether they were sent.
    func send(frames: [ByteBuffer]) -> Bool
    /// Ends the session.
    func close(_ code: CloseCode, reason: String)
}

/// What speaks over an Engine.IO session. All calls come on the session's event loop.
protocol EngineApplication: AnyObject {
    /// The session has begun, or goes on over another link.
    func opened(_ link: any EngineLink, on loop: any EventLoop)
    func received(_ payload: ByteBuffer, isText: Bool)
    /// Events can be sent again.
    func becameWritable()
    /// A poll was answered, so that no events can be sent until the next.
    func paused()
    /// The session has ended. Called once, unless ``detach()`` was called.
    func ended()
    /// Leaves this event loop and returns what is needed to go on, on another one.
    func detach() -> DetachedApplication
}

/// An application between two event loops.
enum DetachedApplication: Sendable {
    case echo
    case socket(SocketSession.Detached)

    /// The client is gone before it could go on.
    func abandon(_ server: SocketServer, now: NIODeadline) {
        if case .socket(let detached) = self { detached.abandon(server, now: now) }
    }

    func make(_ server: SocketServer) -> any EngineApplication {
        switch self {
        case .echo: EngineEcho()
        case .socket(let detached): SocketSession(detached, server: server)
        }
    }
}

/// Sends every message back, as conformance suites need.
final class EngineEcho: EngineApplication {
    private var link: (any EngineLink)?

    func opened(_ link: any EngineLink, on loop: any EventLoop) { self.link = link }

    func received(_ payload: ByteBuffer, isText: Bool) { link?.send(isText ? .message(payload) : .binary(payload)) }

    func becameWritable() {}
    func paused() {}
    func ended() { link = nil }

    func detach() -> DetachedApplication {
        link = nil
        return .echo
    }
}
