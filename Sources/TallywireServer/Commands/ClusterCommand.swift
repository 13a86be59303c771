import ArgumentParser
import EtcdLog
import Foundation
import Logging
import PipelineHost
import SQLiteJournal
import TallywireCluster
import TallywireCommands
import TallywireCore
import TallywireEngine
import TallywirePipeline

struct ClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Prepare machines for a cluster, make it, look at it, and take a node out.",
        discussion: "Where the cluster is says “cluster” in plugins.json. See docs/CLUSTER.md.",
        subcommands: [ClientCommands.clusterEtcd, ClusterInit.self, ClusterStatus.self, ClusterRemove.self, ClusterRecover.self])
}

/// What all commands of a cluster do: read `cluster` in plugins.json, and ask etcd.
enum ClusterLog {
    /// Runs `body` with the log of the cluster. Errors of etcd are told with its endpoints.
    static func run(
        _ configuration: ConfigurationOptions, _ body: (EtcdLog, ClusterSettings, PipelineConfiguration) async throws -> Void
    ) async throws {
        let settings = try configuration.load()
        guard let cluster = settings.cluster else {
            throw Failure("error: \(configuration.plugins) has no “cluster”, so this server is by itself. See docs/CLUSTER.md")
        }
        let log: EtcdLog
        do { log = try EtcdLog(cluster.etcd) } catch { throw Failure("error: cluster: \(error)") }
        do {
            try await body(log, cluster, settings)
        } catch let error as EtcdError {
            await log.shutdown()
            throw Failure("error: etcd (\(cluster.endpoints.joined(separator: ", "))): \(error)")
        } catch {
            await log.shutdown()
            throw error
        }
        await log.shutdown()
    }
}

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

struct ClusterStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say which nodes the cluster has, who leads, and how far each is.",
        discussion: "It asks etcd, and no node. Exits with 1 if nobody leads, or if a member of etcd cannot be reached.")

    @OptionGroup var configuration: ConfigurationOptions

    func run() async throws {
        try await ClusterLog.run(configuration) { log, cluster, _ in
            guard let epoch = try await log.epoch() else {
                throw Failure("error: there is no cluster “\(cluster.site)” in etcd: `tallywire cluster init` makes one")
            }
            let sight = try await log.look()
            let before = try await log.nodes()
            // Who is alive counts its reports up.
            try await Task.sleep(for: NodeReport.twoReports)
            let after = try await log.nodes()
            let leader = sight.leader?.claim.node
            var lines = [
                "cluster \(cluster.site), epoch \(epoch), entry \(sight.head.index), event \(sight.head.seq)",
                leader.map { "leader \($0), term \(sight.leader?.term.number ?? 0)" } ?? "nobody leads",
            ]
            for report in after {
                let role = report.node == leader ? "leader" : "follower"
                lines.append(
                    "  \(report.node)  \(report.isAlive(since: before) ? role : "silent")  entry \(report.applied)  \(report.version)  \(report.address)"
                )
            }
            var isWhole = leader != nil
            for (endpoint, member) in zip(cluster.endpoints, await log.probe()) {
                switch member {
                case .success(let probe):
                    let alarms = probe.alarms.isEmpty ? "" : "  \(probe.alarms.joined(separator: ", "))"
                    lines.append("  etcd \(endpoint)  \(probe.version)  \(probe.databaseBytes >> 20) MiB\(alarms)")
                    if !probe.hasLeader || !probe.alarms.isEmpty { isWhole = false }
                case .failure(let error):
                    lines.append("  etcd \(endpoint)  \(error)")
                    isWhole = false
                }
            }
            try Output.standard.print(lines.joined(separator: "\n"))
            if !isWhole { throw ExitCode(1) }
        }
    }
}

struct ClusterRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a node that does not come back, so that the log no longer waits for it.",
        discussion: "A node that runs reports again, and is there again. The journal of the node stays where it is.")

    @OptionGroup var configuration: ConfigurationOptions
    @Argument(help: "The name of the node.") var node: String

    func run() async throws {
        try await ClusterLog.run(configuration) { log, cluster, _ in
            let known = try await log.nodes().map(\.node)
            guard known.contains(node) else {
                throw Failure(
                    "error: the cluster “\(cluster.site)” has no node “\(node)”"
                        + (known.isEmpty ? "" : ", it has \(known.joined(separator: ", "))"))
            }
            try await log.remove(node: node)
            try Output.standard.print("The cluster “\(cluster.site)” has forgotten the node “\(node)”.")
        }
    }
}

extension NodeReport {
    /// For how long a node that runs is waited for until it has reported again.
    static let twoReports: Duration = .milliseconds(2_500)

    /// Whether the node has reported since all nodes reported `earlier`.
    func isAlive(since earlier: [NodeReport]) -> Bool {
        earlier.first { $0.node == node }.map { $0.beat != beat } ?? true
    }
}
