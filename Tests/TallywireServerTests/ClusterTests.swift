import Foundation
import Mosquitto
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

/// Servers that are nodes of one cluster, over three real members of etcd.
final class ClusterServers: Sendable {
    let etcd: EtcdCluster
    let nodes: [(name: String, port: Int, server: ServerProcess)]
    static let secret = "a secret of the tests, 32 bytes long"

    /// `sources` and `sinks` are entries of plugins.json that all nodes have too.
    init(_ count: Int = 2, sources: String = "", sinks: String = "") throws {
        let etcd = try EtcdCluster()
        self.etcd = etcd
        nodes = try (0..<count).map { index in
            let (name, port) = ("n\(index)", try BrokerPort.free())
            return (
                name, port, try ServerProcess(plugins: Self.plugins(name, port, etcd.endpoints, sources: sources, sinks: sinks))
            )
        }
    }

    static func plugins(_ name: String, _ port: Int, _ endpoints: [String], sources: String = "", sinks: String = "") -> String {
        let urls = endpoints.map { "\"\($0)\"" }.joined(separator: ",")
        return """
            { "http": { "port": \(port) },
              "cluster": { "site": "main", "node": "\(name)", "endpoints": [\(urls)], "secret": "\(secret)" },
              "sinks": [{ "plugin": "json-log", "path": "events.jsonl" },
                        { "plugin": "json-log", "name": "shared", "placement": "leader", "path": "shared.jsonl" }\(sinks.isEmpty ? "" : ",\(sinks)")],
              "sources": [\(sources)] }
            """
    }

    /// Starts a node on its own port.
    func start(_ index: Int) async throws { try await nodes[index].server.start(["--port", "\(nodes[index].port)"]) }

    /// Makes a cluster of the first node's journal, and starts all nodes.
    func startAll() async throws {
        try await etcd.waitUntilHealthy()
        let made = try await nodes[0].server.run("cluster", "init")
        guard made.status == 0 else { throw NeverHappened(description: made.output) }
        for index in nodes.indices { try await start(index) }
    }

    func add(_ units: Int, at index: Int) async throws -> (status: UInt, text: String) {
        let (status, body) = try await nodes[index].server.call(
            .PATCH, "/api/variants/1/inventory", #"{"operation":"add","quantity":\#(units),"location":"MAIN"}"#)
        return (status, String(decoding: body, as: UTF8.self))
    }

    func stock(at index: Int) async throws -> Int {
        struct Variant: Decodable { let stock: Int }
        let variant: Variant = try await nodes[index].server.get("/api/variants/1")
        return variant.stock
    }

    /// Each node's own log gets each event once, up to what is committed now.
    func logsAreWhole() async throws {
        let head = try await nodes[0].server.ready().seq
        for index in nodes.indices {
            do {
                try await eventually("the log of a node has everything") { try logged(index).count >= head }
            } catch {
                Issue.record("node \(index) has \(try logged(index)) of \(head): \(nodes[index].server.output)")
            }
            #expect(try logged(index) == Array(1...head))
        }
    }

    /// The events in a node's log, by its file.
    func logged(_ index: Int, _ name: String = "events.jsonl") throws -> [UInt64] {
        struct Line: Decodable { let seq: UInt64 }
        let path = nodes[index].server.folder.file(name)
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).seq }
    }
}

@Suite("Servers that are nodes of a cluster", .enabled(if: EtcdCluster.isPossible), .serialized)
struct ClusterTests {
    private let product = #"{"id":1,"name":"Tee","price":1,"sku":"TEE","variantId":1}"#

    @Test("a server by itself becomes a cluster with its epoch and its events, and other nodes copy it")
    func growing() async throws {
        let cluster = try ClusterServers()
        try await cluster.etcd.waitUntilHealthy()
        let first = cluster.nodes[0].server
        // As a server by itself, whose log has its first events.
        let alone = #"{ "sinks": [{ "plugin": "json-log", "path": "events.jsonl" }] }"#
        let plugins = first.folder.file("plugins.json")
        let clustered = try String(contentsOfFile: plugins, encoding: .utf8)
        try alone.write(toFile: plugins, atomically: true, encoding: .utf8)
        try await first.start()
        try await first.product(product)
        let (epoch, seq) = (try await first.ready().epoch, try await first.ready().seq)
        #expect(await first.terminate() == 0)

        try clustered.write(toFile: plugins, atomically: true, encoding: .utf8)
        let early = try await cluster.nodes[1].server.run("serve")
        #expect(early.status == 1 && early.output.contains("there is no cluster “main” in etcd yet"), "\(early.output)")
        let made = try await first.run("cluster", "init")
        #expect(made.status == 0 && made.output.contains("at event \(seq), epoch \(epoch)"), "\(made.output)")
        let again = try await first.run("cluster", "init")
        #expect(again.status == 1 && again.output.contains("there is a cluster “main” in etcd already"), "\(again.output)")
        let lonely = try await cluster.nodes[1].server.run("serve")
        #expect(lonely.status == 1 && lonely.output.contains("no other node has reported to etcd yet"), "\(lonely.output)")

        for index in 0...1 { try await cluster.start(index) }
        #expect(try await cluster.nodes[1].server.epoch() == epoch)
        #expect(try await cluster.add(3, at: 1).status == 200)
        // What was written there is read there.
        #expect(try await cluster.stock(at: 1) == 3)
        #expect(try await cluster.add(4, at: 0).status == 200)
        try await eventually("both nodes have both") { try await cluster.stock(at: 1) == 7 }
        // Each node's own log is whole: the first goes on in its file, the other begins with the first event.
        try await cluster.logsAreWhole()
        let status = try await first.run("cluster", "status")
        #expect(status.status == 0 && status.output.contains("leader n0"), "\(status.output)")
        #expect(status.output.contains("n1  follower"), "\(status.output)")
        let top = try await first.run("top", "--interval", "200ms")
        #expect(top.status == 0 && top.output.contains("cluster main  leader n0, term "), "\(top.output)")
        #expect(top.output.contains("n0 (asked)  leader") && top.output.contains("n1          follower"), "\(top.output)")
        let doctor = try await first.run("doctor")
        #expect(doctor.status == 0 && doctor.output.contains("ok       connections"), "\(doctor.output)")
    }

    @Test("what runs at the leader goes on at the next one, and each event is there at least once")
    func handover() async throws {
        let cluster = try ClusterServers()
        try await cluster.startAll()
        try await cluster.nodes[0].server.product(product)
        for number in 1...10 { #expect(try await cluster.add(number, at: number % 2).status == 200) }
        let standby: PipelineAnswer = try await cluster.nodes[1].server.get("/api/pipeline")
        #expect(standby.sinks.map(\.state) == ["running", "standby"])
        let seq = try await cluster.nodes[0].server.ready().seq
        try await eventually("the leader's sink has all") { try cluster.logged(0, "shared.jsonl") == Array(1...seq) }
        #expect(try cluster.logged(1, "shared.jsonl") == [])
        #expect(await cluster.nodes[0].server.terminate() == 0)
        for number in 1...5 { #expect(try await cluster.add(number, at: 1).status == 200) }
        try await eventually("the other node's goes on there") { try cluster.logged(1, "shared.jsonl").last == seq + 5 }
        let all = try cluster.logged(0, "shared.jsonl") + cluster.logged(1, "shared.jsonl")
        // The positions are in the log before a leader that is asked to ends.
        #expect(all == Array(1...seq + 5))
        let report: PipelineAnswer = try await cluster.nodes[1].server.get("/api/pipeline")
        #expect(report.sinks.map(\.state) == ["running", "running"])
    }

    private struct PipelineAnswer: Decodable {
        struct Sink: Decodable { let state: String }
        let sinks: [Sink]
    }

    @Test("a journal of another epoch is refused, and says which is which")
    func foreign() async throws {
        let cluster = try ClusterServers()
        try await cluster.startAll()
        #expect(await cluster.nodes[1].server.terminate() == 0)
        let epoch = try await cluster.nodes[0].server.epoch()
        let stranger = try ServerProcess(plugins: #"{ "sinks": [] }"#)
        try await stranger.start()
        let other = try await stranger.epoch()
        #expect(await stranger.terminate() == 0)
        try ClusterServers.plugins("n2", BrokerPort.free(), cluster.etcd.endpoints)
            .write(toFile: stranger.folder.file("plugins.json"), atomically: true, encoding: .utf8)
        let refused = try await stranger.run("serve")
        #expect(refused.status == 1 && refused.output.contains(other) && refused.output.contains(epoch), "\(refused.output)")
    }

    @Test("a node that was away for longer than the log is kept copies another one, and its own log stays whole")
    func longAway() async throws {
        let cluster = try ClusterServers()
        try await cluster.startAll()
        try await cluster.nodes[0].server.product(product)
        #expect(try await cluster.add(1, at: 1).status == 200)
        let seq = try await cluster.nodes[1].server.ready().seq
        try await eventually("the log of the node has it") { try cluster.logged(1) == Array(1...seq) }
        #expect(await cluster.nodes[1].server.terminate() == 0)
        for number in 2...6 { #expect(try await cluster.add(number, at: 0).status == 200) }
        try await cluster.etcd.etcdctl("del", "--prefix", "tallywire/main/log/", member: 0)
        try await cluster.start(1)
        #expect(cluster.nodes[1].server.output.contains("was away for longer than the log is kept"))
        try await eventually("it has all") { try await cluster.stock(at: 1) == 21 }
        try await cluster.logsAreWhole()
        #expect(try await cluster.add(1, at: 1).status == 200)
    }

    @Test("without most of etcd nodes answer reads, refuse commands, start, and go on by themselves")
    func withoutEtcd() async throws {
        let cluster = try ClusterServers()
        try await cluster.startAll()
        try await cluster.nodes[0].server.product(product)
        #expect(try await cluster.add(5, at: 1).status == 200)
        for member in 0...1 { cluster.etcd.kill(member) }
        try await Task.sleep(for: .seconds(4))
        async let commands = [cluster.add(7, at: 0), cluster.add(7, at: 1)]
        for index in 0...1 { #expect(try await cluster.stock(at: index) == 5) }
        for answer in try await commands {
            #expect(answer.status == 503 && answer.text.contains("unavailable"), "\(answer.text)")
        }
        await cluster.nodes[1].server.kill()
        try await cluster.start(1)
        #expect(cluster.nodes[1].server.output.contains("etcd cannot be reached"))
        #expect(try await cluster.stock(at: 1) == 5)
        for member in 0...1 { try cluster.etcd.start(member) }
        try await eventually("commands are taken again", within: .seconds(30)) { try await cluster.add(2, at: 1).status == 200 }
        #expect(try await cluster.stock(at: 1) == 7)
    }

    @Test("a command at a node that follows is decided by the leader, and waits for the next one if that is frozen")
    func forwarding() async throws {
        let cluster = try ClusterServers()
        try await cluster.startAll()
        let (leader, follower) = (cluster.nodes[0].server, cluster.nodes[1].server)
        try await follower.product(product)
        #expect(try await cluster.add(3, at: 1).status == 200)
        // The leader has decided, so it knows what another one is refused for.
        let (status, body) = try await follower.call(
            .PATCH, "/api/variants/1/inventory", #"{"operation":"subtract","quantity":4,"location":"MAIN","expected":7}"#)
        let refusal = String(decoding: body, as: UTF8.self)
        #expect(status == 409 && refusal.contains("stale_expectation") && refusal.contains("\"available\":3"), "\(refusal)")
        #expect(try await cluster.stock(at: 0) == 3)
        let metrics = String(decoding: try await leader.call(.GET, "/metrics").body, as: UTF8.self)
        #expect(metrics.contains("\ntallywire_cluster_leads 1\n"))
        leader.signal(SIGSTOP)
        // Nobody else has taken over yet.
        #expect(try await cluster.add(2, at: 1).status == 200)
        leader.signal(SIGCONT)
        #expect(try await cluster.stock(at: 1) == 5)
        try await eventually("the old leader follows, and has it") { try await cluster.stock(at: 0) == 5 }
        #expect(try await cluster.add(1, at: 0).status == 200)
    }

    @Test("devices and displays, which only the leader knows, are listed at every node")
    func field() async throws {
        let broker = try TestBroker()
        let cluster = try ClusterServers(
            sources:
                #"{ "plugin": "mqtt-scanners", "broker": "\#(broker.url)", "devices": { "*": { "operation": "add", "location": "MAIN" } } }"#,
            sinks: #"""
                { "plugin": "mqtt", "broker": "\#(broker.url)", "confirm": {}, "publish": [
                  { "events": ["inventory_updated"], "topic": "displays/{location}/{sku}", "retain": true, "qos": 1,
                    "payload": "display" } ] }
                """#)
        try await cluster.startAll()
        // The node that follows has it then.
        try await cluster.nodes[1].server.product(product)
        let scanner = try MQTTClient(MQTTClientOptions(broker: try BrokerAddress(broker.url), clientID: "scanner"), logger: quiet)
        try await scanner.connected(within: .seconds(20))
        _ = try await scanner.publish([MQTTMessage(topic: "scanners/gun-1/scan", payload: Array(#"{"sku":"TEE"}"#.utf8))])
        try await eventually("the scan is counted") { try await cluster.stock(at: 1) == 1 }
        _ = try await scanner.publish([
            MQTTMessage(topic: "displays/MAIN/TEE/shown", payload: Array(#"{"version":1}"#.utf8))
        ])
        struct List: Decodable, Equatable {
            struct Item: Decodable, Equatable { let device, sku: String? }
            let items: [Item]
        }
        for path in ["/api/devices", "/api/displays"] {
            try await eventually("\(path) has something at the leader") {
                try await !cluster.nodes[0].server.get(path, as: List.self).items.isEmpty
            }
            let (known, told) = (
                try await cluster.nodes[0].server.get(path, as: List.self),
                try await cluster.nodes[1].server.get(path, as: List.self)
            )
            #expect(told == known && told.items.count == 1, "\(path): \(told)")
        }
        await scanner.stop()
    }

    @Test("strangers get nothing of what nodes say to each other, and what the leader knows is known everywhere")
    func inside() async throws {
        let cluster = try ClusterServers()
        try await cluster.startAll()
        let server = cluster.nodes[1].server
        for (method, path) in [(HTTPMethod.POST, "/internal/commands"), (.GET, "/internal/snapshot"), (.GET, "/internal/status")] {
            let (status, body) = try await server.call(method, path)
            #expect(status == 403 && String(decoding: body, as: UTF8.self).contains("secret of “cluster”"))
        }
        struct Answer: Decodable { let leader: String, node: String, nodes: [Node], logSilenceSeconds: Double }
        struct Node: Decodable { let node: String, role: String }
        try await eventually("the node knows all") {
            let answer: Answer = try await server.get("/api/cluster")
            return answer.leader == "n0" && answer.node == "n1" && answer.nodes.map(\.role) == ["leader", "follower"]
                && (0..<5).contains(answer.logSilenceSeconds)
        }
        #expect(await server.terminate() == 0)
        let removed = try await cluster.nodes[0].server.run("cluster", "remove", "n1")
        #expect(removed.status == 0)
        let unknown = try await cluster.nodes[0].server.run("cluster", "remove", "n1")
        #expect(unknown.status == 1 && unknown.output.contains("has no node “n1”, it has n0"), "\(unknown.output)")
    }
}

extension ServerProcess {
    fileprivate struct Readiness: Decodable { let epoch: String, seq: UInt64 }

    fileprivate func ready() async throws -> Readiness { try await get("/health/ready") }

    fileprivate func epoch() async throws -> String { try await ready().epoch }
}
