import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import TallywireTesting
import TestSupport
import Testing

@Suite(
    "A cluster with the files that cluster etcd wrote", .enabled(if: EtcdCluster.isPossible, "needs etcd and etcdctl"),
    .timeLimit(.minutes(4)))
struct ClusterEtcdTests {
    /// The machines, all of them this one.
    private static let hosts = [("a", "127.0.0.1"), ("b", "127.0.0.2"), ("c", "127.0.0.3")]

    private let folder: TemporaryFolder
    private let ports: (client: Int, peer: Int, server: Int)

    init() throws {
        folder = try TemporaryFolder()
        ports = (try BrokerPort.free(), try BrokerPort.free(), try BrokerPort.free())
    }

    /// Writes the files, and moves the paths of each machine to where they are here.
    private func write(_ more: [String] = []) async throws {
        let nodes = Self.hosts.map { "\($0)=\($1)" }.joined(separator: ",")
        let result = try await ServerProcess.run(
            [
                "cluster", "etcd", "--nodes", nodes, "--client-port", "\(ports.client)", "--peer-port", "\(ports.peer)", "--port",
                "\(ports.server)", "--folder", "/machine", "--etcd-data", "/data",
            ] + more, in: folder.path)
        try #require(result.status == 0, "\(result.output)")
        for (name, _) in Self.hosts {
            for file in ["etcd.conf.yml", "cluster.json"] {
                let path = folder.file("cluster/\(name)/\(file)")
                let text = try String(contentsOfFile: path, encoding: .utf8)
                    .replacing("/machine/", with: folder.file("cluster/\(name)/"))
                    .replacing("\"/data\"", with: "\"\(folder.file("etcd-" + name))\"")
                try text.write(toFile: path, atomically: true, encoding: .utf8)
            }
        }
    }

    private func startEtcd() throws -> ConfiguredEtcd {
        try ConfiguredEtcd(Self.hosts.map { folder.file("cluster/\($0.0)/etcd.conf.yml") })
    }

    /// A server with the written section.
    private func node(_ name: String) throws -> ServerProcess {
        let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("cluster/\(name)/cluster.json")))
        var settings = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        settings["sinks"] = [["plugin": "websocket"]]
        return try ServerProcess(
            plugins: String(
                decoding: try JSONSerialization.data(withJSONObject: settings, options: [.prettyPrinted]), as: UTF8.self))
    }

    /// Calls servers whose certificate comes from the cluster's authority.
    private func call(_ method: HTTPMethod, _ url: String, _ body: String? = nil) async throws -> (status: UInt, body: String) {
        var settings = HTTPClient.Configuration()
        if url.hasPrefix("https") {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(folder.file("cluster/ca.pem")))
            settings.tlsConfiguration = tls
        }
        return try await HTTPClient.withHTTPClient(configuration: settings) { client in
            var request = HTTPClientRequest(url: url)
            request.method = method
            if let body {
                request.headers.add(name: "Content-Type", value: "application/json")
                request.body = .bytes(ByteBuffer(string: body))
            }
            let response = try await client.execute(request, timeout: .seconds(30))
            return (UInt(response.status.code), String(buffer: try await response.body.collect(upTo: 1 << 20)))
        }
    }

    private func initialize(_ server: ServerProcess, _ etcd: ConfiguredEtcd) async throws {
        var last = ""
        do {
            try await eventually("the cluster is made", within: .seconds(60)) {
                let result = try await server.run("cluster", "init")
                last = result.output
                return result.status == 0
            }
        } catch {
            throw NeverHappened(description: "\(error): \(last)\n\(etcd.output)")
        }
    }

    private func serve(_ first: ServerProcess, _ second: ServerProcess) async throws {
        try await first.start(["--port", "\(ports.server)"])
        var answer = try await call(.POST, first.url + "/api/products", #"{"name":"Mug","sku":"MUG","price":7.5}"#)
        #expect(answer.status == 201, "\(answer.body)")
        try await second.start(["--port", "\(ports.server)"])
        answer = try await call(.GET, second.url + "/api/products")
        #expect(answer.body.contains("MUG"), "\(answer.body)")
        let movement = #"{"lines":[{"sku":"MUG","operation":"add","quantity":3,"location":"MAIN"}]}"#
        answer = try await call(.POST, second.url + "/api/movements", movement)
        #expect(answer.status == 200, "\(answer.body)\n\(second.output.suffix(2_000))")
    }

    @Test("three members of etcd and two nodes work with certificates on both sides, and a stranger's certificates let nobody in")
    func secure() async throws {
        try await write()
        let etcd = try startEtcd()
        let (first, second) = (try node("a"), try node("b"))
        try await initialize(first, etcd)
        try await serve(first, second)
        #expect(first.url.hasPrefix("https://127.0.0.1:") && second.url.hasPrefix("https://127.0.0.2:"))

        // The third has no journal, and its trials of the connection see that it could start.
        let third = try node("c")
        let check = try await third.run("check", "--connect")
        #expect(check.status == 0, "\(check.output)\n\(etcd.output)")
        let strangers = try await ServerProcess.run(
            ["cluster", "etcd", "--nodes", "c=127.0.0.3", "--output", "strangers"], in: folder.path)
        #expect(strangers.status == 0, "\(strangers.output)")
        let foreign = folder.file("strangers/c/")
        let unknown = try await third.run(
            "check", "--connect", "--set", "cluster.tls.certificate=\(foreign)node.pem", "--set",
            "cluster.tls.key=\(foreign)node.key")
        #expect(unknown.status == 1 && unknown.output.uppercased().contains("CERTIFICATE"), "\(unknown.output)")
        let untrusted = try await third.run("check", "--connect", "--set", "cluster.tls.ca=\(foreign)ca.pem")
        #expect(untrusted.status == 1 && untrusted.output.contains("CERTIFICATE_VERIFY_FAILED"), "\(untrusted.output)")
        for text in [unknown.output, untrusted.output] {
            #expect(
                text.split(separator: "\n").count { $0.contains("plugins.json:") && $0.contains("cluster: https://127.0.0.") } == 3,
                "\(text)")
        }

        // A certificate can be renewed while etcd runs.
        let old = try String(contentsOfFile: folder.file("cluster/c/node.pem"), encoding: .utf8)
        let nodes = Self.hosts.map { "\($0)=\($1)" }.joined(separator: ",")
        let renewal = try await ServerProcess.run(["cluster", "etcd", "--nodes", nodes, "--renew"], in: folder.path)
        #expect(renewal.status == 0, "\(renewal.output)")
        #expect(try String(contentsOfFile: folder.file("cluster/c/node.pem"), encoding: .utf8) != old)
        let renewed = try await third.run("check", "--connect")
        #expect(renewed.status == 0, "\(renewed.output)")
        #expect(await second.terminate() == 0)
        #expect(await first.terminate() == 0)
    }

    @Test("a trial on loopback addresses works without certificates")
    func plain() async throws {
        try await write(["--plain"])
        let etcd = try startEtcd()
        let (first, second) = (try node("a"), try node("b"))
        try await initialize(first, etcd)
        try await serve(first, second)
        #expect(first.url.hasPrefix("http://"))
        #expect(await second.terminate() == 0)
        #expect(await first.terminate() == 0)
    }
}
