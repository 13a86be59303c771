import ArgumentParser
import EtcdLog
import PipelineHost
import TallywireCluster
import TallywireCommands

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
