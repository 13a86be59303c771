import HTTPEndpoints
import NIOCore
import NIOHTTP1
import TallywireAccess
import TallywireCore
import TallywireProtocol
import WebSocketServer

/// A connection that joins and leaves rooms and gets their events.
///
/// A session is in one of three states. *Live*: each pass of events goes straight to the socket. *Behind*: the client reads more
/// slowly than events come, so events wait in a ``Backlog``, merged. *Catching up*: the client was away or wants values first, so
/// the session reads the journal at the client's pace until it reaches the position of the passes; see ``CatchUpMachine``.
final class RoomSession: WebSocketSession, RoomMember {
    var membership = Membership()
    var access: SessionAccess
    /// What the client asked for in the query of its handshake, until that is done.
    private var greeting: Greeting?
    /// Session and connection refer to each other until the connection ends. A weak reference would cost a look-up at every send.
    private var connection: WebSocketConnection?
    private let hub: Hub
    private var shard: HubShard?
    /// Errors since the last message without one.
    private var errors = 0
    private var allowance: MessageAllowance
    /// Whether the session is in the table of its shard. It is not while the server waits for a token.
    private var hasEntered = false
    private var backlog: Backlog?
    private var catchUp = CatchUpMachine()
    /// Whether ``advance()`` is running further up the stack: a write may make the channel writable at once.
    private var isAdvancing = false

    init(_ request: UpgradeRequest, hub: Hub, messages: Rate, now: NIODeadline) {
        self.hub = hub
        greeting = Greeting(target: request.head.uri)
        access = SessionAccess(request, now: now)
        allowance = MessageAllowance(messages, at: now)
    }

    // MARK: WebSocketSession

    func opened(_ connection: WebSocketConnection, on loop: any EventLoop) {
        guard let shard = hub.shard(of: loop) else { return }
        self.connection = connection
        self.shard = shard
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        send(
            .welcome(
                ServerMessage.Welcome(
                    epoch: shard.epoch, seq: shard.head, connection: name, pingInterval: shard.configuration.pingInterval,
                    messageBytes: shard.configuration.limits.message)))
        if !access.isWaiting { begin(on: shard) }
        if isOpen { shard.access.add(self) }
    }

    /// Gets events from now on, and joins the rooms that the handshake's query names.
    private func begin(on shard: HubShard) {
        hasEntered = true
        shard.enter(self)
        catchUp.becomeIdle(context(shard))
        guard let greeting else { return }
        self.greeting = nil
        for mistake in greeting.mistakes { answer(.invalidMessage(mistake)) }
        for room in greeting.rooms.prefix(shard.configuration.limits.roomsPerConnection + 1) {
            do throws(ClientError) {
                try join(room, since: greeting.since, snapshot: greeting.snapshot, on: shard)
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

    func becameWritable() {
        if drain() { advance() }
    }

    func goingAway(comeBackAfter pause: Duration) { send(.goingAway(comeBackAfter: pause)) }

    func ended() {
        if backlog != nil { shard?.metrics.leftBehind(-1) }
        backlog = nil
        shard?.endCatchUp(self)
        catchUp.stop()
        shard?.access.remove(self)
        if hasEntered { shard?.exit(self) }
        hasEntered = false
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
        case .ping(let id): return send(.pong(id, seq: sentPosition))
        default: if access.isWaiting { throw .tokenNeeded }
        }
        switch message {
        case .join(let room, let since, let snapshot): try join(room, since: since, snapshot: snapshot, on: shard)
        case .leave(let name):
            guard let room = shard.directory.room(named: name) else { throw .unknownRoom(name) }
            leave(room, on: shard)
            send(.left(room: shard.directory.name(of: room)))
        case .track(let items): try track(items.rooms, on: shard)
        case .untrack(let items):
            untrack(items.rooms, on: shard)
            send(.untracked(items))
        case .auth, .ping: break
        }
    }

    private func answer(_ error: ClientError) {
        guard let shard else { return }
        errors += 1
        shard.metrics.answeredError()
        if errors > shard.configuration.limits.errorsPerConnection {
            connection?.close(.policy, reason: "too many errors in a row")
        } else {
            send(.error(code: error.code.rawValue, message: error.message))
        }
    }

    private func send(_ message: ServerMessage) {
        _ = connection?.send(.textFrame(message.json))
    }

    /// Whether the connection can still send.
    private var isOpen: Bool { connection != nil }

    private func close(_ code: CloseCode, reason: String) { connection?.close(code, reason: reason) }

    private func isWithinRate(_ shard: HubShard) -> Bool {
        let limits = shard.configuration.limits
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

    /// Everything up to this event was sent.
    private var sentPosition: UInt64 { backlog?.position ?? catchUp.position ?? shard?.head ?? 0 }

    // MARK: Events

    func take(_ parcel: Parcel) -> Bool {
        // Events that a session reads from the journal itself are not taken from a pass.
        guard let connection, catchUp.isLive else { return false }
        if backlog == nil, connection.isWritable { return connection.send(pieces: parcel.pieces) }
        hold(parcel)
        return false
    }

    /// Keeps events until the client has read the earlier ones.
    private func hold(_ parcel: Parcel) {
        guard let shard else { return }
        var backlog = self.backlog ?? Backlog(after: (parcel.pass.records.first?.seq ?? 1) - 1)
        if self.backlog == nil { shard.metrics.leftBehind(1) }
        self.backlog = nil
        var merged = 0
        for pick in parcel.picks {
            guard let json = parcel.pass.form(pick.form).json(pick.record) else { continue }
            if backlog.add(json, parcel.pass.records[pick.record]) { merged += 1 }
        }
        shard.metrics.merged(merged)
        let limit = shard.configuration.limits.buffer
        let isTooMuch = backlog.unmergeableBytes > limit
        let isTooMany = backlog.indexBytes > limit
        self.backlog = backlog
        if isTooMuch {
            connection?.close(.tooSlow, reason: "alerts come faster than they are read")
        } else if isTooMany {
            // So many variants change that reading the journal again costs less memory than the backlog.
            chooseAnew(on: shard)
        }
    }

    /// Drops the backlog and reads its events from the journal again, at the client's pace. Called when rights and rooms have
    /// changed or the backlog is too large: each event is then judged by what the connection may see when the event is sent.
    ///
    /// Nothing is lost and nothing comes twice: ``Unsent`` says which events were sent.
    private func chooseAnew(on shard: HubShard) {
        guard let backlog else { return }
        self.backlog = nil
        shard.metrics.leftBehind(-1)
        if let unsent = backlog.unsent { carryOut(catchUp.reopen(unsent), on: shard) }
    }

    /// Sends the backlog as far as the client reads. Returns whether the backlog is empty.
    private func drain() -> Bool {
        while backlog != nil, let connection, let shard, connection.isWritable {
            guard let (frames, events) = backlog?.next(bytes: Self.portion) else {
                backlog = nil
                shard.metrics.leftBehind(-1)
                break
            }
            if connection.send(frames) { shard.metrics.delivered(events: events, sends: 1, bytes: frames.readableBytes) }
        }
        return backlog == nil
    }

    /// The bytes of the backlog in one write.
    private static let portion = 16 * 1024
}

/// How tokens change a session.
extension RoomSession {
    /// Refuses a room that this client may not join.
    private func checkAccess(to room: Room, _ name: String, on shard: HubShard) throws(ClientError) {
        if access.isWaiting { throw .tokenNeeded }
        let role = shard.directory.role(of: room)
        guard access.permits(role) else { throw .forbidden(room: name, role: role) }
    }

    /// Takes the token of an `auth` message, the first one or a newer one, and leaves the rooms that the token does not allow.
    private func authenticate(_ token: String, on shard: HubShard) throws(ClientError) {
        let hadToWait = access.isWaiting
        // The watch has counted the session by its old access.
        shard.access.remove(self)
        defer { if isOpen { shard.access.add(self) } }
        do {
            try access.renew(token)
        } catch {
            shard.metrics.refusedToken()
            throw .unauthenticated(error)
        }
        if let principal = access.principal { send(.authenticated(ServerMessage.Authenticated(principal))) }
        if hadToWait { return begin(on: shard) }
        let view = membership.followedView
        shard.changeRole(self)
        if membership.followedView != view {
            // The backlog was chosen by the client's old rights.
            chooseAnew(on: shard)
            catchUp.readFollowedAgain()
        }
        for room in membership.rooms where !access.permits(shard.directory.role(of: room)) {
            leave(room, on: shard)
            send(.left(room: shard.directory.name(of: room), because: ErrorCode.forbidden.rawValue))
        }
        advance()
    }

    /// Ends the connection if its token has expired, its key was withdrawn, or no token came in time.
    func endIfTokenEnded(now: NIODeadline) {
        guard case .ends(let reason) = access.check(now: now) else { return }
        close(.tokenExpired, reason: reason)
    }
}

/// The rooms and items of a session, and how it catches up.
extension RoomSession {
    private func join(_ name: String, since: JournalPosition?, snapshot: Bool, on shard: HubShard) throws(ClientError) {
        guard let room = shard.directory.room(named: name) else { throw .unknownRoom(name) }
        // Replies use the one form of the name, whichever form the client used.
        let name = shard.directory.name(of: room)
        try checkAccess(to: room, name, on: shard)
        let limit = shard.configuration.limits.roomsPerConnection
        let (wasIn, wasIdle) = (membership.rooms.contains(room), membership.isIdle)
        guard wasIn || membership.rooms.count < limit else { throw .tooManyRooms(limit) }
        shard.join(self, room)
        let actions = catchUp.join(
            CatchUp.RoomName(room: room, name: name), wasIn: wasIn, wasIdle: wasIdle, since: since, snapshot: snapshot,
            context(shard))
        carryOut(actions, on: shard)
        advance()
    }

    private func leave(_ room: Room, on shard: HubShard) {
        guard membership.rooms.contains(room) else { return }
        chooseAnew(on: shard)
        shard.leave(self, room)
        catchUp.leave(room, context(shard))
        advance()
    }

    private func track(_ items: [FollowedRoom], on shard: HubShard) throws(ClientError) {
        let new = Set(items)
        let limit = shard.configuration.limits.trackedPerConnection
        guard membership.tracked.union(new).count <= limit else { throw .tooManyTracked(limit) }
        let wasIdle = membership.isIdle
        shard.track(self, adding: new)
        carryOut(catchUp.track(new, wasIdle: wasIdle, context(shard)), on: shard)
        advance()
    }

    private func untrack(_ items: [FollowedRoom], on shard: HubShard) {
        guard !membership.tracked.isDisjoint(with: items) else { return }
        chooseAnew(on: shard)
        let items = Set(items)
        shard.track(self, removing: items)
        catchUp.untrack(items, context(shard))
        advance()
    }

    private func context(_ shard: HubShard) -> CatchUpMachine.Context {
        CatchUpMachine.Context(
            epoch: shard.epoch, head: shard.head, directory: shard.directory, membership: membership,
            trackedLimit: shard.configuration.limits.trackedPerConnection)
    }

    /// Does every step of catching up that is possible now, until the client has enough to read or the journal has to be read. Has
    /// to be called again after that.
    func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        while catchUp.isReadyForStep, let shard, let connection, connection.isWritable, drain() {
            let step = catchUp.next(context(shard)) { shard.recovery?.pages.page(after: $0, head: shard.head) }
            switch step {
            case .act(let actions): carryOut(actions, on: shard)
            case .read(let read, let number): self.read(read, number, on: shard)
            case nil: return
            }
        }
    }

    /// Reads off the event loop and then continues on it.
    private func read(_ read: CatchUpMachine.Read, _ number: Int, on shard: HubShard) {
        guard let recovery = shard.recovery else { return carryOut([.fail], on: shard) }
        let image: EventLoopFuture<FreshImage?> =
            switch read {
            case .page(let seq): recovery.pages.load(after: seq, head: shard.head, on: shard.loop).map { _ in nil }
            case .image(let need): recovery.images.image(need, on: shard.loop).map { $0 }
            case .selection(let items, let form): recovery.images.image(of: items, form: form, on: shard.loop).map { $0 }
            }
        image.assumeIsolated().whenComplete { [self] result in
            guard self.shard != nil else { return }
            carryOut(catchUp.endRead(number, result, context(shard)), on: shard)
            advance()
        }
    }

    private func carryOut(_ actions: [CatchUpMachine.Action], on shard: HubShard) {
        for action in actions {
            switch action {
            case .begin: shard.beginCatchUp(self)
            case .end: shard.endCatchUp(self)
            case .send(let message): send(message)
            case .sendItems(let message, let pieces, let isLast):
                let frames = message.frame(around: pieces, isLast: isLast)
                guard connection?.send(pieces: frames) == true else { continue }
                shard.metrics.sentValues(bytes: frames.reduce(0) { $0 + $1.readableBytes })
            case .sendEvents(let parcel):
                guard connection?.send(pieces: parcel.pieces) == true else { continue }
                shard.metrics.replayed(events: parcel.events, bytes: parcel.bytes)
            case .answer(let error): answer(error)
            case .fail:
                shard.metrics.failedRecovery()
                close(.tryLater, reason: "the journal cannot be read now; come back")
            }
        }
    }

    /// Closes the connection of a client that reads values so slowly that its image takes memory which others need.
    func closeIfImageIsRecalled() {
        if catchUp.holdsRecalledImage { close(.tooSlow, reason: "values are read too slowly; come back") }
    }
}
