import EtcdLog
import Logging
import PipelineHost
import ServiceLifecycle
import TallywireCluster

/// Runs a node of a cluster, and what is placed at the leader while the node leads. It has the engine's place in the order of shutdown.
struct NodeService: Service {
    /// How long what runs at the leader may take to end before the next node takes over.
    static let handover: Duration = .milliseconds(100)

    /// How long a node may take to end in order. One that leads cannot while the log does not answer: then nobody can say what became of
    /// the commands under way.
    static let patience: Duration = .seconds(5)

    let node: ClusterNode
    let log: EtcdLog
    let pipeline: Pipeline
    let phase: Phase
    let logger: Logger

    private enum Part {
        case node, roles, shutdown, log
    }

    func run() async throws {
        await withTaskGroup(of: Part.self) { group in
            group.addTask {
                do { try await node.run() } catch { phase.fail(error) }
                return .node
            }
            group.addTask {
                for await leadership in node.leaderships { await follow(leadership) }
                return .roles
            }
            group.addTask {
                await shutDown()
                return .shutdown
            }
            group.addTask {
                await LogWatch.run(log, logger: logger)
                return .log
            }
            var hasEnded = false
            for await part in group {
                if part == .node { hasEnded = true }
                // What still waits for the node waits no longer.
                if hasEnded, phase.isStopping { group.cancelAll() }
            }
        }
    }

    private func shutDown() async {
        try? await gracefulShutdown()
        phase.stop()
        await pipeline.endLeading(within: Self.handover)
        pipeline.drain()
        await node.stop()
        do { try await Task.sleep(for: Self.patience) } catch { return }
        await node.abandon()
    }

    private func follow(_ leadership: Leadership?) async {
        await pipeline.endLeading(within: leadership == nil ? .zero : Self.handover)
        guard let leadership else { return }
        await pipeline.beginLeading(
            LeaderRole(gateway: leadership.gateway, journal: leadership.journal, isSure: { node.window.isOpen }))
    }
}
