import Foundation
import ServiceLifecycle
import Synchronization
import TallywireEngine
import TallywirePipeline

/// How far the server is, for those who ask whether it is ready.
final class Phase: Sendable {
    private let stopping = Atomic(false)
    private let failure = Mutex<(any Error)?>(nil)

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    func stop() { stopping.store(true, ordering: .releasing) }

    /// The first error of what has no caller to throw to; the server ends with it.
    var error: (any Error)? { failure.withLock { $0 } }

    /// Keeps `error` and begins the shutdown, in the way in which everybody else does.
    func fail(_ error: any Error) {
        failure.withLock { $0 = $0 ?? error }
        kill(getpid(), SIGTERM)
    }
}

/// Runs the sources, and ends when they have answered what they had taken.
struct SourceService: Service {
    let pipeline: Pipeline

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await pipeline.runSources()
            // Without a source there is nothing to wait for but the end.
            try? await gracefulShutdown()
        }
    }
}

/// Holds the engine's place in the order of shutdown: when its turn comes, it decides what is waiting and closes the feed.
struct EngineService: Service {
    let engine: InventoryEngine
    let pipeline: Pipeline
    let phase: Phase

    func run() async throws {
        try? await gracefulShutdown()
        phase.stop()
        pipeline.drain()
        await engine.stop()
    }
}

/// Runs retention.
struct RetentionService: Service {
    let pipeline: Pipeline

    func run() async throws {
        await cancelWhenGracefulShutdown { await pipeline.runRetention() }
    }
}

/// Runs the sinks. They end by themselves once the feed is closed and read; what has not ended after `drain` is cancelled.
struct SinkService: Service {
    let pipeline: Pipeline
    let drain: Duration

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await pipeline.runSinks()
                // Without a sink, or with sinks that all gave up, the server goes on.
                try? await gracefulShutdown()
            }
            group.addTask {
                try? await gracefulShutdown()
                try? await Task.sleep(for: drain)
            }
            // Either the sinks are done, or their time is over.
            await group.next()
            group.cancelAll()
        }
    }
}
