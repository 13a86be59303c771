import HTTPEndpoints
import NIOCore
import NIOHTTP1
import Synchronization
import TallywireEngine
import TallywirePipeline
import WebSocketServer

/// Passes batches to all event loops that have connections. Safe from any thread.
///
/// The lock is taken once for each batch and each connection, never for a send.
final class Hub: Sendable {
    let configuration: WebSocketConfiguration
    let metrics = WebSocketMetrics()
    private let directory: RoomDirectory
    private let state = Mutex(State())

    private struct State {
        var phase = Phase.waiting
        var epoch = ""
        var head: UInt64 = 0
        var recovery: Recovery?
        var shards: [Entry] = []
    }

    /// What the sink was told to do.
    enum Phase {
        case waiting, running, stopping
    }

    /// A shard and the number of its connections. A shard is made when its event loop gets its first connection.
    private struct Entry {
        let loop: any EventLoop
        let shard: NIOLoopBound<HubShard>
        var connections = 0
    }

    init(_ configuration: WebSocketConfiguration) {
        self.configuration = configuration
        directory = RoomDirectory(configuration)
    }

    var phase: Phase { state.withLock { $0.phase } }

    /// Whether there is no room for another connection.
    var isFull: Bool { metrics.openNow >= configuration.limits.connections }

    /// Starts the hub: `context` says which journal the batches are from, and which event came before them.
    func start(_ context: SinkContext) {
        let recovery = Recovery(
            context, audiences: directory.audiences, snapshotItems: configuration.limits.snapshotItems)
        state.withLock { state in
            state.phase = .running
            state.epoch = context.epoch
            state.head = context.head
            state.recovery = recovery
        }
    }

    /// The shard of an event loop that has a connection.
    func shard(of loop: any EventLoop) -> HubShard? {
        state.withLock { state in state.shards.first { $0.loop === loop }?.shard }?.value
    }

    private func makeShard(on loop: any EventLoop, number: Int) -> NIOLoopBound<HubShard> {
        NIOLoopBound(
            HubShard(loop: loop, number: number, configuration: configuration, directory: directory, metrics: metrics),
            eventLoop: loop)
    }

    /// Sends a batch, with one hop to each event loop, and returns once every loop has written it. Meanwhile the next events gather
    /// at the caller, so that passes grow with the load.
    func deliver(_ batch: EventBatch) async {
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
        let targets = state.withLock { state in
            state.head = last.seq
            return state.shards.filter { $0.connections > 0 }
        }
        guard !targets.isEmpty else { return }
        let pass = Pass(records, for: directory.audiences)
        let passes = targets.map { target in target.loop.submit { target.shard.value.take(pass) } }
        for pass in passes {
            // The pass fails only if the event loop was shut down, and then no connection is left.
            try? await pass.get()
        }
    }

    /// Refuses new connections, closes all with 1001, and returns once they are gone.
    func stop() async {
        let shards = state.withLock { state in
            state.phase = .stopping
            return state.shards
        }
        let closings = shards.map { entry in
            entry.loop.flatSubmit { entry.shard.value.connections.drain() }
        }
        for closing in closings { try? await closing.get() }
        state.withLock { $0.recovery }?.clear()
    }
}

extension Hub: WebSocketHost {
    var tooSlow: CloseCode { .tooSlow }

    /// Every batch is either within the position that the connection is told, or is sent to its shard.
    func open(_ connection: WebSocketConnection, on loop: any EventLoop) -> (connections: ConnectionLoop, isStopping: Bool) {
        let (shard, epoch, head, recovery, phase) = state.withLock { state in
            let index = state.shards.firstIndex { $0.loop === loop }
            var entry = index.map { state.shards[$0] } ?? Entry(loop: loop, shard: makeShard(on: loop, number: state.shards.count))
            entry.connections += 1
            if let index { state.shards[index] = entry } else { state.shards.append(entry) }
            return (entry.shard, state.epoch, state.head, state.recovery, state.phase)
        }
        shard.value.add(connection, epoch: epoch, position: head, recovery: recovery)
        return (shard.value.connections, phase == .stopping)
    }

    func closed(_ connection: WebSocketConnection, on loop: any EventLoop, code: CloseCode) {
        shard(of: loop)?.connections.remove(connection, code: code)
        state.withLock { state in
            guard let index = state.shards.firstIndex(where: { $0.loop === loop }) else { return }
            state.shards[index].connections -= 1
        }
    }

    /// Whether another connection is admitted.
    var admission: UpgradeAdmission {
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
