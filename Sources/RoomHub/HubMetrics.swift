import NIOCore
import Synchronization
import TallywirePipeline
import WebSocketServer

/// What a hub with its clients has counted since it was made. Safe from any thread.
public final class HubMetrics: Sendable {
    /// The counters at one moment.
    public struct Snapshot: Equatable, Sendable {
        /// Connections that are open now, and all connections so far.
        public var open = 0
        public var connections: UInt64 = 0
        /// Handshakes that were refused because the server was full or not ready.
        public var refused: UInt64 = 0
        public var joins: UInt64 = 0
        /// Events sent, counted once for each connection.
        public var events: UInt64 = 0
        /// Sends that carried events, each with one or more events for one connection, and their bytes.
        public var sends: UInt64 = 0
        public var bytes: UInt64 = 0
        /// Tokens in `auth` messages that were refused.
        public var refusedTokens: UInt64 = 0
        /// Messages of clients that were above the rate limit.
        public var limitedMessages: UInt64 = 0
        /// Of ``events``, those that a client had missed and got from the journal.
        public var replayed: UInt64 = 0
        /// Messages with values: pages of snapshots and of tracked items.
        public var values: UInt64 = 0
        /// Events that were merged into a later one of the same variant, for a client that reads slowly.
        public var merged: UInt64 = 0
        /// Connections with a backlog because their clients read slowly, and connections that catch up.
        public var behind = 0
        public var catchingUp = 0
        /// Connections that were closed with 1013 because the journal could not be read.
        public var failedRecoveries: UInt64 = 0
        /// Messages of clients that were answered with an error.
        public var errors: UInt64 = 0
        /// Seconds between the commit of a pass's first event and the pass, by the room's index in the configuration.
        public var ages: [Int: SinkMetric.Histogram] = [:]
        /// Seconds by which each event loop's last tick was late, by the loop's number. Loops are numbered in the order of their
        /// first connections.
        public var lags: [Int: Double] = [:]
        /// Connections that ended, by close code. 1006 counts those that broke without a close frame.
        public var closed: [UInt16: UInt64] = [:]

        public init() {}
    }

    private let open = Atomic(0)
    private let connections = Atomic<UInt64>(0)
    private let refused = Atomic<UInt64>(0)
    private let joins = Atomic<UInt64>(0)
    private let events = Atomic<UInt64>(0)
    private let sends = Atomic<UInt64>(0)
    private let bytes = Atomic<UInt64>(0)
    private let errors = Atomic<UInt64>(0)
    private let refusedTokens = Atomic<UInt64>(0)
    private let limitedMessages = Atomic<UInt64>(0)
    private let replayed = Atomic<UInt64>(0)
    private let values = Atomic<UInt64>(0)
    private let merged = Atomic<UInt64>(0)
    private let behind = Atomic(0)
    private let catchingUp = Atomic(0)
    private let failedRecoveries = Atomic<UInt64>(0)
    private let ages = Mutex<[Int: SinkMetric.Histogram]>([:])
    private let lags = Mutex<[Int: Double]>([:])
    private let closed = Mutex<[UInt16: UInt64]>([:])

    init() {}

    /// The counters now. They are read one by one, so sums of several can be off by what happens meanwhile.
    public var current: Snapshot {
        var snapshot = Snapshot()
        snapshot.open = open.load(ordering: .relaxed)
        snapshot.connections = connections.load(ordering: .relaxed)
        snapshot.refused = refused.load(ordering: .relaxed)
        snapshot.joins = joins.load(ordering: .relaxed)
        snapshot.events = events.load(ordering: .relaxed)
        snapshot.sends = sends.load(ordering: .relaxed)
        snapshot.bytes = bytes.load(ordering: .relaxed)
        snapshot.errors = errors.load(ordering: .relaxed)
        snapshot.refusedTokens = refusedTokens.load(ordering: .relaxed)
        snapshot.limitedMessages = limitedMessages.load(ordering: .relaxed)
        snapshot.replayed = replayed.load(ordering: .relaxed)
        snapshot.values = values.load(ordering: .relaxed)
        snapshot.merged = merged.load(ordering: .relaxed)
        snapshot.behind = behind.load(ordering: .relaxed)
        snapshot.catchingUp = catchingUp.load(ordering: .relaxed)
        snapshot.failedRecoveries = failedRecoveries.load(ordering: .relaxed)
        snapshot.ages = ages.withLock { $0 }
        snapshot.lags = lags.withLock { $0 }
        snapshot.closed = closed.withLock { $0 }
        return snapshot
    }

    /// A client that was counted goes on over a connection that is counted too.
    func moved() { open.wrappingSubtract(1, ordering: .relaxed) }

    /// Connections that are open now.
    var openNow: Int { open.load(ordering: .relaxed) }

    package func opened() {
        open.wrappingAdd(1, ordering: .relaxed)
        connections.wrappingAdd(1, ordering: .relaxed)
    }

    package func closed(_ code: CloseCode) {
        open.wrappingSubtract(1, ordering: .relaxed)
        closed.withLock { $0[code.rawValue, default: 0] += 1 }
    }

    package func refusedHandshake() { refused.wrappingAdd(1, ordering: .relaxed) }
    package func joined() { joins.wrappingAdd(1, ordering: .relaxed) }
    package func refusedToken() { refusedTokens.wrappingAdd(1, ordering: .relaxed) }
    package func limitedMessage() { limitedMessages.wrappingAdd(1, ordering: .relaxed) }
    package func answeredError() { errors.wrappingAdd(1, ordering: .relaxed) }

    /// Connections that read the journal now.
    var catchingUpNow: Int { catchingUp.load(ordering: .relaxed) }

    func observe(age seconds: Double, of rooms: [Int]) {
        guard !rooms.isEmpty else { return }
        ages.withLock { ages in
            for room in rooms { ages[room, default: SinkMetric.Histogram()].observe(seconds) }
        }
    }

    package func lag(of loop: Int, _ lag: TimeAmount) {
        lags.withLock { $0[loop] = Double(lag.nanoseconds) / 1e9 }
    }

    func merged(_ events: Int) { if events > 0 { merged.wrappingAdd(UInt64(events), ordering: .relaxed) } }
    func leftBehind(_ change: Int) { behind.wrappingAdd(change, ordering: .relaxed) }
    func catchingUp(_ change: Int) { catchingUp.wrappingAdd(change, ordering: .relaxed) }
    func failedRecovery() { failedRecoveries.wrappingAdd(1, ordering: .relaxed) }

    /// Counts a write of missed events.
    func replayed(events: Int, bytes: Int) {
        replayed.wrappingAdd(UInt64(events), ordering: .relaxed)
        delivered(events: events, sends: 1, bytes: bytes)
    }

    /// Counts a page of values.
    func sentValues(bytes: Int) {
        values.wrappingAdd(1, ordering: .relaxed)
        self.bytes.wrappingAdd(UInt64(bytes), ordering: .relaxed)
    }

    /// Counts a pass of one event loop.
    func delivered(events: Int, sends: Int, bytes: Int) {
        self.events.wrappingAdd(UInt64(events), ordering: .relaxed)
        self.sends.wrappingAdd(UInt64(sends), ordering: .relaxed)
        self.bytes.wrappingAdd(UInt64(bytes), ordering: .relaxed)
    }
}

extension HubMetrics: ConnectionCounts {}
