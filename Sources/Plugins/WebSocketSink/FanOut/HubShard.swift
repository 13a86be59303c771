import NIOCore
import TallywireCore

/// The connections of one event loop, and the rooms that they are in. All of it belongs to that loop: there are no locks.
final class HubShard {
    let loop: any EventLoop
    /// Its place among the shards of its hub.
    let number: Int
    let configuration: WebSocketConfiguration
    let directory: RoomDirectory
    let metrics: WebSocketMetrics
    /// Ends connections whose token is no longer good.
    let access: AccessWatch
    /// The identity of the journal.
    private(set) var epoch: String
    /// Everything up to this `seq` was sent to whoever it was for; whatever comes later will be.
    private(set) var head: UInt64
    private var rooms: RoomTable<RoomSession>
    /// Every open connection, also those that only echo.
    private var connections: [WebSocketConnection] = []
    private var clock: RepeatedTask?
    private var meter: StallMeter?
    private var wheel = TimingWheel()
    private var isDraining = false
    private var emptied: [EventLoopPromise<Void>] = []
    /// Sessions that read the journal by themselves until they are where the passes are.
    private var catchingUp: [ObjectIdentifier: RoomSession] = [:]
    /// What they read it with; there once the sink has started.
    private(set) var recovery: Recovery?
    /// Whether something may be kept of what was read.
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

    /// Takes a connection that has just been opened. `position` is where the hub stands; it counts only while nobody is here,
    /// since a shard without connections is left out of the passes.
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

    /// Forgets a connection that was closed.
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

    /// Closes all connections, spread over the time that is configured for it, and succeeds once they are gone, which the deadline of each
    /// one's close handshake bounds. Calling it again changes nothing.
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
            // Who came meanwhile was told at once.
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

    /// Sends a pass to everybody it is for.
    func take(_ pass: Pass) {
        head = pass.last
        observeAge(of: pass)
        // A send that fails closes its channel at once, which takes the member out of `rooms`. The copy keeps what is iterated.
        let table = rooms
        let tally = table.deliver(pass)
        metrics.delivered(events: tally.events, sends: tally.sends, bytes: tally.bytes)
        for session in catchingUp.values { session.advance() }
    }

    /// Notes how old the pass's first event is, for each room that has somebody here and gets something of it.
    private func observeAge(of pass: Pass) {
        guard let first = pass.committed, let now = recovery?.now() else { return }
        let seconds = Double(max(0, now.milliseconds - first.milliseconds)) / 1000
        metrics.observe(age: seconds, of: rooms.occupiedRooms)
    }

    // MARK: Time

    /// What was read for those who catch up is kept for the next ones so long after the last of them.
    private static let keepsRead = TimeAmount.seconds(2)

    /// Has `connection` looked at in so long, a tick more at most.
    func look(at connection: WebSocketConnection, in delay: TimeAmount) {
        let (ticks, rest) = delay.nanoseconds.quotientAndRemainder(dividingBy: period.nanoseconds)
        wheel.schedule(connection, after: Int(ticks) + (rest > 0 ? 1 : 0))
    }

    private var period: TimeAmount { .milliseconds(min(1000, max(5, configuration.pingInterval.wholeMilliseconds / 4))) }

    /// One clock for all connections of the loop, while there are any. It ticks often enough that a close or a silence is noticed within a
    /// second.
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
