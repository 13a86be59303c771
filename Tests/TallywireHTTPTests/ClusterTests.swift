import HTTPPort
import HTTPTypes
import NIOCore
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("The API on a node of a cluster")
struct ClusterTests {
    /// A node that has what it is given, and remembers what it asked the leader.
    private final class Node: ClusterMember {
        enum Leader {
            case here, elsewhere, nobody
        }

        let leader: Leader
        let asked = Mutex<[LeaderRequest]>([])

        init(_ leader: Leader) { self.leader = leader }

        var cluster: ClusterReport {
            ClusterReport(
                site: "main", node: "b", leader: leader == .nobody ? nil : leader == .here ? "b" : "a", term: 7, head: 12,
                logSilence: 0.25,
                nodes: [
                    .init(
                        name: "a", address: "http://a:1", version: "0.1.0", applied: 12, lag: 0, seenAt: Timestamp(milliseconds: 0)),
                    .init(name: "b", address: "http://b:1", version: "0.1.0", applied: 9, lag: 1.5, seenAt: nil),
                ])
        }

        func askLeader(_ request: LeaderRequest) async throws -> LeaderResponse? {
            asked.withLock { $0.append(request) }
            switch leader {
            case .here: return nil
            case .nobody: throw Problem.unavailable("no node leads")
            case .elsewhere:
                // A form that is right for every list, and a refusal for what changes something.
                guard request.method == .get else {
                    let code = request.method == .delete ? "no_replay" : "replay_running"
                    let refusal =
                        #"{"type":"urn:tallywire:problem:\#(code)","title":"T","status":409,"code":"\#(code)","detail":"by the leader"}"#
                    return LeaderResponse(
                        status: .conflict, contentType: "application/problem+json", seq: nil, body: ByteBuffer(string: refusal))
                }
                let page = request.path.hasSuffix("deliveries") ? #"{"items":[]}"# : #"{"items":[],"nextCursor":"leader"}"#
                return LeaderResponse(status: .ok, contentType: "application/json", seq: "7", body: ByteBuffer(string: page))
            }
        }
    }

    @Test("the cluster is described as the node sees it, and every answer names the node")
    func description() async throws {
        try await Shop(member: Node(.elsewhere)).open { client in
            let cluster = try await client.get("/api/cluster")
            #expect(cluster["site"] == "main" && cluster["node"] == "b" && cluster["leader"] == "a" && cluster["term"] == 7)
            #expect(cluster["logSilenceSeconds"]?.number == 0.25)
            #expect(cluster["nodes"]?.elements.map { $0["role"] } == ["leader", "follower"])
            #expect(cluster["nodes"]?[1]?["applied"] == 9 && cluster["nodes"]?[1]?["lagSeconds"]?.number == 1.5)
            #expect(cluster["nodes"]?[0]?["seenAt"] == "1970-01-01T00:00:00.000Z" && cluster["nodes"]?[1]?["seenAt"] == .null)
            for path in ["/api/cluster", "/health/live", "/api/nothing"] {
                #expect(
                    try await client.send(.get, path, nil, path == "/api/nothing" ? 404 : 200, [:]).headers[.tallywireNode] == "b",
                    "\(path)")
            }
            let metrics = try await client.get("/metrics").text
            for line in [
                "tallywire_cluster_leads 0", "tallywire_cluster_has_leader 1", "tallywire_cluster_term 7",
                "tallywire_cluster_head 12", "tallywire_cluster_applied 9", "tallywire_cluster_lag_seconds 1.5",
                "tallywire_cluster_log_silence_seconds 0.25", "tallywire_cluster_nodes 2",
            ] { #expect(metrics.contains("\n\(line)\n"), "\(line)") }
        }
    }

    @Test("a server by itself is no cluster, and says so")
    func alone() async throws {
        try await Shop().open { client in
            #expect(try await client.get("/api/cluster", 404).code == "not_found")
            #expect(try await client.get("/health/live").headers[.tallywireNode] == nil)
            let metrics = try await client.get("/metrics").text
            #expect(!metrics.contains("tallywire_cluster"))
        }
    }

    @Test("what only the leader knows is asked there, with the caller's token and words")
    func elsewhere() async throws {
        let node = Node(.elsewhere)
        try await Shop(member: node).open { client in
            for path in ["/api/devices?limit=2", "/api/displays"] {
                #expect(try await client.get(path, headers: [.authorization: "Bearer x"])["nextCursor"] == "leader")
            }
            // The sinks of this pipeline run here.
            _ = try await client.get("/api/pipeline/hook/deliveries")
        }
        let asked = node.asked.withLock { $0 }
        #expect(asked.map(\.path) == ["/api/devices?limit=2", "/api/displays"])
        #expect(asked.allSatisfy { $0.authorization == "Bearer x" && $0.method == .get })
    }

    @Test("a sink that runs on the leader is asked for there, and its replay is begun there")
    func sinks() async throws {
        let node = Node(.elsewhere)
        var pipeline = FixedPipeline()
        pipeline.elsewhere = ["hook"]
        let shop = try Shop(member: node, pipeline: pipeline)
        try await shop.open { client in
            let deliveries = try await client.get("/api/pipeline/hook/deliveries")
            #expect(deliveries["items"] == [])
            #expect(try await client.post("/api/pipeline/hook/replay", #"{"dryRun":true}"#, 409).code == "replay_running")
            #expect(try await client.delete("/api/pipeline/hook/replay", 409).code == "no_replay")
        }
        let asked = node.asked.withLock { $0 }
        #expect(asked.map(\.method) == [.get, .post, .delete])
        #expect(asked[1].body == ByteBuffer(string: #"{"dryRun":true}"#))
    }

    @Test("the leader answers itself, and so does a node that another one has asked")
    func here() async throws {
        try await Shop(member: Node(.here)).open { client in
            let devices = try await client.get("/api/devices")
            #expect(devices["items"] == [])
        }
        let node = Node(.elsewhere)
        try await Shop(member: node).open { client in
            let devices = try await client.get("/api/devices", headers: [.relayed: "1"])
            #expect(devices["items"] == [])
        }
        #expect(node.asked.withLock { $0 }.isEmpty)
    }

    @Test("while nobody leads, what only the leader knows is not available, and all else is")
    func nobody() async throws {
        try await Shop(member: Node(.nobody)).openStocked { client in
            let devices = try await client.get("/api/devices", 503)
            #expect(devices.code == "unavailable")
            #expect(try await client.get("/api/products")["items"]?.elements.count == 2)
            #expect(try await client.get("/api/cluster")["leader"] == .null)
        }
    }
}
