import ArgumentParser
import ClusterHTTP
import EtcdLog
import PipelineHost
import TallywireCluster
import TallywireCommands

struct ClusterStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say which nodes the cluster has, who leads, and how far each is.",
        discussion: """
            It asks etcd, and those nodes that do not report there, so that it can say whether they run and etcd does not answer them. Exits \
            with 1 if nobody leads, or if a member of etcd cannot be reached.
            """)

    @OptionGroup var configuration: ConfigurationOptions

    func run() async throws {
        try await ClusterLog.run(configuration) { log, cluster, settings in
            let silences = try NodeSilences(cluster)
            do {
                try await report(log, cluster, silences)
            } catch let error as EtcdError {
                // Other nodes cannot be asked: where they are is in etcd.
                let own = await silences.reason(of: cluster.node, at: cluster.address(in: settings))
                await silences.end()
                throw ClusterLog.failure(error, cluster, own)
            } catch {
                await silences.end()
                throw error
            }
            await silences.end()
        }
    }

    private func report(_ log: EtcdLog, _ cluster: ClusterSettings, _ silences: NodeSilences) async throws {
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
            let isAlive = report.isAlive(since: before)
            let role = report.node == leader ? "leader" : "follower"
            lines.append(
                "  \(report.node)  \(isAlive ? role : "silent")  entry \(report.applied)  \(report.version)  \(report.address)")
            if !isAlive { lines.append("    " + (await silences.reason(of: report.node, at: report.address))) }
        }
        let members = zip(cluster.endpoints, await log.probe()).map { line(of: $0, $1) }
        try Output.standard.print((lines + members.map(\.text)).joined(separator: "\n"))
        if leader == nil || members.contains(where: { !$0.isWell }) { throw ExitCode(1) }
    }

    private func line(of endpoint: String, _ member: Result<EtcdProbe, EtcdError>) -> (text: String, isWell: Bool) {
        switch member {
        case .success(let probe):
            let alarms = probe.alarms.isEmpty ? "" : "  \(probe.alarms.joined(separator: ", "))"
            return (
                "  etcd \(endpoint)  \(probe.version)  \(probe.databaseBytes >> 20) MiB\(alarms)",
                probe.hasLeader && probe.alarms.isEmpty
            )
        case .failure(let error):
            return ("  etcd \(endpoint)  \(error)", false)
        }
    }
}
