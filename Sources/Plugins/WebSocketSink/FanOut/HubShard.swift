import NIOCore

/// The connections of one event loop, and the rooms that they are in. All of it belongs to that loop: there are no locks.
final class HubShard {
    let loop: any EventLoop
    let configuration: WebSocketConfiguration
    let directory: RoomDirectory
    let metrics: WebSocketMetrics
    /// The identity of the journal.
    private(set) var epoch: String
    /// Everything up to this `seq` was sent to whoever it was for; whatever comes later will be.
    private(set) var head: UInt64
    private var rooms: RoomTable<RoomSession>
    /// Every open connection, also those that only echo.
    private var connections: [WebSocketConnection] = []
    private var clock: RepeatedTask?
    private var meter: StallMeter?
    private var emptied: [EventLoopPromise<Void>] = []
    /// Sessions that read the journal by themselves until they are where the passes are.
    private var catchingUp: [ObjectIdentifier: RoomSession] = [:]
    /// What they read it with; there once the sink has started.
    private(set) var recovery: Recovery?

    init(loop: any EventLoop, configuration: WebSocketConfiguration, directory: RoomDirectory, metrics: WebSocketMetrics) {
        self.loop = loop
        self.configuration = configuration
        self.directory = directory
        self.metrics = metrics
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
        if clock == nil { startClock() }
    }

    /// Forgets a connection that was closed.
    func remove(_ connection: WebSocketConnection, code: CloseCode) {
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

    /// Closes all connections and succeeds once they are gone, which the deadline of each one's close handshake bounds.
    func close(_ code: CloseCode, reason: String) -> EventLoopFuture<Void> {
        guard !connections.isEmpty else { return loop.makeSucceededVoidFuture() }
        let promise = loop.makePromise(of: Void.self)
        emptied.append(promise)
        for connection in connections { connection.close(code, reason: reason) }
        return promise.futureResult
    }

    // MARK: Rooms

    func enter(_ session: RoomSession) { rooms.add(session) }
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
    }

    func endCatchUp(_ session: RoomSession) {
        if catchingUp.removeValue(forKey: ObjectIdentifier(session)) != nil { metrics.catchingUp(-1) }
    }

    /// Sends a pass to everybody it is for.
    func take(_ pass: Pass) {
        head = pass.last
        // A send that fails closes its channel at once, which takes the member out of `rooms`. The copy keeps what is iterated.
        let table = rooms
        let tally = table.deliver(pass)
        metrics.delivered(events: tally.events, sends: tally.sends, bytes: tally.bytes)
        for session in catchingUp.values { session.advance() }
    }

    // MARK: Time

    /// One clock for all connections of the loop, while there are any: a timer each would cost more than looking at all. It
    /// ticks often enough that a close or a silence is noticed within a second.
    private func startClock() {
        let period = TimeAmount.milliseconds(min(1000, max(5, configuration.pingInterval.milliseconds / 4)))
        let bound = NIOLoopBound(self, eventLoop: loop)
        meter = StallMeter(period: period, now: loop.now)
        clock = loop.scheduleRepeatedTask(initialDelay: period, delay: period) { _ in bound.value.tick() }
    }

    private func tick() {
        let now = loop.now
        let stall = meter?.stall(at: now)
        for connection in connections {
            if let stall { connection.forgive(stall) }
            connection.tick(now)
        }
    }
}
