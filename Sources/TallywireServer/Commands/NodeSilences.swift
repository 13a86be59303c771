import ClusterHTTP
import PipelineHost
import TallywireClient
import TallywireCommands

/// Why nodes do not report to etcd, as they say themselves.
struct NodeSilences {
    private let peers: PeerClient

    init(_ cluster: ClusterSettings) throws {
        do {
            peers = try PeerClient(cluster)
        } catch {
            throw Failure("error: cluster.tls: a file cannot be read as PEM: \(error)")
        }
    }

    /// Asks a node. Returns one line.
    func reason(of node: String, at address: String) async -> String {
        let status: PeerStatus
        do {
            status = try await peers.status(of: address)
        } catch {
            return "node \(node) does not answer at \(address): \(ConnectionProblem.text(error) ?? "\(error)")"
        }
        guard status.node == node else { return "at \(address) answers node \(status.node), and not node \(node)" }
        let seconds = Int(status.logSilenceSeconds)
        guard seconds >= Self.longestPause else { return "node \(node) runs, and etcd answers it: it reports in a moment" }
        return "etcd has not answered node \(node) for \(seconds) s: the node runs, and does not reach etcd"
    }

    /// How many seconds pass between two answers of etcd while it elects a leader.
    private static let longestPause = 3

    /// Closes all connections.
    func end() async {
        // What fails here is a connection that is gone.
        try? await peers.shutdown()
    }
}
