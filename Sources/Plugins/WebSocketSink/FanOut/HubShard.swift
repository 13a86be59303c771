import NIOCore
import TallywireCore

/// The connections of one event loop, and the rooms that they are in. All of it is used only on that loop: there are no locks.
final class HubShard {
    let loop: any EventLoop
    /// The shard's index in its hub.
    let number: Int
    let configuration: WebSocketConfiguration
    let directory: RoomDirectory
    let metrics: WebSocketMetrics
    /// Ends connections whose token is no longer good.
    let access: AccessWatch
    /// The identity of the journal.
    private(set) var epoch: String
    /// Every event up to this `seq` was passed to the shard's sessions, and so will every later one.
    private(set) var head: UInt64
    private var rooms: RoomTable<RoomSession>
    /// Every open connection, also those of the echo endpoint.
    private var connections: [WebSocketConnection] = []
    private var clock: RepeatedTask?
    private var meter: StallMeter?
    private var wheel = TimingWheel()
    private var isDraining = false
    private var emptied: [EventLoopPromise<Void>] = []
    /// Sessions that read the journal themselves until they reach the position of the passes.
    private var catchingUp: [ObjectIdentifier: RoomSession] = [:]
    /// How those sessions read the journal; there once the sink has started.
    private(set) var recovery: Recovery?
    /// Whether pages or images that were read may still be kept.
    private var hasRead = false
    private var lastRead = NIODeadline.distantPast

    init(
        loop: any EventLoop, number: Int, configuration: WebSocketConfiguration, directory: RoomDirectory,
        metrics: WebSocketMetrics
    ) {
        self.loop = loop
        self.number = number
        self.configuration = configuration
        self.directory = directory
        self.metrics = metrics
        access = AccessWatch(loop: loop)
        epoch = ""
        head = 0
        rooms = RoomTable(directory)
    }

    // MARK: Connections

    /// Adds a connection that was just opened. `position` is the hub's. It is used only for the first connection: a shard without
    /// connections gets no passes, so its own `head` is stale.
    func add(_ connection: WebSocketConnection, epoch: String, position: UInt64, recovery: Recovery?) {
        if connections.isEmpty {
            self.epoch = epoch
            self.recovery = recovery
            head = position
        }
        connection.index = connections.count
        connections.append(connection)
        metrics.opened()
        if clock == nil {
            startClock()
            metrics.lag(of: number, .zero)
        }
        look(at: connection, in: TimeAmount(configuration.pingInterval))
    }

    /// Removes a connection that was closed.
    func remove(_ connection: WebSocketConnection, code: CloseCode) {
        wheel.remove(connection)
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        metrics.closed(code)
        guard connections.isEmpty else { return }
        clock?.cancel()
        clock = nil
        for promise in emptied { promise.succeed() }
        emptied = []
    }

    /// Closes all connections, spread over the configured time, and succeeds once they are gone. The deadline of each close
    /// handshake limits how long that takes. Another call changes nothing.
    @discardableResult
    func drain() -> EventLoopFuture<Void> {
        guard !connections.isEmpty else { return loop.makeSucceededVoidFuture() }
        let promise = loop.makePromise(of: Void.self)
        emptied.append(promise)
        if !isDraining {
            isDraining = true
            let steps = max(1, configuration.drain.wholeMilliseconds / Self.drainStep.wholeMilliseconds)
            drain(connections[...], share: connections.count / Int(steps) + 1)
        }
        return promise.futureResult
    }

    private static let drainStep = Duration.milliseconds(20)

    private func drain(_ rest: ArraySlice<WebSocketConnection>, share: Int) {
        for connection in rest.prefix(share) { connection.goAway() }
        let rest = rest.dropFirst(share)
        guard !rest.isEmpty else {
            // A connection that came meanwhile was told at once.
            isDraining = false
            return
        }
        let bound = NIOLoopBound((shard: self, rest: rest), eventLoop: loop)
        loop.scheduleTask(in: TimeAmount(Self.drainStep)) { bound.value.shard.drain(bound.value.rest, share: share) }
    }

    // MARK: Rooms

    func enter(_ session: RoomSession) { rooms.add(session, isAdmin: session.access.isAdmin) }
    func changeRole(_ session: RoomSession) { rooms.setAdmin(session.access.isAdmin, session) }
    func exit(_ session: RoomSession) { rooms.remove(session) }
    func leave(_ session: RoomSession, _ room: Room) { rooms.leave(session, room) }

    func join(_ session: RoomSession, _ room: Room) {
        if rooms.join(session, room) { metrics.joined() }
    }

    func track(_ session: RoomSession, adding new: Set<FollowedRoom> = [], removing old: Set<FollowedRoom> = []) {
        rooms.track(session, adding: new, removing: old)
    }

    // MARK: Catching up

    func beginCatchUp(_ session: RoomSession) {
        catchingUp[ObjectIdentifier(session)] = session
        metrics.catchingUp(1)
        hasRead = true
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

    // MARK: Time

    /// How long pages and images stay in memory after the last session has caught up, for sessions that come next.
    private static let keepsRead = TimeAmount.seconds(2)

    /// Schedules the next tick of `connection` after `delay`, at most one tick of the clock later.
    func look(at connection: WebSocketConnection, in delay: TimeAmount) {
        let (ticks, rest) = delay.nanoseconds.quotientAndRemainder(dividingBy: period.nanoseconds)
        wheel.schedule(connection, after: Int(ticks) + (rest > 0 ? 1 : 0))
    }

    private var period: TimeAmount { .milliseconds(min(1000, max(5, configuration.pingInterval.wholeMilliseconds / 4))) }

    /// One clock for all connections of the loop, while there are any. The clock ticks often enough that a close or a silence is
    /// noticed within a second.
    private func startClock() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        meter = StallMeter(period: period, now: loop.now)
        clock = loop.scheduleRepeatedTask(initialDelay: period, delay: period) { _ in bound.value.tick() }
    }

    private func tick() {
        let now = loop.now
        let lateness = meter?.lateness(at: now) ?? .zero
        metrics.lag(of: number, lateness)
        if let stall = meter?.stall(at: now) { for connection in connections { connection.forgive(stall) } }
        if metrics.catchingUpNow > 0 { lastRead = now }
        if hasRead, now - lastRead > Self.keepsRead {
            hasRead = false
            recovery?.clear()
        }
        for session in catchingUp.values { session.letGoOfRecalled() }
        for connection in wheel.advance() {
            if let delay = connection.tick(now) { look(at: connection, in: delay) }
        }
    }
}
