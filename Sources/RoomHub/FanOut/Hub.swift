import HTTPEndpoints
import NIOCore
import NIOHTTP1
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline
import WebSocketServer

/// Passes batches to all event loops that have connections. Safe from any thread.
///
/// The lock is taken once for each batch and each connection, never for a send.
package final class Hub: Sendable {
    package let settings: RoomSettings
    /// How often connections are looked at, and how they end.
    package let times: ConnectionLoop.Times
    package let metrics = HubMetrics()
    private let makeEncoding: @Sendable (_ epoch: String) -> EventEncoding
    private let state: Mutex<State>

    private struct State {
        var directory: RoomDirectory
        var context: SinkContext?
        var phase = Phase.waiting
        var epoch = ""
        var ahead = AheadPolicy.anotherJournal
        var encoding = EventEncoding.message
        var head: UInt64 = 0
        var recovery: Recovery?
        var shards: [Entry] = []
    }

    /// What the sink was told to do.
    package enum Phase {
        case waiting, running, stopping
    }

    /// A shard and the number of its connections. A shard is made when its event loop gets its first connection.
    private struct Entry {
        let loop: any EventLoop
        let shard: NIOLoopBound<HubShard>
        var connections = 0
    }

    /// - Parameters:
    ///   - encoding: how the protocol writes events of the journal with this epoch.
    ///   - keepsBroadcast: whether a client keeps getting the broadcast while it is in rooms.
    package init(
        _ settings: RoomSettings, times: ConnectionLoop.Times,
        encoding: @escaping @Sendable (_ epoch: String) -> EventEncoding = { _ in .message },
        keepsBroadcast: Bool = false
    ) {
        self.settings = settings
        self.times = times
        makeEncoding = encoding
        state = Mutex(State(directory: RoomDirectory(settings, keepsBroadcast: keepsBroadcast)))
    }

    /// The rooms as they are now.
    package var directory: RoomDirectory { state.withLock { $0.directory } }

    /// Where the journal was before it got its epoch.
    package var previous: JournalPosition? { state.withLock { $0.context?.previous } }

    package var phase: Phase { state.withLock { $0.phase } }

    /// Whether there is no room for another connection.
    var isFull: Bool { metrics.openNow >= settings.limits.connections }

    /// Starts the hub: `context` says which journal the batches are from, and which event came before them.
    package func start(_ context: SinkContext) {
        let encoding = makeEncoding(context.epoch)
        state.withLock { state in
            state.phase = .running
            state.context = context
            state.epoch = context.epoch
            state.ahead = context.ahead
            state.encoding = encoding
            state.head = context.head
            state.recovery = makeRecovery(context, state.directory, encoding)
        }
    }

    private func makeRecovery(_ context: SinkContext, _ directory: RoomDirectory, _ encoding: EventEncoding) -> Recovery {
        Recovery(context, audiences: directory.audiences, encoding: encoding, snapshotItems: settings.limits.snapshotItems)
    }

    /// Whether the hub can go on with these settings: nothing but rooms and broadcast differs.
    package func canChange(to settings: RoomSettings) -> Bool { settings.limits == self.settings.limits }

    /// Goes on with the rooms and the broadcast of `settings`. Clients stay connected, and stay in the rooms that are still there and
    /// admit them. Called between two deliveries.
    package func change(to settings: RoomSettings) async {
        let (shards, directory, recovery) = state.withLock { state in
            state.directory = RoomDirectory(
                settings, keepsBroadcast: state.directory.keepsBroadcast, after: state.directory)
            state.recovery = state.context.map { makeRecovery($0, state.directory, state.encoding) }
            return (state.shards, state.directory, state.recovery)
        }
        for shard in shards {
            // An event loop that was shut down has no clients.
            try? await shard.loop.submit { shard.shard.value.change(to: directory, recovery) }.get()
        }
    }

    /// The shard of an event loop that has a connection.
    package func shard(of loop: any EventLoop) -> HubShard? {
        state.withLock { state in state.shards.first { $0.loop === loop }?.shard }?.value
    }

    private func makeShard(on loop: any EventLoop, number: Int, _ directory: RoomDirectory) -> NIOLoopBound<HubShard> {
        NIOLoopBound(HubShard(loop: loop, number: number, hub: self, directory), eventLoop: loop)
    }

    /// Sends a batch, with one hop to each event loop, and returns once every loop has written it. Meanwhile the next events gather
    /// at the caller, so that passes grow with the load.
    package func deliver(_ batch: EventBatch) async {
        var rest = batch.records[...]
        while !rest.isEmpty {
            var bytes = 0
            let part = rest.prefix { record in
                defer { bytes += record.json.count }
                return bytes < Self.passBytes
            }
            rest = rest.dropFirst(part.count)
            await deliver(Array(part))
        }
    }

    /// About how many bytes one pass has. A connection that stalls keeps at most this much beside its backlog.
    private static let passBytes = 128 * 1024

    private func deliver(_ records: [EventEnvelope]) async {
        guard let last = records.last else { return }
        let (targets, audiences, encoding) = state.withLock { state in
            state.head = last.seq
            return (state.shards.filter { $0.connections > 0 }, state.directory.audiences, state.encoding)
        }
        guard !targets.isEmpty else { return }
        let pass = Pass(records, for: audiences, encoding)
        let passes = targets.map { target in target.loop.submit { target.shard.value.take(pass) } }
        for pass in passes {
            // The pass fails only if the event loop was shut down, and then no connection is left.
            try? await pass.get()
        }
    }

    /// Refuses new connections, closes all with 1001, and returns once they are gone.
    package func stop() async {
        let shards = state.withLock { state in
            state.phase = .stopping
            return state.shards
        }
        let closings = shards.map { entry in
            entry.loop.flatSubmit {
                entry.shard.value.endVisitors()
                return entry.shard.value.connections.drain()
            }
        }
        for closing in closings { try? await closing.get() }
        state.withLock { $0.recovery }?.clear()
    }
}

extension Hub {
    /// Counts one more client on an event loop and returns the loop's shard. Every batch is either within the position that the
    /// client is told, or is passed to that shard. Called on that loop.
    private func enter(_ loop: any EventLoop) -> (shard: HubShard, isStopping: Bool) {
        let (shard, epoch, ahead, head, recovery, phase) = state.withLock { state in
            let index = state.shards.firstIndex { $0.loop === loop }
            var entry =
                index.map { state.shards[$0] }
                ?? Entry(loop: loop, shard: makeShard(on: loop, number: state.shards.count, state.directory))
            entry.connections += 1
            if let index { state.shards[index] = entry } else { state.shards.append(entry) }
            return (entry.shard, state.epoch, state.ahead, state.head, state.recovery, state.phase)
        }
        shard.value.enter(epoch: epoch, ahead: ahead, position: head, recovery: recovery)
        return (shard.value, phase == .stopping)
    }

    /// Undoes ``enter(_:)``.
    private func exit(_ loop: any EventLoop) {
        shard(of: loop)?.exit()
        state.withLock { state in
            guard let index = state.shards.firstIndex(where: { $0.loop === loop }) else { return }
            state.shards[index].connections -= 1
        }
    }

    /// Adds a client that has no connection of its own, on its event loop. Returns whether the hub stops, so that the client has
    /// to end.
    package func open(_ visitor: any HubVisitor, on loop: any EventLoop) -> Bool {
        let (shard, isStopping) = enter(loop)
        shard.add(visitor)
        metrics.opened()
        return isStopping
    }

    /// Undoes ``open(_:on:)-visitor``. `code` says how the client ended; `nil` if it goes on over a connection.
    package func closed(_ visitor: any HubVisitor, on loop: any EventLoop, code: CloseCode?) {
        shard(of: loop)?.remove(visitor)
        exit(loop)
        if let code { metrics.closed(code) } else { metrics.moved() }
    }
}

extension Hub: WebSocketHost {
    package var tooSlow: CloseCode { .tooSlow }

    package func open(_ connection: WebSocketConnection, on loop: any EventLoop) -> (connections: ConnectionLoop, isStopping: Bool)
    {
        let (shard, isStopping) = enter(loop)
        shard.connections.add(connection)
        return (shard.connections, isStopping)
    }

    package func closed(_ connection: WebSocketConnection, on loop: any EventLoop, code: CloseCode) {
        shard(of: loop)?.connections.remove(connection, code: code)
        exit(loop)
    }

    /// Whether another connection is admitted.
    package var admission: UpgradeAdmission {
        switch phase {
        case .running where !isFull: return .accept([:])
        case .running:
            metrics.refusedHandshake()
            return .refuse(.serviceUnavailable, code: "overloaded", message: "all connections are taken; try again later")
        case .waiting, .stopping:
            metrics.refusedHandshake()
            return .refuse(.serviceUnavailable, code: "unavailable", message: "the rooms are not open; try again later")
        }
    }
}
