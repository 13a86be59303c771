import Logging
import PipelineHost
import ServiceLifecycle
import TallywireCluster

/// Runs a node of a cluster, and what is placed at the leader while the node leads. It has the engine's place in the order of shutdown.
struct NodeService: Service {
    /// How long what runs at the leader may take to end before the next node takes over.
    static let handover: Duration = .milliseconds(200)

    let node: ClusterNode
    let pipeline: Pipeline
    let phase: Phase

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await node.run() } catch { phase.fail(error) }
            }
            group.addTask {
                for await leadership in node.leaderships { await follow(leadership) }
            }
            group.addTask {
                try? await gracefulShutdown()
                phase.stop()
                await pipeline.endLeading(within: Self.handover)
                pipeline.drain()
                await node.stop()
            }
            await group.waitForAll()
        }
    }

    private func follow(_ leadership: Leadership?) async {
        await pipeline.endLeading(within: leadership == nil ? .zero : Self.handover)
        guard let leadership else { return }
        await pipeline.beginLeading(LeaderRole(journal: leadership.journal, isSure: { node.window.isOpen }))
    }
}
