import HTTPEndpoints
import NIOCore
import NIOHTTP1
import RoomHub
import Synchronization
import TallywireAccess
import WebSocketServer

/// The Engine.IO sessions of one path by their ids. Safe from any thread.
///
/// A session belongs to one event loop. The table says which one; what a session is or has is only touched there.
final class EngineServer: Sendable {
    let server: SocketServer
    /// Makes what speaks over a session.
    let makeApplication: @Sendable (UpgradeRequest, NIODeadline) -> any EngineApplication
    private let sessions = Mutex<[String: Entry]>([:])
    /// How many sessions of each address poll.
    private let callers = Mutex<[IPAddress: Int]>([:])

    private enum Entry {
        case polling(NIOLoopBound<PollingSession>, any EventLoop, isProbed: Bool)
        /// The session is over a WebSocket, and requests with its id are mistakes.
        case socket
    }

    init(_ server: SocketServer, makeApplication: @escaping @Sendable (UpgradeRequest, NIODeadline) -> any EngineApplication) {
        self.server = server
        self.makeApplication = makeApplication
    }

    var configuration: SocketIOConfiguration { server.configuration }
    var hub: Hub { server.hub }

    /// The handshake of a new session.
    func handshake(_ sid: String, upgrades: [EngineQuery.Transport]) -> EngineHandshake {
        EngineHandshake(
            sid: sid, upgrades: upgrades.filter { configuration.transports.contains($0) },
            pingInterval: configuration.pingInterval, pingTimeout: configuration.pingTimeout,
            maxPayload: configuration.maxPayload)
    }

    /// Counts one more session of an address that polls. Returns whether the address may have it.
    func admit(_ caller: IPAddress?) -> Bool {
        guard let caller else { return true }
        return callers.withLock { callers in
            guard callers[caller, default: 0] < configuration.pollingPerAddress else { return false }
            callers[caller, default: 0] += 1
            return true
        }
    }

    /// Undoes ``admit(_:)``.
    func release(_ caller: IPAddress?) {
        guard let caller else { return }
        callers.withLock { callers in
            let rest = callers[caller, default: 1] - 1
            callers[caller] = rest == 0 ? nil : rest
        }
    }

    // MARK: The table

    func add(_ session: PollingSession, on loop: any EventLoop) {
        sessions.withLock { $0[session.sid] = .polling(NIOLoopBound(session, eventLoop: loop), loop, isProbed: false) }
    }

    func addSocket(_ sid: String) { sessions.withLock { $0[sid] = .socket } }

    func remove(_ sid: String) { sessions.withLock { $0[sid] = nil } }

    /// The session with this id, if its client polls, and its event loop.
    func polling(_ sid: String) -> (session: NIOLoopBound<PollingSession>, loop: any EventLoop)? {
        sessions.withLock { sessions in
            guard case .polling(let session, let loop, _) = sessions[sid] else { return nil }
            return (session, loop)
        }
    }

    /// Reserves the session with this id for one WebSocket that probes. Returns whether there is such a session and no other probes.
    func reserveProbe(_ sid: String) -> Bool {
        sessions.withLock { sessions in
            guard case .polling(let session, let loop, false) = sessions[sid] else { return false }
            sessions[sid] = .polling(session, loop, isProbed: true)
            return true
        }
    }

    func releaseProbe(_ sid: String) {
        sessions.withLock { sessions in
            guard case .polling(let session, let loop, true) = sessions[sid] else { return }
            sessions[sid] = .polling(session, loop, isProbed: false)
        }
    }

    /// How many sessions there are.
    var count: Int { sessions.withLock { $0.count } }
}
