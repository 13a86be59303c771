import Foundation
import PipelineHost
import ServiceLifecycle
import Synchronization
import TallywireAuthentication
import TallywireEngine

/// The server's phase, for the readiness check.
final class Phase: Sendable {
    private let serving = Atomic(false)
    private let stopping = Atomic(false)
    private let failure = Mutex<(any Error)?>(nil)

    /// Whether every path that a sink serves has been opened, or could not be.
    var isServing: Bool { serving.load(ordering: .acquiring) }

    func serve() { serving.store(true, ordering: .releasing) }

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    func stop() { stopping.store(true, ordering: .releasing) }

    /// The first error of a service that has no caller to throw to. The server ends with it.
    var error: (any Error)? { failure.withLock { $0 } }

    /// Stores `error` and begins the shutdown, by the same signal as an operator.
    func fail(_ error: any Error) {
        failure.withLock { $0 = $0 ?? error }
        kill(getpid(), SIGTERM)
    }
}

/// Runs the sources, and ends when they have answered everything that they took.
struct SourceService: Service {
    let pipeline: Pipeline

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await pipeline.runSources()
            // Without a source there is nothing to do until the shutdown.
            try? await gracefulShutdown()
        }
    }
}

/// Represents the engine in the order of shutdown: in its turn, the engine decides the waiting commands and closes the feed.
struct EngineService: Service {
    let core: any InventoryCore
    let pipeline: Pipeline
    let phase: Phase

    func run() async throws {
        try? await gracefulShutdown()
        phase.stop()
        pipeline.drain()
        await core.stop()
    }
}

/// Fetches the keys that somebody else publishes, if there are such.
struct PublishedKeysService: Service {
    let keys: PublishedKeys?

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await keys?.run()
            // Without such keys there is nothing to do until the shutdown.
            try? await gracefulShutdown()
        }
    }
}

/// Runs retention.
struct RetentionService: Service {
    let pipeline: Pipeline

    func run() async throws {
        await cancelWhenGracefulShutdown { await pipeline.runRetention() }
    }
}

/// Runs the sinks. They end by themselves once the feed is closed and read. Sinks that have not ended after `drain` are cancelled.
struct SinkService: Service {
    let pipeline: Pipeline
    let drain: Duration

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await pipeline.runSinks()
                // Without a sink, or if all sinks have ended, the server continues.
                try? await gracefulShutdown()
            }
            group.addTask {
                try? await gracefulShutdown()
                try? await Task.sleep(for: drain)
            }
            // Either the sinks have ended, or their time is over.
            await group.next()
            group.cancelAll()
        }
    }
}
