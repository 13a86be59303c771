import EtcdLog
import PipelineHost
import TallywireCommands

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
            throw failure(error, cluster)
        } catch {
            await log.shutdown()
            throw error
        }
        await log.shutdown()
    }

    /// What is told of an error of etcd, with `more` on a line of its own.
    static func failure(_ error: EtcdError, _ cluster: ClusterSettings, _ more: String? = nil) -> Failure {
        Failure("error: etcd (\(cluster.endpoints.joined(separator: ", "))): \(error)\(more.map { "\n\($0)" } ?? "")")
    }
}
