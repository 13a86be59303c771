import HTTPEndpoints
import NIOCore
import NIOHTTP1
import RoomHub
import TallywireAccess
import TallywireCore
import TallywireProtocol
import WebSocketServer

/// A connection whose client sends and gets the messages of the `websocket` sink: JSON objects with a `type`.
final class MessageSession: WebSocketSession {
    private let hub: Hub
    let rooms: RoomSession
    /// The name of the node of a cluster that the client has reached.
    private let node: String?
    /// What the client asked for in the query of its handshake, until that is done.
    private var greeting: Greeting?
    /// Session and connection refer to each other until the connection ends.
    private var connection: WebSocketConnection?
    private var shard: HubShard?
    /// Errors since the last message without one.
    private var errors = 0
    /// How many tokens came in messages. Of two that wait for keys, the later counts.
    private var tokens = 0
    private var allowance: MessageAllowance

    init(_ request: UpgradeRequest, hub: Hub, now: NIODeadline) {
        self.hub = hub
        node = request.node
        greeting = Greeting(target: request.head.uri)
        rooms = RoomSession(access: SessionAccess(request, now: now))
        allowance = MessageAllowance(hub.settings.limits.messages, at: now)
    }

    // MARK: WebSocketSession

    func opened(_ connection: WebSocketConnection, on loop: any EventLoop) {
        guard let shard = hub.shard(of: loop) else { return }
        self.connection = connection
        self.shard = shard
        rooms.opened(self, connection: connection, on: shard)
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        send(
            .welcome(
                ServerMessage.Welcome(
                    epoch: shard.epoch, seq: shard.head, previous: hub.previous, connection: name,
                    pingInterval: hub.times.pingInterval,
                    messageBytes: shard.settings.limits.message, node: node)))
        if !rooms.access.isWaiting { begin(on: shard) }
        rooms.watchAccess()
    }

    /// Gets events from now on, and joins the rooms that the handshake's query names.
    private func begin(on shard: HubShard) {
        rooms.enter()
        guard let greeting else { return }
        self.greeting = nil
        for mistake in greeting.mistakes { answer(.invalidMessage(mistake)) }
        for room in greeting.rooms.prefix(shard.settings.limits.roomsPerConnection + 1) {
            do throws(ClientError) {
                try rooms.join(room, since: greeting.since, snapshot: greeting.snapshot)
            } catch {
                answer(error)
            }
        }
    }

    func received(_ payload: ByteBuffer, isText: Bool, from connection: WebSocketConnection) {
        guard let shard, isWithinRate(shard) else { return }
        do throws(ClientError) {
            guard isText else { throw .binary }
            try act(on: message(payload), on: shard)
            errors = 0
        } catch {
            answer(error)
        }
    }

    func answersPing() -> Bool { shard.map { isWithinRate($0) } ?? false }

    func becameWritable() { rooms.becameWritable() }

    func goingAway(comeBackAfter pause: Duration) { send(.goingAway(comeBackAfter: pause)) }

    func ended() {
        rooms.ended()
        shard = nil
        connection = nil
    }

    // MARK: Messages

    private func message(_ payload: ByteBuffer) throws(ClientError) -> ClientMessage {
        do throws(ClientMessage.Mistake) {
            return try ClientMessage(payload.readableBytesView)
        } catch {
            throw ClientError(error)
        }
    }

    private func act(on message: ClientMessage, on shard: HubShard) throws(ClientError) {
        switch message {
        case .auth(let token): return try authenticate(token, on: shard)
        case .ping(let id): return send(.pong(id, seq: rooms.sentPosition))
        default: if rooms.access.isWaiting { throw .tokenNeeded }
        }
        switch message {
        case .join(let room, let since, let snapshot): try rooms.join(room, since: since, snapshot: snapshot)
        case .leave(let name): send(.left(room: try rooms.leave(name)))
        case .track(let items): try rooms.track(items.rooms)
        case .untrack(let items):
            rooms.untrack(items.rooms)
            send(.untracked(items))
        case .auth, .ping: break
        }
    }

    /// Takes the token of an `auth` message, the first one or a newer one.
    private func authenticate(_ token: String, on shard: HubShard) throws(ClientError) {
        tokens += 1
        let number = tokens
        try authenticate(token, on: shard) { [self] in
            guard number == tokens, let shard = self.shard else { return }
            do throws(ClientError) { try authenticate(token, on: shard, afterKeys: nil) } catch { answer(error) }
        }
    }

    private func authenticate(_ token: String, on shard: HubShard, afterKeys again: (() -> Void)?) throws(ClientError) {
        let hadToWait = rooms.access.isWaiting
        do {
            try rooms.renew(token, afterKeys: again) {
                if let principal = rooms.access.principal { send(.authenticated(ServerMessage.Authenticated(principal))) }
                if hadToWait { begin(on: shard) } else { rooms.followRights() }
            }
        } catch {
            throw .unauthenticated(error)
        }
    }

    private func isWithinRate(_ shard: HubShard) -> Bool {
        let limits = shard.settings.limits
        switch allowance.take(limits.messages, refusalLimit: limits.errorsPerConnection, at: shard.loop.now) {
        case .passes: return true
        case .refused:
            shard.metrics.limitedMessage()
            send(.error(code: ErrorCode.rateLimited.rawValue, message: ClientError.rateLimited(limits.messages).message))
        case .keepsOn:
            shard.metrics.limitedMessage()
            close(.policy, reason: "too many messages")
        }
        return false
    }
}

extension MessageSession: RoomClient {
    var isWritable: Bool { connection?.isWritable ?? false }

    func send(pieces: [ByteBuffer]) -> Bool { connection?.send(pieces: pieces) ?? false }

    func send(_ message: ServerMessage) { _ = connection?.send(.textFrame(message.json)) }

    func send(_ page: ItemsPage, items: [ByteBuffer], isLast: Bool) -> Int? {
        let frames = page.frame(around: items, isLast: isLast)
        return send(pieces: frames) ? frames.reduce(0) { $0 + $1.readableBytes } : nil
    }

    func answer(_ error: ClientError) {
        guard let shard else { return }
        errors += 1
        shard.metrics.answeredError()
        if errors > shard.settings.limits.errorsPerConnection {
            close(.policy, reason: "too many errors in a row")
        } else {
            send(.error(code: error.code.rawValue, message: error.message))
        }
    }

    func close(_ code: CloseCode, reason: String) { connection?.close(code, reason: reason) }
}
