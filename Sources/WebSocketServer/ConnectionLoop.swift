import NIOCore
import TallywireCore

/// The WebSocket connections of one event loop: pings those that are due, ends those that were silent for too long, and closes all
/// at shutdown. Used only on that loop.
package final class ConnectionLoop {
    /// How often connections are looked at, and how they end.
    package struct Times: Sendable {
        /// How often a peer is pinged.
        package var pingInterval: Duration
        /// How long a peer may be silent.
        package var silence: Duration
        /// Over which time the connections are closed at shutdown.
        package var drain: Duration
        /// Within which time clients are asked to come back after a shutdown.
        package var returnWithin: Duration

        package init(pingInterval: Duration, silence: Duration, drain: Duration, returnWithin: Duration) {
            self.pingInterval = pingInterval
            self.silence = silence
            self.drain = drain
            self.returnWithin = returnWithin
        }
    }

    package let loop: any EventLoop
    /// The loop's number, for metrics.
    package let number: Int
    package let times: Times
    private let counts: any ConnectionCounts
    /// Called at each tick of the clock.
    package weak var observer: (any ConnectionLoopObserver)?
    private var connections: [WebSocketConnection] = []
    private var clock: RepeatedTask?
    private var meter: StallMeter?
    private var wheel = TimingWheel()
    private var isDraining = false
    private var emptied: [EventLoopPromise<Void>] = []

    package init(loop: any EventLoop, number: Int, times: Times, counts: any ConnectionCounts) {
        self.loop = loop
        self.number = number
        self.times = times
        self.counts = counts
    }

    package var isEmpty: Bool { connections.isEmpty }

    /// Adds a connection that was just opened.
    package func add(_ connection: WebSocketConnection) {
        connection.index = connections.count
        connections.append(connection)
        counts.opened()
        if clock == nil {
            startClock()
            counts.lag(of: number, .zero)
        }
        look(at: connection, in: TimeAmount(times.pingInterval))
    }

    /// Removes a connection that was closed.
    package func remove(_ connection: WebSocketConnection, code: CloseCode) {
        wheel.remove(connection)
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        counts.closed(code)
        guard connections.isEmpty else { return }
        clock?.cancel()
        clock = nil
        for promise in emptied { promise.succeed() }
        emptied = []
    }

    // MARK: Shutdown

    /// Closes all connections, spread over the configured time, and succeeds once they are gone. The deadline of each close
    /// handshake limits how long that takes. Another call changes nothing.
    @discardableResult
    package func drain() -> EventLoopFuture<Void> {
        guard !connections.isEmpty else { return loop.makeSucceededVoidFuture() }
        let promise = loop.makePromise(of: Void.self)
        emptied.append(promise)
        if !isDraining {
            isDraining = true
            let steps = max(1, times.drain.wholeMilliseconds / Self.drainStep.wholeMilliseconds)
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
        let bound = NIOLoopBound((self, rest: rest), eventLoop: loop)
        loop.scheduleTask(in: TimeAmount(Self.drainStep)) { bound.value.0.drain(bound.value.rest, share: share) }
    }

    // MARK: Time

    /// Schedules the next tick of `connection` after `delay`, at most one tick of the clock later.
    func look(at connection: WebSocketConnection, in delay: TimeAmount) {
        let (ticks, rest) = delay.nanoseconds.quotientAndRemainder(dividingBy: period.nanoseconds)
        wheel.schedule(connection, after: Int(ticks) + (rest > 0 ? 1 : 0))
    }

    private var period: TimeAmount { .milliseconds(min(1000, max(5, times.pingInterval.wholeMilliseconds / 4))) }

    /// One clock for all connections of the loop, while there are any. The clock ticks often enough that a close or a silence is
    /// noticed within a second.
    private func startClock() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        meter = StallMeter(period: period, now: loop.now)
        clock = loop.scheduleRepeatedTask(initialDelay: period, delay: period) { _ in bound.value.tick() }
    }

    private func tick() {
        let now = loop.now
        counts.lag(of: number, meter?.lateness(at: now) ?? .zero)
        if let stall = meter?.stall(at: now) { for connection in connections { connection.shortenSilence(by: stall) } }
        observer?.clockTicked(now)
        for connection in wheel.advance() {
            if let delay = connection.tick(now) { look(at: connection, in: delay) }
        }
    }
}

/// What follows the clock of a ``ConnectionLoop``, on its event loop.
package protocol ConnectionLoopObserver: AnyObject {
    func clockTicked(_ now: NIODeadline)
}

/// What counts the connections of all loops. Safe from any thread.
package protocol ConnectionCounts: Sendable {
    func opened()
    func closed(_ code: CloseCode)
    /// By how much the last tick of a loop's clock was late.
    func lag(of loop: Int, _ lag: TimeAmount)
}
