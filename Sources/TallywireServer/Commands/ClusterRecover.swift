import ArgumentParser
import PipelineHost
import TallywireCommands

struct ClusterRecover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Begin a new log with this node's journal, after etcd was lost or restored from a backup.",
        discussion: """
            Stop the servers of all nodes first. Then run the command on each node: it says how far the journal there is, and changes nothing. \
            Run it with --begin on the node whose journal is the longest. The cluster gets a new epoch, because events that only the log had \
            are missing: clients start anew, and the other nodes start with empty folders.
            """)

    @OptionGroup var configuration: ConfigurationOptions
    @Option(help: ArgumentHelp("The folder of the journal, instead of the one in journal.path.", valueName: "dir"))
    var data: String?
    @Flag(help: "Make this node's journal the beginning of the new log.") var begin = false
    @Flag(
        help: """
            Keep the epoch, so that clients go on where they were: only if this journal has every event that anybody was told of. Nodes \
            whose journals are no longer than this one keep them.
            """)
    var keepEpoch = false

    func validate() throws {
        if keepEpoch, !begin { throw ValidationError("--keep-epoch says how to --begin: give both") }
    }

    func run() async throws {
        try await ClusterLog.run(configuration) { log, cluster, settings in
            var settings = settings
            if let data { settings.setDataDirectory(data) }
            let recovery = try await Recovery(log, cluster, settings)
            try await recovery.checkLog()
            guard begin else { return try Output.standard.print(recovery.report) }
            try Output.standard.print(try await recovery.begin(keepingEpoch: keepEpoch))
        }
    }
}
