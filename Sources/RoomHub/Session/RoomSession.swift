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
    var client: (any RoomClient)?
    /// Where events go; `nil` for a client without a connection of its own.
    private var connection: WebSocketConnection?
    var shard: HubShard?
    /// Whether the session is in the table of its shard. It is not while the server waits for a token.
    private var hasEntered = false
    private var backlog: Backlog?
    var catchUp = CatchUpMachine()
    /// The rooms in which the session was on its last event loop.
    private var detachedRooms: [Room] = []
    /// Whether ``advance()`` is running further up the stack: a write may make the client writable at once.
    var isAdvancing = false

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
    /// told with a ``ServerMessage/joined(room:epoch:seq:recovered:)`` without a room. `seen` is the last event that the client has seen;
    /// nothing older is shown to it.
    package func enter(since: JournalPosition?, snapshot: Bool, seen: JournalPosition? = nil) {
        guard let shard else { return }
        enterTable(of: shard)
        let everybody = CatchUp.RoomName(room: nil, name: nil)
        carryOut(
            catchUp.join(everybody, wasIn: false, wasIdle: false, since: since, snapshot: snapshot, seen: seen, context(shard)),
            on: shard)
        limitWait(on: shard)
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
        leaveClosedRooms(on: shard)
        shard.beginCatchUp(self)
        limitWait(on: shard)
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

    var isWritable: Bool { connection?.isWritable ?? client?.isWritable ?? false }

    func send(pieces: [ByteBuffer]) -> Bool {
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
    func chooseAnew(on shard: HubShard) {
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
    func drain() -> Bool {
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
