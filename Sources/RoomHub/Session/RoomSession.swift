import NIOCore
import TallywireAccess
import TallywireCore
import TallywireProtocol
import WebSocketServer

/// A client that joins and leaves rooms and gets their events, whatever protocol it speaks.
///
/// A session is in one of three states. *Live*: each pass of events goes straight to the client. *Behind*: the client reads more
/// slowly than events come, so events wait in a ``Backlog``, merged. *Catching up*: the client was away, wants values first, or is
/// paused, so the session reads the journal at the client's pace until it reaches the position of the passes; see
/// ``CatchUpMachine``.
package final class RoomSession: RoomMember {
    package var membership = Membership()
    package internal(set) var access: SessionAccess
    /// Session and client refer to each other until the client ends. A weak reference would cost a look-up at every send.
    private var client: (any RoomClient)?
    /// Where events go; `nil` for a client without a connection of its own.
    private var connection: WebSocketConnection?
    private var shard: HubShard?
    /// Whether the session is in the table of its shard. It is not while the server waits for a token.
    private var hasEntered = false
    private var backlog: Backlog?
    private var catchUp = CatchUpMachine()
    /// The rooms in which the session was on its last event loop.
    private var detachedRooms: [Room] = []
    /// Whether ``advance()`` is running further up the stack: a write may make the client writable at once.
    private var isAdvancing = false

    package init(access: SessionAccess) { self.access = access }

    // MARK: Beginning and end

    /// The client can be sent something. `connection` is where its events go, if it has a connection of its own.
    package func opened(_ client: any RoomClient, connection: WebSocketConnection?, on shard: HubShard) {
        self.client = client
        self.connection = connection
        self.shard = shard
    }

    /// Watches the client's token from now on.
    package func watchAccess() { if isOpen { shard?.access.add(self) } }

    /// Gets events from now on.
    package func enter() {
        guard let shard else { return }
        enterTable(of: shard)
        catchUp.becomeIdle(context(shard))
    }

    /// Gets the events that everybody gets after those that the client missed since a position, or after the values. The client is
    /// told with a ``ServerMessage/joined(room:epoch:seq:recovered:)`` without a room.
    package func enter(since: JournalPosition?, snapshot: Bool) {
        guard let shard else { return }
        enterTable(of: shard)
        let everybody = CatchUp.RoomName(room: nil, name: nil)
        carryOut(
            catchUp.join(everybody, wasIn: false, wasIdle: false, since: since, snapshot: snapshot, context(shard)), on: shard)
        advance()
    }

    private func enterTable(of shard: HubShard) {
        hasEntered = true
        shard.enter(self)
    }

    /// The client takes nothing until ``becameWritable()``. Nothing is kept for it meanwhile but its position.
    package func pause() {
        guard let shard else { return }
        catchUp.pause(at: shard.head)
        shard.endCatchUp(self)
    }

    /// Leaves the event loop, and returns what is needed to go on, on another one.
    package func detach() -> Detached {
        pause()
        let rooms = membership.rooms
        leaveShard()
        client = nil
        catchUp.forgetRead()
        defer { catchUp.stop() }
        var access = access
        access.place = nil
        return Detached(access: access, rooms: rooms, catchUp: catchUp)
    }

    /// A session between two event loops.
    package struct Detached: Sendable {
        let access: SessionAccess
        let rooms: [Room]
        let catchUp: CatchUpMachine
    }

    package convenience init(_ detached: Detached) {
        self.init(access: detached.access)
        detachedRooms = detached.rooms
        catchUp = detached.catchUp
    }

    /// Goes on where the session was before ``detach()``.
    package func goOn() {
        guard let shard else { return }
        enterTable(of: shard)
        for room in detachedRooms { shard.enter(self, room) }
        detachedRooms = []
        shard.beginCatchUp(self)
        advance()
    }

    package func ended() {
        leaveShard()
        catchUp.stop()
        client = nil
    }

    private func leaveShard() {
        if backlog != nil { shard?.metrics.leftBehind(-1) }
        backlog = nil
        shard?.endCatchUp(self)
        shard?.access.remove(self)
        if hasEntered { shard?.exit(self) }
        hasEntered = false
        shard = nil
        connection = nil
    }

    /// Whether the client can still be sent something.
    package var isOpen: Bool { client != nil }

    private var isWritable: Bool { connection?.isWritable ?? client?.isWritable ?? false }

    private func send(pieces: [ByteBuffer]) -> Bool {
        if let connection { return connection.send(pieces: pieces) }
        return client?.send(pieces: pieces) ?? false
    }

    /// Everything up to this event was sent.
    package var sentPosition: UInt64 { backlog?.position ?? catchUp.position ?? shard?.head ?? 0 }

    /// Where in the journal the session reads; `nil` while it takes passes.
    package var readingPosition: UInt64? { catchUp.position }

    // MARK: Events

    package func take(_ parcel: Parcel) -> Bool {
        // Events that a session reads from the journal itself are not taken from a pass.
        guard catchUp.isLive else { return false }
        if let connection {
            if backlog == nil, connection.isWritable { return connection.send(pieces: parcel.pieces) }
            hold(parcel)
            return false
        }
        if let client, client.isWritable { return client.send(pieces: parcel.pieces) }
        // The client takes nothing now, and gets these events from the journal.
        catchUp.pause(at: (parcel.pass.records.first?.seq ?? 1) - 1)
        return false
    }

    /// Keeps events until the client has read the earlier ones.
    private func hold(_ parcel: Parcel) {
        guard let shard else { return }
        var backlog =
            self.backlog ?? Backlog(after: (parcel.pass.records.first?.seq ?? 1) - 1, encoding: parcel.pass.encoding)
        if self.backlog == nil { shard.metrics.leftBehind(1) }
        self.backlog = nil
        var merged = 0
        for pick in parcel.picks {
            guard let json = parcel.pass.form(pick.form).json(pick.record) else { continue }
            if backlog.add(json, parcel.pass.records[pick.record]) { merged += 1 }
        }
        shard.metrics.merged(merged)
        let limit = shard.settings.limits.buffer
        let isTooMuch = backlog.unmergeableBytes > limit
        let isTooMany = backlog.indexBytes > limit
        self.backlog = backlog
        if isTooMuch {
            client?.close(.tooSlow, reason: "alerts come faster than they are read")
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

    /// The client has read most of what waited, or takes something again after ``pause()``.
    package func becameWritable() {
        if !catchUp.isLive, hasEntered { shard?.beginCatchUp(self) }
        if drain() { advance() }
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

    /// Takes a client's token, the first one or a newer one. Calls `use` if the token is valid.
    package func renew(_ token: String, _ use: () -> Void) throws(AuthenticationFailure) {
        // The watch has counted the session by its old access.
        shard?.access.remove(self)
        defer { watchAccess() }
        do {
            try access.renew(token)
        } catch {
            shard?.metrics.refusedToken()
            throw error
        }
        use()
    }

    /// Follows the rights of a newer token: leaves the rooms that the token does not allow.
    package func followRights() {
        guard let shard else { return }
        let view = membership.followedView
        shard.changeRole(self)
        if membership.followedView != view {
            // The backlog was chosen by the client's old rights.
            chooseAnew(on: shard)
            catchUp.readFollowedAgain()
        }
        for room in membership.rooms where !access.permits(shard.directory.role(of: room)) {
            leave(room, on: shard)
            client?.send(.left(room: shard.directory.name(of: room), because: ErrorCode.forbidden.rawValue))
        }
        advance()
    }

    /// Ends the client if its token has expired, its key was withdrawn, or no token came in time.
    func endIfTokenEnded(now: NIODeadline) {
        guard case .ends(let reason) = access.check(now: now) else { return }
        client?.close(.tokenExpired, reason: reason)
    }
}

/// The rooms and items of a session, and how it catches up.
extension RoomSession {
    /// Joins a room, with what the client missed since a position or with the room's values first.
    package func join(_ name: String, since: JournalPosition? = nil, snapshot: Bool = false) throws(ClientError) {
        guard let shard else { return }
        guard let room = shard.directory.room(named: name) else { throw .unknownRoom(name) }
        // Replies use the one form of the name, whichever form the client used.
        let name = shard.directory.name(of: room)
        try checkAccess(to: room, name, on: shard)
        let limit = shard.settings.limits.roomsPerConnection
        let (wasIn, wasIdle) = (membership.rooms.contains(room), membership.isIdle)
        guard wasIn || membership.rooms.count < limit else { throw .tooManyRooms(limit) }
        shard.join(self, room)
        let actions = catchUp.join(
            CatchUp.RoomName(room: room, name: name), wasIn: wasIn, wasIdle: wasIdle, since: since, snapshot: snapshot,
            context(shard))
        carryOut(actions, on: shard)
        advance()
    }

    /// Leaves a room. Returns the one form of its name.
    package func leave(_ name: String) throws(ClientError) -> String {
        guard let shard, let room = shard.directory.room(named: name) else { throw .unknownRoom(name) }
        leave(room, on: shard)
        return shard.directory.name(of: room)
    }

    private func leave(_ room: Room, on shard: HubShard) {
        guard membership.rooms.contains(room) else { return }
        chooseAnew(on: shard)
        shard.leave(self, room)
        catchUp.leave(room, context(shard))
        advance()
    }

    package func track(_ items: [FollowedRoom]) throws(ClientError) {
        guard let shard else { return }
        let new = Set(items)
        let limit = shard.settings.limits.trackedPerConnection
        guard membership.tracked.union(new).count <= limit else { throw .tooManyTracked(limit) }
        let wasIdle = membership.isIdle
        shard.track(self, adding: new)
        carryOut(catchUp.track(new, wasIdle: wasIdle, context(shard)), on: shard)
        advance()
    }

    package func untrack(_ items: [FollowedRoom]) {
        guard let shard, !membership.tracked.isDisjoint(with: items) else { return }
        chooseAnew(on: shard)
        let items = Set(items)
        shard.track(self, removing: items)
        catchUp.untrack(items, context(shard))
        advance()
    }

    private func context(_ shard: HubShard) -> CatchUpMachine.Context {
        CatchUpMachine.Context(
            epoch: shard.epoch, head: shard.head, directory: shard.directory, membership: membership,
            trackedLimit: shard.settings.limits.trackedPerConnection)
    }

    /// Does every step of catching up that is possible now, until the client has enough to read or the journal has to be read. Has
    /// to be called again after that.
    package func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        while catchUp.isReadyForStep, let shard, isWritable, drain() {
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
            case .send(let message): client?.send(message)
            case .sendItems(let message, let pieces, let isLast):
                guard let bytes = client?.send(message, items: pieces, isLast: isLast) else { continue }
                shard.metrics.sentValues(bytes: bytes)
            case .sendEvents(let parcel):
                guard send(pieces: parcel.pieces) else { continue }
                shard.metrics.replayed(events: parcel.events, bytes: parcel.bytes)
            case .answer(let error): client?.answer(error)
            case .fail:
                shard.metrics.failedRecovery()
                client?.close(.tryLater, reason: "the journal cannot be read now; come back")
            }
        }
    }

    /// Closes the connection of a client that reads values so slowly that its image takes memory which others need.
    func closeIfImageIsRecalled() {
        if catchUp.holdsRecalledImage { client?.close(.tooSlow, reason: "values are read too slowly; come back") }
    }
}
