import Foundation
import Logging
import Mosquitto
import NIOHTTP1
import Synchronization
import TallywireTesting
import TestSupport
import Testing

@Suite("A mosquitto that enforces what mosquitto-config wrote", .timeLimit(.minutes(3)))
struct MosquittoConfigTests {
    let folder: TemporaryFolder
    let port: Int

    init() throws {
        folder = try TemporaryFolder()
        port = try TestBroker.freePort()
    }

    private var plugins: String {
        """
        {
          "defaultLocation": "MAIN",
          "sources": [{ "plugin": "mqtt-scanners", "broker": "mqtt://127.0.0.1:\(port)", "user": "wms", "password": "server's own",
            "devices": { "dock-1": { "operation": "add" }, "*": { "operation": "subtract" } } }],
          "sinks": [
            { "plugin": "mqtt", "name": "displays", "broker": "mqtt://127.0.0.1:\(port)", "user": "wms", "password": "server's own", "publish": [
              { "events": ["inventory_updated"], "topic": "displays/{location}/{sku}", "retain": true, "payload": "display" },
              { "topic": "events/{event}" } ] }
          ]
        }
        """
    }

    private func write(_ plugins: String? = nil) throws {
        try (plugins ?? self.plugins).write(toFile: folder.file("plugins.json"), atomically: true, encoding: .utf8)
    }

    private func generate(_ more: String...) async throws -> (status: Int32, output: String) {
        let arguments = [
            "mosquitto-config", "--output", "broker", "--scanner", "till-1", "--display", "shelf=MAIN", "--display", "board",
            "--password", "till-1=one", "--password", "dock-1=two", "--password", "shelf=three", "--password", "board=four",
        ]
        return try await ServerProcess.run(arguments + more, in: folder.path)
    }

    /// Somebody who is logged in, and what came to them.
    private final class BrokerUser: Sendable {
        let client: MQTTClient
        private let topics = Mutex<[String]>([])
        var received: [String] { topics.withLock { $0 } }

        init(_ user: String, _ password: String, _ port: Int, _ subscriptions: [String]) async throws {
            var options = MQTTClientOptions(broker: BrokerAddress(host: "127.0.0.1", port: port), clientID: "guest-\(user)")
            options.user = user
            options.password = password
            options.subscriptions = subscriptions
            client = try MQTTClient(options, logger: Logger(label: "guest") { _ in SwiftLogNoOpLogHandler() })
            try await client.connected(orFailedWithin: .seconds(20))
        }

        func publish(_ topic: String, _ payload: String = "x", retain: Bool = false) async throws -> Bool {
            try await client.publish([MQTTMessage(topic: topic, payload: Array(payload.utf8), retain: retain)]) == [.accepted]
        }

        /// Runs `body` while messages are collected, and leaves.
        func listening(_ body: () async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [self] in
                    for await batch in client.batches {
                        topics.withLock { $0 += batch.messages.map(\.topic) }
                        batch.acknowledge()
                    }
                }
                do { try await body() } catch {
                    await client.stop()
                    throw error
                }
                await client.stop()
                try await group.waitForAll()
            }
        }
    }

    @Test("a scanner publishes under its own name alone, a display only reads, and the server has all that it needs")
    func enforces() async throws {
        try write()
        let generated = try await generate()
        try #require(generated.status == 0, "\(generated.output)")
        let broker = try TestBroker(port: port, including: folder.file("broker"))
        let server = try ServerProcess(plugins: plugins)
        try await server.start()
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG","price":7.5,"barcodes":["4006381333931"]}"#)

        let dock = try await BrokerUser("dock-1", "two", port, ["scanners/dock-1/ack", "scanners/till-1/ack", "displays/#"])
        let shelf = try await BrokerUser("shelf", "three", port, ["displays/#"])
        let board = try await BrokerUser("board", "four", port, ["displays/#", "scanners/#"])
        try await dock.listening {
            try await shelf.listening {
                try await board.listening {
                    #expect(try await dock.publish("scanners/dock-1/scan", "4006381333931"))
                    #expect(try await dock.publish("scanners/dock-1/status", "online"))
                    #expect(try await !dock.publish("scanners/till-1/scan", "4006381333931"))
                    #expect(try await !dock.publish("displays/MAIN/MUG", "{}"))
                    #expect(try await !dock.publish("scanners/dock-1/ack"))
                    try await eventually("the scan is answered") { dock.received.contains("scanners/dock-1/ack") }
                    try await eventually("displays show it") {
                        shelf.received.contains("displays/MAIN/MUG") && board.received.contains("displays/MAIN/MUG")
                    }
                    for display in [shelf, board] {
                        #expect(try await !display.publish("displays/MAIN/MUG", "{}"))
                        #expect(try await !display.publish("scanners/dock-1/scan", "4006381333931"))
                        #expect(try await !display.publish("scanners/shelf/scan", "4006381333931"))
                        #expect(try await !display.publish("scanners/board/scan", "4006381333931"))
                        #expect(try await display.publish("displays/MAIN/MUG/shown", #"{"version":1}"#))
                    }
                    #expect(try await !shelf.publish("displays/STORE/MUG/shown", "{}"))
                }
            }
        }
        #expect(!board.received.contains { $0.hasPrefix("scanners/") })
        #expect(!dock.received.contains { $0.hasPrefix("displays/") })
        let pipeline = String(decoding: try await server.call(.GET, "/api/pipeline").body, as: UTF8.self)
        #expect(pipeline.contains("mqtt://127.0.0.1:\(port)") && !pipeline.contains("server's own"))
        #expect(!server.output.contains("server's own"))
        let check = try await server.run("check", "--connect", "--set", "http.port=0")
        #expect(check.status == 0, "\(check.output)")
        // The same file beside another journal would be a second server with the same names.
        let second = try await server.run("check", "--connect", "--set", "http.port=0", "--set", "journal.path=other.db")
        #expect(second.status == 1 && second.output.contains("a server of another journal"), "\(second.output)")
        #expect(second.output.contains("tallywire-displays"), "\(second.output)")
        #expect(await server.terminate() == 0)
        #expect(!server.output.contains("refused") && !server.output.contains("cannot be read"), "\(server.output)")
        #expect(!broker.log.contains("Denied PUBLISH from tallywire-"), "\(broker.log)")
    }

    @Test("with TLS: the server trusts the broker's certificate, fails over to it, and says whom it is connected to")
    func secure() async throws {
        let certificate = try TestCertificate()
        let (path, key) = try certificate.write(into: URL(fileURLWithPath: folder.path))
        let absent = try TestBroker.freePort()
        func brokers(_ first: String) -> String {
            plugins.replacing(#""mqtt://127.0.0.1:\#(port)","#, with: #"\#(first), "tls": { "ca": "\#(path)" },"#)
        }
        try write(brokers(#""mqtts://localhost:\#(port)""#))
        let generated = try await generate("--certificate", path, "--key", key)
        try #require(generated.status == 0, "\(generated.output)")
        let broker = try TestBroker(port: port, including: folder.file("broker"))
        let server = try ServerProcess(
            plugins: brokers(#"["mqtts://localhost:\#(absent)", "mqtts://localhost:\#(port)"]"#))
        try await server.start()
        try await eventually("both are connected") {
            let pipeline = String(decoding: try await server.call(.GET, "/api/pipeline").body, as: UTF8.self)
            let metrics = String(decoding: try await server.call(.GET, "/metrics").body, as: UTF8.self)
            let gauge = metrics.split(separator: "\n").first {
                $0.hasPrefix("tallywire_mqtt_connected{") && $0.contains(":\(port)")
            }
            return pipeline.contains(#""peer":"mqtts://localhost:\#(port)""#) && gauge?.contains("} 1") == true
        }
        #expect(await server.terminate() == 0)
        // A certificate that the server does not know.
        let check = try await ServerProcess.run(
            ["check", "--connect", "--set", "http.port=0", "--set", "sources.mqtt-scanners.tls={}"], in: folder.path)
        #expect(check.status == 1)
        #expect(
            check.output.contains("plugins.json:3:") && check.output.contains("name its CA's file in tls.ca"), "\(check.output)")
        broker.stop()
    }

    @Test("nobody else gets in, and check --connect says why, at the place in the file")
    func keepsOut() async throws {
        try write()
        try #require(try await generate().status == 0)
        let broker = try TestBroker(port: port, including: folder.file("broker"))
        let error = await #expect(throws: MQTTError.self) { try await BrokerUser("dock-1", "three", port, []) }
        #expect(error?.code == .login)
        try write(plugins.replacing("server's own", with: "forgotten"))
        let check = try await ServerProcess.run(["check", "--connect", "--set", "http.port=0"], in: folder.path)
        #expect(check.status == 1)
        #expect(check.output.contains("plugins.json:3:"), "\(check.output)")
        #expect(check.output.contains("error: mqtt-scanners: mqtt://127.0.0.1:\(port) refuses the connection"), "\(check.output)")
        #expect(check.output.contains("see the user “wms” and its password"), "\(check.output)")
        #expect(!check.output.contains("forgotten"))
        broker.stop()
    }

    @Test("the access list says for each user what it may, with wildcards, statuses and feedback as plugins.json has them")
    func accessList() async throws {
        try write(
            """
            {
              "sources": [{ "plugin": "mqtt-scanners", "broker": "mqtt://127.0.0.1:1883", "topic": "plant/+/scanners/{device}/scan",
                "statusTopic": "presence/{device}",
                "devices": { "mark-*": { "feedback": { "topic": "main/gateway/{gateway}/{event}" } } } }],
              "sinks": [{ "plugin": "mqtt", "broker": "mqtt://127.0.0.1:1883", "statusTopic": "wms/status", "publish": [
                { "topic": "displays/{location}/{sku}", "retain": true, "payload": "display" }, { "topic": "events/{event}" } ] }]
            }
            """)
        let result = try await ServerProcess.run(
            ["mosquitto-config", "--output", "broker", "--scanner", "till-1", "--display", "shelf=WH1"], in: folder.path)
        try #require(result.status == 0, "\(result.output)")
        let lines = try String(contentsOfFile: folder.file("broker/tallywire.acl"), encoding: .utf8)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            lines == [
                "user tallywire", "topic readwrite plant/+/scanners/+/#", "topic read presence/+", "topic write main/gateway/+/+",
                "topic readwrite displays/+/+", "topic read displays/+/+/shown", "topic write events/+",
                "topic readwrite wms/status", "topic readwrite wms/status/marker",
                "user till-1",
                "user shelf", "topic read displays/WH1/+", "topic write displays/WH1/+/shown",
                "topic deny plant/+/scanners/+/#", "topic deny presence/+",
                "pattern write plant/+/scanners/%u/scan", "pattern read plant/+/scanners/%u/#", "pattern write presence/%u",
                "pattern read main/gateway/%u/+",
            ])
    }

    @Test("files are private, are not overwritten unless told to, and passwords that were made up are printed once")
    func files() async throws {
        try write(plugins.replacing(#""user": "wms", "password": "server's own", "#, with: ""))
        let first = try await generate()
        try #require(first.status == 0, "\(first.output)")
        for name in ["tallywire.acl", "tallywire.passwd", "tallywire.conf"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("broker/\(name)"))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        let line = try #require(first.output.split(separator: "\n").first { $0.hasPrefix("  tallywire  ") })
        let password = try #require(line.split(separator: " ").last.map(String.init))
        #expect(password.count == 24)
        #expect(!first.output.contains("three"))
        let passwords = try String(contentsOfFile: folder.file("broker/tallywire.passwd"), encoding: .utf8)
        #expect(!passwords.contains(password) && passwords.contains("tallywire:$7$1000$"))
        let again = try await generate()
        #expect(again.status == 1 && again.output.contains("--force"), "\(again.output)")
        #expect(try await generate("--force").status == 0)
        #expect(try String(contentsOfFile: folder.file("broker/tallywire.passwd"), encoding: .utf8) != passwords)

        #expect(try await generate("--force", "--scanner", "a/b").status == 64)
        #expect(try await generate("--force", "--password", "nobody=x").status == 64)
        #expect(try await generate("--force", "--scanner", "shelf").status == 64)
    }
}
