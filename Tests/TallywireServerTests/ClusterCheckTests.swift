import Foundation
import TallywireTesting
import TestSupport
import Testing

@Suite(
    "check --connect of a node of a cluster", .enabled(if: EtcdCluster.isPossible, "needs etcd and etcdctl"),
    .timeLimit(.minutes(4)))
struct ClusterCheckTests {
    /// plugins.json of a node. Each value of `cluster` has a line of its own, from the third line on.
    private func plugins(_ node: String, _ endpoints: [String], site: String = "main", port: Int = 0) -> String {
        """
        {
          "cluster": {
            "site": "\(site)",
            "node": "\(node)",
            "secret": "0123456789abcdef0123456789abcdef",
            "address": "http://127.0.0.1:\(port == 0 ? 9 : port)",
            "endpoints": [
        \(endpoints.map { "      \"\($0)\"" }.joined(separator: ",\n"))
            ]
          },
          "journal": {
            "path": "data/tallywire.db"
          },
          "http": { "port": \(port) },
          "sinks": [{ "plugin": "websocket" }]
        }
        """
    }

    private func check(_ server: ServerProcess, _ more: String...) async throws -> (status: Int32, lines: [String]) {
        let result = try await ServerProcess.run(["check", "--connect"] + more, in: server.folder.path)
        return (result.status, result.output.split(separator: "\n").map(String.init))
    }

    /// Expects these complaints, each with what it begins with and words that are in it.
    private func expect(
        _ server: ServerProcess, _ expected: [(place: String, words: String)], location: SourceLocation = #_sourceLocation
    ) async throws {
        let (status, lines) = try await check(server)
        #expect(status == (expected.isEmpty ? 0 : 1), "\(lines)", sourceLocation: location)
        guard !expected.isEmpty else { return }
        #expect(lines.count == expected.count, "\(lines)", sourceLocation: location)
        for (line, (place, words)) in zip(lines, expected) {
            #expect(line.hasPrefix("plugins.json:\(place): error: ") && line.contains(words), "\(line)", sourceLocation: location)
        }
    }

    @Test("each member of etcd that cannot be reached, or knows no leader, is told at its place")
    func members() async throws {
        let etcd = try EtcdCluster(members: 3)
        try await etcd.waitUntilHealthy()
        let server = try ServerProcess(plugins: plugins("a", etcd.endpoints))
        try await expect(server, [("3:13", "there is no cluster “main” in etcd yet")])
        let made = try await server.run("cluster", "init")
        #expect(made.status == 0, "\(made.output)")
        try await expect(server, [])
        etcd.kill(1)
        try await eventually("the others go on", within: .seconds(30)) {
            let lines = try await check(server).lines
            return lines.count == 1 && lines[0].hasPrefix("plugins.json:9:7: error: cluster: \(etcd.endpoint(1))")
        }
        etcd.kill(2)
        try await eventually("the last one has no majority", within: .seconds(30)) {
            let lines = try await check(server).lines
            return lines.count == 3 && lines[0].contains("plugins.json:8:7: error: cluster: \(etcd.endpoint(0))")
                && lines[0].contains("knows no leader") && lines[1].contains(":9:7:") && lines[2].contains(":10:7:")
        }
        etcd.kill(0)
        try await expect(server, (0..<3).map { ("\(8 + $0):7", etcd.endpoint($0)) })
    }

    @Test("the alarm of a full etcd is told, with what to do")
    func alarm() async throws {
        let etcd = try EtcdCluster(members: 1, "--quota-backend-bytes", "\(2 << 20)")
        try await etcd.waitUntilHealthy()
        let server = try ServerProcess(plugins: plugins("a", etcd.endpoints))
        let made = try await server.run("cluster", "init")
        #expect(made.status == 0, "\(made.output)")
        try await etcd.fill()
        try await expect(server, [("8:7", "NOSPACE")])
        #expect(try await check(server).lines.first?.contains("etcdctl defrag") == true)
    }

    @Test("a journal of another epoch is told, and one that has to be copied needs a node that answers")
    func journals() async throws {
        let etcd = try EtcdCluster(members: 1)
        try await etcd.waitUntilHealthy()
        let port = try BrokerPort.free()
        let first = try ServerProcess(plugins: plugins("a", etcd.endpoints, port: port))
        let other = try ServerProcess(plugins: plugins("b", etcd.endpoints))
        let made = try await first.run("cluster", "init")
        #expect(made.status == 0, "\(made.output)")
        try await expect(other, [("4:13", "no other node has reported to etcd")])
        try await first.start(["--port", "\(port)"])
        try await expect(other, [])
        #expect(!FileManager.default.fileExists(atPath: other.folder.file("data/tallywire.db")), "nothing stays on disk")
        await first.kill()
        try await expect(other, [("4:13", "no other node answers: a at http://127.0.0.1:\(port)")])

        let made2 = try await ServerProcess.run(["cluster", "init", "--set", "cluster.site=second"], in: other.folder.path)
        #expect(made2.status == 0, "\(made2.output)")
        try await expect(other, [("12:13", "it is the journal of another cluster or of a single server")])
    }
}
