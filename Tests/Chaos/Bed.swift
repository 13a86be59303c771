import Foundation
import TallywireTesting
import TestSupport

/// Three nodes, three etcd and a broker, in a folder of their own.
final class Bed: Sendable {
    let etcd: EtcdCluster
    let broker: TestBroker
    let nodes: [NodeProcess]
    /// What stands between each node and the members of etcd, and between it and the other nodes.
    let around: [[FaultyProxy]]
    private let temporary: TemporaryFolder?
    let folder: String
    private static let products = 25

    /// The ids of the variants that scanners scan, and of those that writers change.
    static let scanned = Array(1...10)
    static let written = Array(11...25)

    init(program: String, folder: String?) async throws {
        temporary = folder == nil ? try TemporaryFolder() : nil
        self.folder = folder ?? temporary?.path ?? ""
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        etcd = try EtcdCluster(members: 3, "--quota-backend-bytes", "\(64 << 20)")
        broker = try TestBroker(persistence: true, configuration: ["max_queued_messages 1000000", "max_inflight_messages 200"])
        let (folder, url) = (self.folder, broker.url)
        var (nodes, around): ([NodeProcess], [[FaultyProxy]]) = ([], [])
        for name in ["a", "b", "c"] {
            let port = try BrokerPort.free()
            var proxies: [FaultyProxy] = []
            for member in 0..<etcd.count { proxies.append(try await FaultyProxy.start(to: etcd.port(member))) }
            let front = try await FaultyProxy.start(to: port)
            let node = NodeProcess(
                name, port: port, program: program, folder: folder,
                environment: [
                    "NODE": name, "PORT": "\(port)", "BROKER": url, "FOLDER": folder,
                    "CLUSTER_SECRET": UUID(uuid: Self.secret).uuidString,
                    "ADDRESS": "http://127.0.0.1:\(front.port)", "ETCD_1": "http://127.0.0.1:\(proxies[0].port)",
                    "ETCD_2": "http://127.0.0.1:\(proxies[1].port)", "ETCD_3": "http://127.0.0.1:\(proxies[2].port)",
                ])
            nodes.append(node)
            around.append(proxies + [front])
        }
        (self.nodes, self.around) = (nodes, around)
        try Self.plugins.write(toFile: "\(folder)/plugins.json", atomically: true, encoding: .utf8)
    }

    private static let secret = UUID().uuid

    private static let plugins = """
        {
          "journal": { "path": "${FOLDER}/${NODE}/tallywire.db" },
          "http": { "port": "${PORT}" },
          "defaultLocation": "MAIN",
          "cluster": {
            "site": "chaos", "node": "${NODE}", "endpoints": ["${ETCD_1}", "${ETCD_2}", "${ETCD_3}"], "secret": "${CLUSTER_SECRET}",
            "address": "${ADDRESS}"
          },
          "sources": [
            { "plugin": "mqtt-scanners", "broker": "${BROKER}", "topic": "scanners/{device}/scan",
              "devices": { "*": { "operation": "add", "location": "MAIN" } } }
          ],
          "sinks": [
            { "plugin": "websocket" },
            { "plugin": "mqtt", "name": "events", "broker": "${BROKER}", "publish": [{ "topic": "events/{event}", "qos": 1 }] },
            { "plugin": "json-log", "path": "${FOLDER}/${NODE}/events.jsonl" }
          ]
        }
        """

    func start() async throws {
        try await etcd.waitUntilHealthy()
        try nodes[0].run(["cluster", "init", "--plugins", "\(folder)/plugins.json", "--data", nodes[0].data])
        for node in nodes { try await node.start() }
        let client = HTTP()
        for number in 1...Self.products {
            let product =
                #"{"id":\#(number),"name":"P\#(number)","price":1,"sku":"S-\#(number)","variantId":\#(number),"barcodes":["CODE-\#(number)"]}"#
            let answer = try await client.send("POST", nodes[number % 3].url + "/api/products", product)
            guard answer.status == 201 else { throw NeverHappened(description: "a product was refused: \(answer.text)") }
        }
    }

    func stop() async {
        for node in nodes { node.signal(SIGCONT) }
        for node in nodes { node.signal(SIGTERM) }
        for node in nodes {
            do { try await node.waitForEnd() } catch { node.signal(SIGKILL) }
        }
        broker.stop()
        for member in 0..<etcd.count { etcd.kill(member) }
    }

    /// The node that leads, as the nodes say.
    func leader() async throws -> Int {
        let client = HTTP()
        var found: Int?
        try await eventually("a node leads", within: .seconds(30)) {
            for (index, node) in nodes.enumerated() where found == nil && node.pid != nil {
                guard let answer = try? await client.send("GET", node.url + "/api/cluster"),
                    let report = try? JSONDecoder().decode(ClusterAnswer.self, from: Data(answer.text.utf8)),
                    report.leader == node.name
                else { continue }
                found = index
            }
            return found != nil
        }
        return found ?? 0
    }

    struct ClusterAnswer: Decodable {
        let node: String
        let leader: String?
        let term: UInt64
    }
}
