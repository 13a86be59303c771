import ClusterHTTP
import EtcdLog
import PipelineHost
import SQLiteJournal
import TallywireCluster
import TallywireEngine
import TallywireHTTP

/// A server that is a node of a cluster.
struct NodeCore: InventoryCore {
    let node: ClusterNode
    let journal: SQLiteJournal
    let log: EtcdLog
    let peers: PeerClient
    let settings: ClusterSettings

    var gateway: any CommandGateway { node.gateway }
    var feed: Feed { node.feed }
    var writer: any WriterStatus { node }
    var ahead: AheadPolicy { .ofNodes }
    var member: (any ClusterMember)? { NodeMember(node: node, peers: peers, site: settings.site) }

    /// A node that has most of the log serves, also while nobody can reach the log: what it shows is true, and may be late.
    var problem: String? {
        let lag = node.lag
        guard lag > Self.readyLag else { return node.statistics.failure.map { "the journal cannot write: \($0)" } }
        let status = node.status
        return "this node has entry \(status.applied) of \(status.head): it catches up"
    }

    /// How many seconds a node may be behind and still count as ready.
    private static let readyLag = 5.0

    func takeTurn() async { await node.takeTurn() }

    /// ``NodeService`` has ended the node by then. What ends here are the connections to others.
    func stop() async {
        await node.stop()
        await log.shutdown()
        // What fails here is a connection that is gone.
        try? await peers.shutdown()
    }
}
