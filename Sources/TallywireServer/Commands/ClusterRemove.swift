import ArgumentParser
import EtcdLog
import PipelineHost
import TallywireCluster
import TallywireCommands

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
