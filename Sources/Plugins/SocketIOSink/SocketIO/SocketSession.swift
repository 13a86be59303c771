import HTTPEndpoints
import NIOCore
import RoomHub
import TallywireAccess
import TallywireCore
import TallywireProtocol
import WebSocketServer

/// What Socket.IO 5 says over one Engine.IO session: namespaces, events, acknowledgements and the client's rooms.
///
/// Everything that this server sends by itself belongs to the main namespace.
final class SocketSession: EngineApplication {
    let server: SocketServer
    var link: (any EngineLink)?
    var loop: (any EventLoop)?
    var state: State
    /// The client's rooms; `nil` while it is not connected to the main namespace.
    var rooms: RoomSession?
    private var connectTimer: Scheduled<Void>?

    /// What does not belong to an event loop.
    struct State: Sendable {
        let access: SessionAccess
        var assembler: PacketAssembler
        var allowance: MessageAllowance
        /// The namespaces that the client is connected to.
        var namespaces: Set<String> = []
        /// The id under which the client can be recovered.
        var visit: RecoverableSessions.Visit?
        /// A client that comes back and does not know yet whether it is recovered: its rooms.
        var returning: [String]?
        /// What a client connects with while keys are fetched for its token.
        var connecting: JSONValue?
        /// Refused events since the last one that was not.
        var errors = 0
    }

    /// A session between two event loops.
    struct Detached: Sendable {
        fileprivate let state: State
        fileprivate let rooms: RoomSession.Detached?

        /// The client is gone.
        func abandon(_ server: SocketServer, now: NIODeadline) {
            if let visit = state.visit { server.sessions.lose(visit, now: now) }
        }
    }

    init(_ request: UpgradeRequest, server: SocketServer, now: NIODeadline) {
        self.server = server
        state = State(
            access: SessionAccess(request, now: now), assembler: PacketAssembler(limit: server.configuration.maxPayload),
            allowance: MessageAllowance(server.configuration.hub.limits.messages, at: now))
    }

    init(_ detached: Detached, server: SocketServer) {
        self.server = server
        state = detached.state
        rooms = detached.rooms.map(RoomSession.init)
    }

    // MARK: EngineApplication

    func opened(_ link: any EngineLink, on loop: any EventLoop) {
        self.link = link
        self.loop = loop
        if let rooms, let shard = server.hub.shard(of: loop) {
            rooms.opened(self, connection: link.connection, on: shard)
            rooms.goOn()
            rooms.watchAccess()
        } else if state.namespaces.isEmpty {
            let bound = NIOLoopBound(self, eventLoop: loop)
            connectTimer = loop.scheduleTask(in: TimeAmount(server.configuration.connectTimeout)) { bound.value.endIfUnconnected() }
        }
        // Keys for which the session waited on another event loop tell it there that they have come.
        if let auth = state.connecting {
            state.connecting = nil
            connectToRooms(auth) { [self] in connectAgain() }
        }
    }

    private func endIfUnconnected() {
        if state.namespaces.isEmpty, rooms == nil { close(.policy, reason: "the client did not connect to a namespace in time") }
    }

    func received(_ payload: ByteBuffer, isText: Bool) {
        do throws(MalformedPacket) {
            let packet = isText ? try state.assembler.take(text: payload) : try state.assembler.take(binary: payload)
            if let packet { try take(packet) }
        } catch {
            close(.protocolError, reason: error.message)
        }
    }

    func becameWritable() { rooms?.becameWritable() }
    func paused() { rooms?.pause() }

    func ended() {
        connectTimer?.cancel()
        connectTimer = nil
        leave()
        if let visit = state.visit, let loop { server.sessions.lose(visit, now: loop.now) }
        link = nil
    }

    func detach() -> DetachedApplication {
        connectTimer?.cancel()
        connectTimer = nil
        link = nil
        defer { rooms = nil }
        return .socket(Detached(state: state, rooms: rooms?.detach()))
    }

    private func leave() {
        rooms?.ended()
        rooms = nil
    }

    // MARK: Packets

    private func take(_ packet: SocketPacket) throws(MalformedPacket) {
        switch packet.kind {
        case .connect: return try connect(packet)
        case .disconnect: return disconnect(packet.namespace)
        case .event, .binaryEvent, .ack, .binaryAck, .connectError: break
        }
        guard state.namespaces.contains(packet.namespace) else {
            throw MalformedPacket("the client is not connected to the namespace")
        }
        if let event = packet.event { try take(event.name, packet) }
    }

    func send(_ packet: SocketPacket) { for part in packet.enginePackets { link?.send(part) } }

    private func disconnect(_ namespace: String) {
        state.namespaces.remove(namespace)
        guard namespace == SocketPacket.mainNamespace else { return }
        leave()
        state.returning = nil
        forgetVisit()
    }

    private func forgetVisit() {
        if let visit = state.visit { server.sessions.forget(visit.pid) }
        state.visit = nil
    }

    // MARK: Connecting

    private func connect(_ packet: SocketPacket) throws(MalformedPacket) {
        let isMain = packet.namespace == SocketPacket.mainNamespace
        guard isMain || (server.configuration.conformance && packet.namespace == Self.conformanceNamespace) else {
            return refuse(packet.namespace, "Invalid namespace")
        }
        guard !state.namespaces.contains(packet.namespace), state.returning == nil, state.connecting == nil || !isMain else {
            throw MalformedPacket("the client is connected to the namespace already")
        }
        if isMain {
            connectToRooms(packet.data) { [self] in connectAgain() }
        } else {
            state.namespaces.insert(packet.namespace)
            answerConnect(packet.namespace)
        }
        if server.configuration.conformance { send(.event("auth", [packet.data ?? [:]], in: packet.namespace)) }
    }

    private static let conformanceNamespace = "/custom"

    private func refuse(_ namespace: String, _ message: String, code: ErrorCode? = nil) {
        let details: JSONValue = code.map { ["data": ["code": .string($0.rawValue)]] } ?? [:]
        send(SocketPacket(kind: .connectError, namespace: namespace, data: ["message": .string(message)] + details))
    }

    private func connectAgain() {
        guard let auth = state.connecting, link != nil else { return }
        state.connecting = nil
        connectToRooms(auth, afterKeys: nil)
    }

    /// Connects the client to the main namespace, with the rights of its token. If keys have to be fetched for it, `again` is called once
    /// they have come or have not.
    private func connectToRooms(_ auth: JSONValue?, afterKeys again: (() -> Void)?) {
        guard let link, let loop, let shard = server.hub.shard(of: loop) else { return }
        let rooms = RoomSession(access: state.access)
        if let token = auth?["token"]?.string {
            do { try rooms.renew(token, afterKeys: nil) {} } catch {
                if let again, error.awaitsKeys, state.access.authenticator.askForKeys(on: loop, then: again) {
                    return state.connecting = auth
                }
                server.hub.metrics.refusedToken()
                return refuse(SocketPacket.mainNamespace, error.message, code: .unauthenticated)
            }
        }
        guard !rooms.access.isWaiting else {
            return refuse(
                SocketPacket.mainNamespace, "this server asks everybody for a token: give it as auth.token", code: .unauthenticated)
        }
        self.rooms = rooms
        rooms.opened(self, connection: link.connection, on: shard)
        enter(rooms, auth, on: shard)
        rooms.watchAccess()
    }

    private func enter(_ rooms: RoomSession, _ auth: JSONValue?, on shard: HubShard) {
        let offset = auth?["offset"]?.string.map { JournalPosition($0) ?? JournalPosition(epoch: "", seq: 0) }
        guard let pid = auth?["pid"]?.string, !server.configuration.conformance else {
            connected(on: shard)
            return rooms.enter()
        }
        guard let known = server.sessions.comeBack(pid, now: shard.loop.now) else {
            // The client was away for too long, or was never here. Its rooms are not known.
            state.returning = []
            return rooms.enter(since: nil, snapshot: true, seen: offset)
        }
        state.visit = known.visit
        state.returning = known.session.rooms
        let begin = JournalPosition(epoch: shard.epoch, seq: known.session.seq)
        rooms.enter(since: offset ?? begin, snapshot: false)
    }

    /// Tells a client that comes back whether it is recovered, and brings it back into its rooms.
    func returned(recovered: Bool) {
        guard let names = state.returning, let rooms, let loop, let shard = server.hub.shard(of: loop) else { return }
        state.returning = nil
        if recovered {
            connected(on: shard)
            let since = rooms.sentPosition
            for name in names {
                // A room that is gone, or that the client's token does not allow any more, is left.
                try? rooms.join(name, since: JournalPosition(epoch: shard.epoch, seq: since))
            }
        } else {
            forgetVisit()
            connected(on: shard)
        }
    }

    /// The client is connected to the main namespace. Without a visit, its visit begins.
    private func connected(on shard: HubShard) {
        state.namespaces.insert(SocketPacket.mainNamespace)
        connectTimer?.cancel()
        connectTimer = nil
        if !server.configuration.conformance {
            state.visit = state.visit ?? server.sessions.begin(at: shard.head, now: shard.loop.now)
        }
        answerConnect(SocketPacket.mainNamespace, pid: state.visit?.pid)
    }

    private func answerConnect(_ namespace: String, pid: String? = nil) {
        let recovery: JSONValue = pid.map { ["pid": .string($0)] } ?? [:]
        send(
            SocketPacket(
                kind: .connect, namespace: namespace, data: ["sid": .string(EngineHandshake.newID())] + recovery))
    }
}
