import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

@Suite("What a node says of its etcd", .enabled(if: EtcdCluster.isPossible))
struct ClusterLogTests {
    @Test("a full etcd is told in the log with what to do, once, and so is its end; reads go on meanwhile", .timeLimit(.minutes(3)))
    func full() async throws {
        let etcd = try EtcdCluster(members: 1, "--quota-backend-bytes", "\(2 << 20)")
        try await etcd.waitUntilHealthy()
        let port = try BrokerPort.free()
        let server = try ServerProcess(plugins: ClusterServers.plugins("a", port, etcd.endpoints))
        let made = try await server.run("cluster", "init")
        #expect(made.status == 0, "\(made.output)")
        try await server.start(["--port", "\(port)"])
        func change() async throws -> UInt { try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#).status }
        #expect(try await change() == 201)
        try await etcd.fill()
        try await eventually("the log says what is wrong", within: .seconds(30)) {
            server.output.contains("takes nothing, so commands are refused") && server.output.contains("etcdctl defrag")
        }
        let (status, _) = try await server.call(.GET, "/api/products?limit=1")
        #expect(status == 200)
        #expect(try await change() == 503)
        try await etcd.empty()
        try await eventually("the log says that it is over", within: .seconds(30)) {
            server.output.contains("The log of the cluster answers again.")
        }
        #expect(server.output.components(separatedBy: "takes nothing, so commands").count == 2, "\(server.output)")
        #expect(await server.terminate() == 0)
    }

    @Test("an etcd that is away is told in the log", .timeLimit(.minutes(2)))
    func away() async throws {
        let etcd = try EtcdCluster(members: 1)
        try await etcd.waitUntilHealthy()
        let port = try BrokerPort.free()
        let server = try ServerProcess(plugins: ClusterServers.plugins("a", port, etcd.endpoints))
        #expect(try await server.run("cluster", "init").status == 0)
        try await server.start(["--port", "\(port)"])
        etcd.kill(0)
        try await eventually("the log says what is wrong", within: .seconds(30)) {
            server.output.contains("The log of the cluster does not answer.")
        }
        try etcd.start(0)
        try await eventually("the log says that it is over", within: .seconds(30)) {
            server.output.contains("The log of the cluster answers again.")
        }
        _ = await server.terminate()
    }
}
