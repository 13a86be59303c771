import Foundation
import HTTPPort
import HTTPTypes
import Hummingbird
import NIOCore
import PipelineHost
import TallywireCore
import TallywireEngine

/// `/api/cluster`, and what only the leader knows.
extension InventoryAPI {
    func getCluster(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try QueryReader(request, parameters: [])
        guard let report = member?.cluster else {
            throw Problem(
                .notFound, code: "not_found", title: "Not found",
                detail: "this server is by itself: it has no “cluster” in plugins.json")
        }
        return .json(headers: headers(at: feed.head), capacity: 256 * report.nodes.count) { report.write(to: &$0) }
    }

    /// The leader's answer to `request`; `nil` if this node has to answer. What a leader was asked by another node it answers itself.
    func leaderResponse(to request: Request, body: ByteBuffer = ByteBuffer()) async throws -> Response? {
        guard let member, request.headers[.relayed] == nil else { return nil }
        let asked = LeaderRequest(
            method: request.method, path: request.head.path ?? "/", authorization: request.headers[.authorization], body: body)
        guard let answer = try await member.askLeader(asked) else { return nil }
        var headers: HTTPFields = [.contentType: answer.contentType]
        if let seq = answer.seq { (headers[.tallywireSeq], headers[.tallywireEpoch]) = (seq, journal.epoch) }
        return Response(status: answer.status, headers: headers, body: ResponseBody(byteBuffer: answer.body))
    }

    /// The same for a sink, if it runs on the leader and not here.
    func leaderResponse(
        to request: Request, of sink: String, _ context: APIContext, readsBody: Bool = false
    ) async throws -> Response? {
        guard pipeline.runsElsewhere(sink) else { return nil }
        return try await leaderResponse(to: request, body: readsBody ? try await collect(request, context) : ByteBuffer())
    }
}

extension HTTPField.Name {
    /// The name of the node that answers.
    static let tallywireNode = unchecked("Tallywire-Node")
    /// Marks a request that one node passed on to another.
    static let relayed = unchecked("Tallywire-Relayed")
}

extension ClusterReport {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("site", site)
            json.member("node", node)
            json.key("leader")
            if let leader { json.string(leader) } else { json.null() }
            json.member("term", term)
            json.member("head", head)
            json.key("logSilenceSeconds")
            json.raw(String(format: "%.3f", logSilence).utf8)
            json.array("nodes") { json in
                for node in nodes {
                    json.object { json in
                        json.member("node", node.name)
                        json.member("address", node.address)
                        json.member("role", node.name == leader ? "leader" : "follower")
                        json.member("version", node.version)
                        json.member("applied", node.applied)
                        json.key("lagSeconds")
                        json.raw(String(format: "%.3f", node.lag).utf8)
                        json.key("seenAt")
                        if let seenAt = node.seenAt { json.timestamp(seenAt) } else { json.null() }
                    }
                }
            }
        }
    }
}

extension PrometheusText {
    /// The metrics of a node of a cluster.
    mutating func write(_ cluster: ClusterReport) {
        single(
            "tallywire_cluster_leads", .gauge, "1 on the node that leads, 0 on all others.", cluster.leader == cluster.node ? 1 : 0)
        single("tallywire_cluster_has_leader", .gauge, "1 if the node knows who leads.", cluster.leader == nil ? 0 : 1)
        single("tallywire_cluster_term", .gauge, "The term of the leader. It grows with each takeover.", cluster.term)
        single("tallywire_cluster_head", .gauge, "The last entry of the log.", cluster.head)
        single("tallywire_cluster_applied", .gauge, "The last entry that the node has applied.", cluster.own?.applied ?? 0)
        metric(
            "tallywire_cluster_lag_seconds", .gauge, "For how long the node has not had everything that the log has.")
        sample("tallywire_cluster_lag_seconds", [], cluster.own?.lag ?? 0)
        metric("tallywire_cluster_log_silence_seconds", .gauge, "How long ago etcd answered the node.")
        sample("tallywire_cluster_log_silence_seconds", [], cluster.logSilence)
        single("tallywire_cluster_nodes", .gauge, "Nodes that the cluster knows.", cluster.nodes.count)
    }
}
