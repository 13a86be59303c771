import ClusterHTTP
import HTTPPort
import HTTPTypes
import TallywireCluster
import TallywireCore
import TallywireEngine
import TallywireHTTP

/// What the HTTP API asks of a node.
struct NodeMember: ClusterMember {
    let node: ClusterNode
    let peers: PeerClient
    let site: String

    var cluster: ClusterReport {
        let status = node.status
        let own = node.configuration
        var nodes = node.cluster.nodes.filter { $0.report.node != own.node }.map { known in
            ClusterReport.Node(
                name: known.report.node, address: known.report.address, version: known.report.version,
                applied: known.report.applied, lag: known.report.lag, seenAt: known.seenAt)
        }
        // What this node knows of itself is newer than what it reported.
        nodes.append(
            .init(
                name: own.node, address: own.address, version: own.version, applied: status.applied, lag: node.lag, seenAt: .now))
        return ClusterReport(
            site: site, node: own.node, leader: status.leader?.claim.node, term: status.leader?.term.number ?? 0,
            head: status.head, logSilence: node.logSilence, nodes: nodes.sorted { $0.name < $1.name })
    }

    func askLeader(_ request: LeaderRequest) async throws -> LeaderResponse? {
        guard let leader = node.status.leader?.claim else {
            throw Problem.unavailable("no node of the cluster leads at the moment: try again in a moment")
        }
        if leader.node == node.configuration.node { return nil }
        do {
            let answer = try await peers.ask(
                request.method.rawValue, request.path, of: leader.address, authorization: request.authorization, body: request.body)
            return LeaderResponse(
                status: .init(code: answer.status), contentType: answer.contentType ?? "application/json", seq: answer.seq,
                body: answer.body)
        } catch {
            throw Problem.unavailable("the node that leads, “\(leader.node)”, cannot be reached: \(error)")
        }
    }
}
