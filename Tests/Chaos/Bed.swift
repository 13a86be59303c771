import Foundation
import TallywireTesting
import TestSupport

/// Three nodes and three etcd, each on a machine of its own, and a broker, in a folder of their own.
final class Bed: Sendable {
    let network: Network
    let etcd: EtcdCluster
    /// The machines of etcd's members.
    let members: [Network.Machine]
    let broker: TestBroker
    let nodes: [NodeProcess]
    /// Asks as an administrator.
    let http: HTTP
    private let temporary: TemporaryFolder?
    let folder: String
    private static let products = 25

    /// The ids of the variants that scanners scan, and of those that writers change.
    static let scanned = Array(1...10)
    static let written = Array(11...25)

    init(program: String, folder: String?) throws {
        let network = try Network()
        let temporary = folder == nil ? try TemporaryFolder() : nil
        let folder = folder ?? temporary?.path ?? ""
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let members = try (1...3).map { try network.machine("etcd-\($0)", number: 20 + $0) }
        let etcd = try EtcdCluster(
            members: 3, "--quota-backend-bytes", "\(64 << 20)",
            places: members.map { EtcdCluster.Place(address: $0.address, launcher: $0.launcher) })
        broker = try TestBroker(
            persistence: true,
            configuration: [
                "max_queued_messages 1000000", "max_inflight_messages 200", "listener \(Self.brokerPort) \(Network.address)",
            ])
        var environment = [
            "BROKER": Self.brokerURL, "FOLDER": folder, "CLUSTER_SECRET": UUID().uuidString, "TOKEN_SECRET": UUID().uuidString,
        ]
        for (number, endpoint) in etcd.endpoints.enumerated() { environment["ETCD_\(number + 1)"] = endpoint }
        let nodes = try ["a", "b", "c"].enumerated().map { [environment] number, name in
            let machine = try network.machine("node-\(name)", number: 10 + number)
            let own = environment.merging(["NODE": name, "HOST": machine.address]) { $1 }
            return NodeProcess(name, on: machine, program: program, folder: folder, environment: own)
        }
        try Self.plugins.write(toFile: "\(folder)/plugins.json", atomically: true, encoding: .utf8)
        let token = try nodes[0].run(["token", "--plugins", "\(folder)/plugins.json", "--role", "admin", "--ttl", "24h"])
        http = HTTP(token: token.trimmingCharacters(in: .whitespacesAndNewlines))
        (self.network, self.temporary, self.folder, self.members, self.etcd, self.nodes) = (
            network, temporary, folder, members, etcd, nodes
        )
    }

    private static let brokerPort = 1883
    static let brokerURL = "mqtt://\(Network.address):\(brokerPort)"

    private static let plugins = """
        {
          "journal": { "path": "${FOLDER}/${NODE}/tallywire.db" },
          "http": { "host": "${HOST}", "port": 8080 },
          "auth": { "mode": "jwt", "secret": "${TOKEN_SECRET}" },
          "defaultLocation": "MAIN",
          "cluster": {
            "site": "chaos", "node": "${NODE}", "endpoints": ["${ETCD_1}", "${ETCD_2}", "${ETCD_3}"], "secret": "${CLUSTER_SECRET}"
          },
          "sources": [
            { "plugin": "mqtt-scanners", "broker": "${BROKER}", "topic": "scanners/{device}/scan",
              "devices": { "*": { "operation": "add", "location": "MAIN" } } }
          ],
          "sinks": [
            { "plugin": "websocket" },
            { "plugin": "mqtt", "name": "events", "broker": "${BROKER}", "publish": [{ "topic": "events/{event}", "qos": 1 }] },
            { "plugin": "json-log", "path": "${FOLDER}/${NODE}/events.jsonl", "rotate": { "size": "16GiB" } }
          ]
        }
        """

    func start() async throws {
        try await etcd.waitUntilHealthy()
        try nodes[0].run(["cluster", "init", "--plugins", "\(folder)/plugins.json", "--data", nodes[0].data])
        for node in nodes { try await node.start() }
        for number in 1...Self.products {
            let product =
                #"{"id":\#(number),"name":"P\#(number)","price":1,"sku":"S-\#(number)","variantId":\#(number),"barcodes":["CODE-\#(number)"]}"#
            let answer = try await http.send("POST", nodes[number % 3].url + "/api/products", product)
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
        for member in 0..<etcd.count {
            etcd.kill(member)
            try? etcd.log(member).write(toFile: "\(folder)/etcd-\(member).log", atomically: true, encoding: .utf8)
        }
    }

    /// The node that leads, as the nodes say.
    func leader() async throws -> Int {
        var found: Int?
        try await eventually("a node leads", within: .seconds(30)) {
            for (index, node) in nodes.enumerated() where found == nil && node.pid != nil {
                guard let answer = try? await http.send("GET", node.url + "/api/cluster"),
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
