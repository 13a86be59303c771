import NIOCore
import TallywireCore
import TallywireEngine
import WebSocketServer

/// The rooms of one event loop's connections. All of it is used only on that loop: there are no locks.
package final class HubShard {
    /// Every open connection of the loop, also those of the echo endpoint.
    let connections: ConnectionLoop
    package let settings: RoomSettings
    package private(set) var directory: RoomDirectory
    package let metrics: HubMetrics
    /// Ends connections whose token is no longer good.
    let access: AccessWatch
    /// The identity of the journal.
    package private(set) var epoch: String
    /// What a position beyond ``head`` means.
    private(set) var ahead = AheadPolicy.anotherJournal
    /// Every event up to this `seq` was passed to the shard's sessions, and so will every later one.
    package private(set) var head: UInt64
    /// Connections and other clients of this loop.
    private var population = 0
    /// Clients without a connection of their own.
    private var visitors: [ObjectIdentifier: any HubVisitor] = [:]
    private var rooms: RoomTable<RoomSession>
    /// Sessions that read the journal themselves until they reach the position of the passes.
    private var catchingUp: [ObjectIdentifier: RoomSession] = [:]
    /// How those sessions read the journal; there once the sink has started.
    private(set) var recovery: Recovery?
    /// Whether pages or images that were read may still be kept.
    private var hasRead = false
    private var lastRead = NIODeadline.distantPast

    init(loop: any EventLoop, number: Int, hub: Hub, _ directory: RoomDirectory) {
        connections = ConnectionLoop(loop: loop, number: number, times: hub.times, counts: hub.metrics)
        settings = hub.settings
        self.directory = directory
        metrics = hub.metrics
        access = AccessWatch(loop: loop)
        epoch = ""
        head = 0
        rooms = RoomTable(directory)
        connections.observer = self
    }

    package var loop: any EventLoop { connections.loop }

    /// Counts one more client. `position` is the hub's. It is used only for the first client: a shard without clients gets no
    /// passes, so its own `head` is stale.
    func enter(epoch: String, ahead: AheadPolicy, position: UInt64, recovery: Recovery?) {
        if population == 0 {
            self.epoch = epoch
            self.ahead = ahead
            self.recovery = recovery
            head = position
        }
        population += 1
    }

    func exit() { population -= 1 }

    func add(_ visitor: any HubVisitor) { visitors[ObjectIdentifier(visitor)] = visitor }
    func remove(_ visitor: any HubVisitor) { visitors[ObjectIdentifier(visitor)] = nil }

    /// Ends the clients without a connection, since the server ends.
    func endVisitors() { for visitor in visitors.values { visitor.goAway() } }

    // MARK: Rooms

    func enter(_ session: RoomSession) { rooms.add(session, isAdmin: session.access.isAdmin) }
    func changeRole(_ session: RoomSession) { rooms.setAdmin(session.access.isAdmin, session) }
    func exit(_ session: RoomSession) { rooms.remove(session) }
    func leave(_ session: RoomSession, _ room: Room) { rooms.leave(session, room) }

    /// Joins a room again in which the session was on another event loop.
    func enter(_ session: RoomSession, _ room: Room) { rooms.join(session, room) }

    func join(_ session: RoomSession, _ room: Room) {
        if rooms.join(session, room) { metrics.joined() }
    }

    func track(_ session: RoomSession, adding new: Set<FollowedRoom> = [], removing old: Set<FollowedRoom> = []) {
        rooms.track(session, adding: new, removing: old)
    }

    /// Goes on with other rooms.
    func change(to directory: RoomDirectory, _ recovery: Recovery?) {
        self.directory = directory
        self.recovery = recovery
        for session in rooms.change(to: directory, isAdmin: { $0.access.isAdmin }) { session.followRooms() }
    }

    // MARK: Catching up

    func beginCatchUp(_ session: RoomSession) {
        hasRead = true
        if catchingUp.updateValue(session, forKey: ObjectIdentifier(session)) == nil { metrics.catchingUp(1) }
    }

    func endCatchUp(_ session: RoomSession) {
        if catchingUp.removeValue(forKey: ObjectIdentifier(session)) != nil { metrics.catchingUp(-1) }
    }

    /// Sends a pass to every session that gets some of it.
    func take(_ pass: Pass) {
        head = pass.last
        observeAge(of: pass)
        // A send that fails closes its channel at once, which takes the member out of `rooms`. Iterating over the copy is safe.
        let table = rooms
        let tally = table.deliver(pass)
        metrics.delivered(events: tally.events, sends: tally.sends, bytes: tally.bytes)
        for session in catchingUp.values { session.advance() }
    }

    /// Records the age of the pass's first event for each room with a name that has a member here.
    private func observeAge(of pass: Pass) {
        guard let first = pass.committed, let now = recovery?.now() else { return }
        let seconds = Double(max(0, now.milliseconds - first.milliseconds)) / 1000
        metrics.observe(age: seconds, of: rooms.occupiedRooms)
    }
}

extension HubShard: ConnectionLoopObserver {
    /// How long pages and images stay in memory after the last session has caught up, for sessions that come next.
    private static let keepsRead = TimeAmount.seconds(2)

    package func clockTicked(_ now: NIODeadline) {
        if metrics.catchingUpNow > 0 { lastRead = now }
        if hasRead, now - lastRead > Self.keepsRead {
            hasRead = false
            recovery?.clear()
        }
        for session in catchingUp.values { session.closeIfImageIsRecalled() }
    }
}

/// A client of the hub without a connection of its own, such as one that polls. All calls come on the client's event loop.
package protocol HubVisitor: AnyObject {
    /// The server ends, and so does the client.
    func goAway()
}
