import ArgumentParser
import TallywireCommands

struct ClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Prepare machines for a cluster, make it, look at it, and take a node out.",
        discussion: "Where the cluster is says “cluster” in plugins.json. See docs/CLUSTER.md.",
        subcommands: [ClientCommands.clusterEtcd, ClusterInit.self, ClusterStatus.self, ClusterRemove.self, ClusterRecover.self])
}
