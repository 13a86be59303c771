import ArgumentParser
import EtcdLog
import Logging
import PipelineHost
import SQLiteJournal
import TallywireCluster
import TallywireCommands
import TallywireCore
import TallywireEngine
import TallywirePipeline

struct ClusterInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a cluster of this node's journal, or of a new one.",
        discussion: """
            For the first node, once. The journal keeps its epoch and its events, so clients go on where they were. The server must not run \
            meanwhile. All other nodes start with an empty folder, and copy a node that runs.
            """)

    @OptionGroup var configuration: ConfigurationOptions
    @Option(help: ArgumentHelp("The folder of the journal, instead of the one in journal.path.", valueName: "dir"))
    var data: String?

    func run() async throws {
        try await ClusterLog.run(configuration) { log, cluster, settings in
            var settings = settings
            if let data { settings.setDataDirectory(data) }
            if let epoch = try await log.epoch() {
                throw Failure(
                    "error: there is a cluster “\(cluster.site)” in etcd already, with the epoch \(epoch). A node joins it by itself when it starts with an empty folder"
                )
            }
            let journal = try SQLiteJournal(
                path: settings.journal.path,
                configuration: .init(
                    keepAnswers: settings.engineConfiguration.times.answers,
                    maximumAnswers: settings.journal.idempotency.maximum,
                    known: try settings.sinks.flatMap { try $0.witnesses() }))
            do {
                try refuseFollower(journal, cluster)
                // An engine makes the first location of a journal that is new.
                let engine = try InventoryEngine(journal: journal, logger: Logger(label: "tallywire"))
                let head = LogHead(index: try journal.applied(), seq: engine.feed.head)
                await engine.stop()
                try await keepPositions(of: settings, cluster, in: journal)
                guard try await log.create(epoch: journal.epoch, head: head) else {
                    throw Failure("error: somebody else has made a cluster “\(cluster.site)” at this moment")
                }
                try Output.standard.print(
                    """
                    The cluster “\(cluster.site)” begins with \(settings.journal.path), at event \(head.seq), epoch \(journal.epoch).
                    Start this node, and then the others with empty folders: each copies a node that runs.
                    """)
            } catch {
                try journal.close()
                throw error
            }
            try journal.close()
        }
    }

    /// A journal that has applied entries of a log may have less than the journal of another node.
    private func refuseFollower(_ journal: SQLiteJournal, _ cluster: ClusterSettings) throws {
        let index = try journal.applied()
        guard index > 0 else { return }
        throw Failure(
            "error: this journal has entry \(index) of a cluster's log, and etcd has no log of the cluster “\(cluster.site)”. If etcd was lost, "
                + "`tallywire cluster recover` begins a new log with the longest journal")
    }

    /// What runs on each node has positions of its own. Those of this node are the ones that the server had by itself.
    private func keepPositions(of settings: PipelineConfiguration, _ cluster: ClusterSettings, in journal: SQLiteJournal)
        async throws
    {
        let own = NodePositions(journal, node: cluster.node)
        for sink in settings.sinks where sink.placement == .each && sink.mode == .durable {
            if let position = try await journal.cursor(of: sink.name) { try await own.storeCursor(position, of: sink.name) }
        }
    }
}
