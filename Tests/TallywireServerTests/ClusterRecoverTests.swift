import Foundation
import TallywireTesting
import TestSupport
import Testing

@Suite(
    "A cluster whose etcd was lost or put back", .enabled(if: EtcdCluster.isPossible, "needs etcd and etcdctl"),
    .timeLimit(.minutes(4)))
struct ClusterRecoverTests {
    private let ports: (a: Int, b: Int)

    init() throws { ports = (try BrokerPort.free(), try BrokerPort.free()) }

    private func plugins(_ node: String, _ etcd: EtcdCluster, port: Int) -> String {
        """
        {
          "cluster": {
            "site": "main", "node": "\(node)", "endpoints": ["\(etcd.endpoint(0))"],
            "secret": "0123456789abcdef0123456789abcdef", "address": "http://127.0.0.1:\(port)"
          },
          "http": { "port": \(port) },
          "sinks": [{ "plugin": "websocket" }]
        }
        """
    }

    private func etcd() async throws -> EtcdCluster {
        let etcd = try EtcdCluster(members: 1)
        try await etcd.waitUntilHealthy()
        return etcd
    }

    private struct Page: Decodable {
        struct Item: Decodable, Equatable { let seq: UInt64, type: String }
        let items: [Item]
    }

    private func events(_ server: ServerProcess) async throws -> [Page.Item] {
        try await server.get("/api/events?limit=1000", as: Page.self).items
    }

    private func epoch(_ server: ServerProcess) async throws -> String {
        let audit = try await server.run("audit")
        let line = try #require(audit.output.firstMatch(of: /[0-9a-f]{8}-[0-9a-f-]{27}/), "\(audit.output)")
        return String(line.output)
    }

    /// Two nodes that have the same events and were stopped.
    private func stoppedCluster(_ etcd: EtcdCluster) async throws -> (a: ServerProcess, b: ServerProcess, events: [Page.Item]) {
        let a = try ServerProcess(plugins: plugins("a", etcd, port: ports.a))
        let b = try ServerProcess(plugins: plugins("b", etcd, port: ports.b))
        let made = try await a.run("cluster", "init")
        try #require(made.status == 0, "\(made.output)")
        try await a.start(on: ports.a)
        try await b.start(on: ports.b)
        try await a.product(#"{"name":"Mug","sku":"MUG","price":7.5}"#)
        for _ in 0..<5 { try await a.move("add", "MUG", 1) }
        let all = try await events(a)
        try await eventually("the other node has it all") { try await events(b) == all }

        let running = try await ServerProcess.run(["cluster", "recover", "--data", "other"], in: b.folder.path)
        #expect(running.status == 1 && running.output.contains("there is no journal other/tallywire.db"), "\(running.output)")
        let locked = try await a.run("cluster", "recover")
        #expect(locked.status == 1 && locked.output.contains("is in use by process"), "\(locked.output)")
        #expect(await b.terminate() == 0)
        #expect(await a.terminate() == 0)
        return (a, b, all)
    }

    private func recover(_ server: ServerProcess, _ words: String, status: Int32 = 0, _ more: String...) async throws {
        let result = try await ServerProcess.run(["cluster", "recover"] + more, in: server.folder.path)
        #expect(result.status == status && result.output.contains(words), "\(result.output)")
    }

    @Test("after etcd was lost the longest journal begins a new log under a new epoch, and the other node copies it")
    func lost() async throws {
        let old = try await etcd()
        let (a, b, all) = try await stoppedCluster(old)
        let before = try await epoch(a)
        try await recover(a, "so nothing of this journal is missing there", status: 1)

        let new = try await etcd()
        for (server, name, port) in [(a, "a", ports.a), (b, "b", ports.b)] {
            try plugins(name, new, port: port).write(toFile: server.folder.file("plugins.json"), atomically: true, encoding: .utf8)
        }
        let again = try await a.run("cluster", "init")
        #expect(again.status == 1 && again.output.contains("tallywire cluster recover"), "\(again.output)")
        try await recover(a, "Nothing was changed")
        #expect(try await epoch(a) == before)
        try await recover(a, "with the epoch", "--begin")
        let after = try await epoch(a)
        #expect(after != before)
        try await recover(b, "it is the journal of another cluster", status: 1)

        try await a.start(on: ports.a)
        #expect(try await events(a) == all)
        try await a.move("add", "MUG", 1)
        try await recover(b, "it is the journal of another cluster", status: 1, "--begin")
        let refused = await #expect(throws: NeverHappened.self) { try await b.start(on: ports.b) }
        #expect(refused?.description.contains("Give this node an empty folder") == true, "\(String(describing: refused))")
        try FileManager.default.removeItem(atPath: b.folder.file("data"))
        try await b.start(on: ports.b)
        try await b.move("add", "MUG", 1)
        let (first, second) = (try await events(a), try await events(b))
        #expect(first == second && first.count == all.count + 2)
        for server in [b, a] { #expect(await server.terminate() == 0) }
        #expect(try await epoch(b) == after)
    }

    @Test(
        "after etcd was put back to an earlier state a node says so, and an operator who knows that nothing is missing keeps the epoch"
    )
    func putBack() async throws {
        let etcd = try await etcd()
        let (a, b, all) = try await stoppedCluster(etcd)
        let before = try await epoch(a)
        try await etcd.etcdctl("put", "tallywire/main/head", #"{"index":2,"seq":2}"#)
        try await etcd.etcdctl("del", "tallywire/main/log/0000000000000003", "tallywire/main/log0")
        // On a busy machine the node may find it before it is ready.
        do { try await a.start(on: ports.a) } catch let error as NeverHappened where error.description.contains("the server ended")
        {}
        try await eventually("the node ends and says what to do") { a.output.contains("tallywire cluster recover") }
        _ = await a.terminate()

        try await recover(a, "The log in etcd ends with entry 2")
        try await recover(a, "--keep-epoch says how to --begin", status: 64, "--keep-epoch")
        // Somebody who runs counts its reports up.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for beat in 0..<1_000 {
                    let report =
                        #"{"node":"c","address":"http://127.0.0.1:9","version":"1","format":1,"applied":0,"flushed":0,"lag":0,"beat":\#(beat)}"#
                    try await etcd.etcdctl("put", "tallywire/main/nodes/c", report)
                    try await Task.sleep(for: .milliseconds(500))
                }
            }
            try await eventually("the other node has reported") {
                try await etcd.etcdctl("get", "tallywire/main/nodes/c").contains("127.0.0.1:9")
            }
            try await recover(a, "nodes of the cluster run: c", status: 1, "--begin")
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
        try await recover(a, "goes on after entry", "--begin", "--keep-epoch")
        try await a.start(on: ports.a)
        try await b.start(on: ports.b)
        try await b.move("add", "MUG", 1)
        let (first, second) = (try await events(a), try await events(b))
        #expect(first == second && first.count == all.count + 1)
        for server in [b, a] { #expect(await server.terminate() == 0) }
        for server in [a, b] { #expect(try await epoch(server) == before) }
    }
}
