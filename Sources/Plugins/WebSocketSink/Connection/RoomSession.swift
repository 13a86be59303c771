import NIOCore

/// A connection that joins and leaves rooms and gets their events.
final class RoomSession: WebSocketSession, RoomMember {
    var membership = Membership()
    private let greeting: Greeting
    /// Both refer to each other until the connection ends; a weak reference would cost every send its look-up.
    private var connection: WebSocketConnection?
    private var shard: HubShard?
    /// Errors since the last message that was in order.
    private var errors = 0

    init(greeting: Greeting) {
        self.greeting = greeting
    }

    // MARK: WebSocketSession

    func opened(_ connection: WebSocketConnection, on shard: HubShard) {
        self.connection = connection
        self.shard = shard
        shard.enter(self)
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        send(
            .welcome(
                epoch: shard.epoch, seq: shard.head, connection: name, pingInterval: shard.configuration.pingInterval))
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
        guard let shard else { return }
        do throws(ClientError) {
            guard isText else { throw .binary }
            try act(on: ClientMessage(payload.readableBytesView), on: shard)
            errors = 0
        } catch {
            answer(error)
        }
    }

    func ended() {
        shard?.exit(self)
        shard = nil
        connection = nil
    }

    // MARK: Messages

    private func act(on message: ClientMessage, on shard: HubShard) throws(ClientError) {
        switch message {
        case .join(_, _, snapshot: true): throw .unsupported("snapshots")
        case .join(let room, let since, snapshot: false): try join(room, since: since, on: shard)
        case .leave(let name):
            guard let room = shard.directory.room(named: name) else { throw .unknownRoom(name) }
            shard.leave(self, room)
            send(.left(room: name))
        case .ping(let id): send(.pong(id, seq: shard.head))
        }
    }

    private func join(_ name: String, since: ClientMessage.Position?, on shard: HubShard) throws(ClientError) {
        guard let room = shard.directory.room(named: name) else { throw .unknownRoom(name) }
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

    private func send(_ message: ServerMessage) {
        _ = connection?.send(.textFrame(message.json))
    }

    // MARK: RoomMember

    func send(_ frames: ByteBuffer, events: Int) -> Bool {
        connection?.send(frames) ?? false
    }

    func send(pieces: [ByteBuffer], events: Int) -> Bool {
        connection?.send(pieces: pieces) ?? false
    }
}
