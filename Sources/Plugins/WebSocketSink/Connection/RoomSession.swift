import NIOCore
import NIOHTTP1
import TallywirePipeline

/// A connection that joins and leaves rooms and gets their events.
final class RoomSession: WebSocketSession, RoomMember {
    var membership = Membership()
    var access: SessionAccess
    private let greeting: Greeting
    /// Both refer to each other until the connection ends; a weak reference would cost every send its look-up.
    private var connection: WebSocketConnection?
    private var shard: HubShard?
    /// Errors since the last message that was in order.
    private var errors = 0
    private var allowance: MessageAllowance
    /// Whether it is in the table of its shard. It is not while a token is waited for.
    private var hasEntered = false

    init(_ request: UpgradeRequest, messages: Rate, now: NIODeadline) {
        greeting = Greeting(target: request.head.uri)
        access = SessionAccess(request, now: now)
        allowance = MessageAllowance(messages, at: now)
    }

    // MARK: WebSocketSession

    func opened(_ connection: WebSocketConnection, on shard: HubShard) {
        self.connection = connection
        self.shard = shard
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        send(
            .welcome(
                epoch: shard.epoch, seq: shard.head, connection: name, pingInterval: shard.configuration.pingInterval))
        if !access.isWaiting { begin(on: shard) }
        if isOpen { shard.access.add(self) }
    }

    /// Gets events from now on, and joins the rooms of its address.
    func begin(on shard: HubShard) {
        hasEntered = true
        shard.enter(self)
        if greeting.hasBrokenSince { answer(.invalidMessage("\"since\" is not EPOCH:SEQ")) }
        for room in greeting.rooms.prefix(shard.configuration.limits.roomsPerConnection + 1) {
            do throws(ClientError) {
                try join(room, since: greeting.since, on: shard)
            } catch {
                answer(error)
            }
        }
    }

    func received(_ payload: ByteBuffer, isText: Bool, from connection: WebSocketConnection) {
        guard let shard, isWithinRate(shard) else { return }
        do throws(ClientError) {
            guard isText else { throw .binary }
            try act(on: ClientMessage(payload.readableBytesView), on: shard)
            errors = 0
        } catch {
            answer(error)
        }
    }

    func ended() {
        shard?.access.remove(self)
        if hasEntered { shard?.exit(self) }
        hasEntered = false
        shard = nil
        connection = nil
    }

    // MARK: Messages

    private func act(on message: ClientMessage, on shard: HubShard) throws(ClientError) {
        switch message {
        case .auth(let token): try authenticate(token, on: shard)
        case .join(_, _, snapshot: true): throw .unsupported("snapshots")
        case .join(let room, let since, snapshot: false): try join(room, since: since, on: shard)
        case .leave(let name):
            guard let room = shard.directory.room(named: name) else { throw .unknownRoom(name) }
            if access.isWaiting { throw .tokenNeeded }
            shard.leave(self, room)
            send(.left(room: name))
        case .ping(let id): send(.pong(id, seq: shard.head))
        }
    }

    private func join(_ name: String, since: ClientMessage.Position?, on shard: HubShard) throws(ClientError) {
        guard let room = shard.directory.room(named: name) else { throw .unknownRoom(name) }
        try checkAccess(to: room, name, on: shard)
        let limit = shard.configuration.limits.roomsPerConnection
        guard membership.rooms.contains(room) || membership.rooms.count < limit else { throw .tooManyRooms(limit) }
        shard.join(self, room)
        // Without a replay, a client has missed nothing only if nothing happened since.
        let recovered = since.map { $0 == ClientMessage.Position(epoch: shard.epoch, seq: shard.head) }
        send(.joined(room: name, epoch: shard.epoch, seq: shard.head, recovered: recovered))
    }

    private func answer(_ error: ClientError) {
        guard let shard else { return }
        errors += 1
        shard.metrics.answeredError()
        if errors > shard.configuration.limits.errorsPerConnection {
            connection?.close(.policy, reason: "too many errors in a row")
        } else {
            send(.error(error))
        }
    }

    func send(_ message: ServerMessage) {
        _ = connection?.send(.textFrame(message.json))
    }

    /// Whether anything can be sent still.
    var isOpen: Bool { connection != nil }

    func close(_ code: CloseCode, reason: String) { connection?.close(code, reason: reason) }

    private func isWithinRate(_ shard: HubShard) -> Bool {
        let limits = shard.configuration.limits
        switch allowance.take(limits.messages, patience: limits.errorsPerConnection, at: shard.loop.now) {
        case .passes: return true
        case .refused:
            shard.metrics.limitedMessage()
            send(.error(.rateLimited(limits.messages)))
        case .keepsOn:
            shard.metrics.limitedMessage()
            close(.policy, reason: "too many messages")
        }
        return false
    }

    // MARK: RoomMember

    func send(_ frames: ByteBuffer, events: Int) -> Bool {
        connection?.send(frames) ?? false
    }

    func send(pieces: [ByteBuffer], events: Int) -> Bool {
        connection?.send(pieces: pieces) ?? false
    }
}
