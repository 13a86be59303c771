import Foundation
import TallywireTesting
import TestSupport
import Testing

@Suite("cluster status", .enabled(if: EtcdCluster.isPossible, "needs etcd and etcdctl"), .timeLimit(.minutes(4)))
struct ClusterStatusTests {
    private func plugins(_ node: String, _ endpoint: String, _ port: Int) -> String {
        """
        { "http": { "port": \(port) }, "sinks": [],
          "cluster": { "site": "main", "node": "\(node)", "endpoints": ["\(endpoint)"], "secret": "\(ClusterServers.secret)" } }
        """
    }

    /// For how many seconds etcd has not answered the node `b`, as `status` says at `server`; `nil` if it does not say so.
    private func silence(_ server: ServerProcess) async throws -> (status: Int32, seconds: Int?, output: String) {
        let result = try await server.run("cluster", "status")
        let seconds = result.output.firstMatch(of: /etcd has not answered node b for (\d+) s: the node runs/).flatMap { Int($0.1) }
        return (result.status, seconds, result.output)
    }

    @Test("of a node that does not report it says whether the node runs and etcd is silent for it, or whether it is gone")
    func silentNode() async throws {
        let etcd = try EtcdCluster(members: 1)
        try await etcd.waitUntilHealthy()
        let proxy = try await FaultyProxy.start(to: etcd.port(0))
        let ports = (a: try BrokerPort.free(), b: try BrokerPort.free())
        let a = try ServerProcess(plugins: plugins("a", etcd.endpoint(0), ports.a))
        let b = try ServerProcess(plugins: plugins("b", "http://127.0.0.1:\(proxy.port)", ports.b))
        let made = try await a.run("cluster", "init")
        #expect(made.status == 0, "\(made.output)")
        try await a.start(["--port", "\(ports.a)"])
        try await b.start(["--port", "\(ports.b)"])
        try await eventually("both report", within: .seconds(30)) {
            let told = try await a.run("cluster", "status")
            return told.output.contains("a  leader") && told.output.contains("b  follower") && !told.output.contains("silent")
        }

        proxy.swallow()
        try await eventually("it says that etcd is silent for b", within: .seconds(30)) {
            let told = try await silence(a)
            return told.output.contains("b  silent") && told.seconds ?? 0 >= 3
        }
        // The command at that node reaches etcd no better, and asks the node beside it.
        let own = try await silence(b)
        #expect(own.status == 1 && own.seconds ?? 0 >= 3 && own.output.contains("error: etcd (http://127.0.0.1:"), "\(own.output)")
        struct Cluster: Decodable { let logSilenceSeconds: Double }
        let answer: Cluster = try await b.get("/api/cluster")
        #expect(answer.logSilenceSeconds >= Double(own.seconds ?? 0))

        await b.kill()
        let gone = try await a.run("cluster", "status")
        #expect(
            gone.output.contains("node b does not answer at http://127.0.0.1:\(ports.b): "), "\(gone.output)")
        let alone = try await b.run("cluster", "status")
        #expect(alone.status == 1 && alone.output.contains("node b does not answer at"), "\(alone.output)")

        try await proxy.heal()
        try await b.start(["--port", "\(ports.b)"])
        try await eventually("all is well again", within: .seconds(30)) {
            let told = try await a.run("cluster", "status")
            return told.status == 0 && told.output.contains("b  follower") && !told.output.contains("silent")
        }
        for server in [b, a] { #expect(await server.terminate() == 0) }
        try await proxy.close()
    }
}
