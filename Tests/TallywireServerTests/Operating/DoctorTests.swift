import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import TallywireTesting
import TestSupport
import Testing

@Suite("doctor")
struct DoctorTests {
    private struct Report: Decodable {
        struct Finding: Decodable {
            let check, level, text: String
            let advice: String?
        }
        let findings: [Finding]
        let warnings, wrong: Int

        func all(_ check: String) -> [Finding] { findings.filter { $0.check == check } }
    }

    private func doctor(_ server: ServerProcess, _ more: String..., status: Int32? = nil) async throws -> Report {
        let result = try await ServerProcess.run(["doctor", "--json"] + more, in: server.folder.path)
        let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        #expect(result.status == (report.wrong > 0 ? 1 : 0), "\(result.output)")
        #expect(report.findings.allSatisfy { ($0.advice == nil) == ($0.level == "ok") })
        if let status { #expect(result.status == status, "\(result.output)") }
        return report
    }

    private func plugins(_ port: Int, _ more: String = "") -> String {
        #"{ "http": { "port": \#(port) }, "sinks": [{ "plugin": "json-log", "path": "events.jsonl" }\#(more)] }"#
    }

    @Test("a running server is right on its own port, for check --connect too, and its backup is looked for")
    func running() async throws {
        let port = try BrokerPort.free()
        let server = try ServerProcess(plugins: plugins(port))
        var report = try await doctor(server)
        #expect(report.all("server").map(\.level) == ["warning"] && report.all("port").map(\.level) == ["ok"])
        #expect(report.all("backup").map(\.level) == ["ok"], "there is nothing to back up")

        try await server.start(["--port", "\(port)"])
        let (created, _) = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG","price":7.5}"#)
        #expect(created == 201)
        report = try await doctor(server, status: 0)
        #expect(report.all("port").first?.text.contains("in use by the server of this configuration") == true)
        #expect(report.all("server").map(\.level) == ["ok"] && report.all("sink json-log").map(\.level) == ["ok"])
        #expect(report.all("descriptors").first?.text.contains("the server may open") == true)
        #expect(report.all("clock").contains { $0.text == "agrees with the server's" })
        #expect(report.all("backup").map(\.level) == ["warning"])
        let check = try await server.run("check", "--connect")
        #expect(check.status == 0, "\(check.output)")

        let backup = try await server.run("backup", "--to", "copy.db")
        #expect(backup.status == 0, "\(backup.output)")
        #expect(try await doctor(server).all("backup").map(\.level) == ["ok"])
    }

    @Test("another server’s journal on the port, and a program that is no server, are told apart")
    func foreignPorts() async throws {
        let port = try BrokerPort.free()
        let other = try ServerProcess(plugins: CommandTests.minimal)
        try await other.start(["--port", "\(port)"])
        let server = try ServerProcess(plugins: plugins(port))
        let report = try await doctor(server, status: 1)
        #expect(report.all("port").first?.text.contains("another journal") == true)
        let check = try await server.run("check", "--connect")
        #expect(check.status == 1 && check.output.contains("another journal"), "\(check.output)")
        #expect(await other.terminate() == 0)

        let stranger = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0)
            .get()
        let taken = try #require(stranger.localAddress?.port)
        let second = try await doctor(server, "--set", "http.port=\(taken)", status: 1)
        #expect(second.all("port").first?.text.contains("another program") == true)
        try await stranger.close()
    }

    @Test("a sink that fails, a broker that is away and a wrong configuration are wrong, each with what to do")
    func failing() async throws {
        let port = try BrokerPort.free()
        let dead = try BrokerPort.free()
        let server = try ServerProcess(
            plugins: plugins(port, #", { "plugin": "webhook", "name": "shop", "url": "http://127.0.0.1:\#(dead)/" }"#))
        try await server.start(["--port", "\(port)"])
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG","price":7.5}"#)
        try await eventually("the sink is retried") {
            try await server.get("/api/pipeline", as: PipelineResponse.self).sinks.contains { $0.state == "retrying" }
        }
        let report = try await doctor(server, status: 1)
        #expect(report.all("sink shop").map(\.level) == ["wrong"])

        let wrong = try await doctor(server, "--set", "http.prot=1", status: 1)
        #expect(wrong.findings.map(\.check) == ["configuration"] && wrong.findings[0].text.contains("prot"))
        let remote = try await doctor(server, "--plugins", "nowhere.json", "--server", server.url, status: 1)
        #expect(remote.all("configuration").map(\.level) == ["wrong"] && remote.all("server").map(\.level) == ["ok"])
    }

    private struct Sources: Decodable {
        struct Source: Decodable { let state: String }
        let sources: [Source]
    }

    private func state(of server: ServerProcess) async throws -> String? {
        let pipeline: Sources = try await server.get("/api/pipeline")
        return pipeline.sources.first?.state
    }

    @Test("a broker that runs is right, and its connection is left alone; one that is away is wrong")
    func broker() async throws {
        let (broker, port) = (try TestBroker(), try BrokerPort.free())
        let server = try ServerProcess(
            plugins: #"""
                { "http": { "port": \#(port) },
                  "sources": [{ "plugin": "mqtt-scanners", "name": "guns", "broker": "\#(broker.url)",
                                "devices": { "*": { "operation": "add", "location": "MAIN" } } }] }
                """#)
        try await server.start(["--port", "\(port)"])
        try await eventually("the source is connected") { try await state(of: server) == "connected" }
        var report = try await doctor(server, status: 0)
        #expect(report.all("connections").map(\.level) == ["ok"] && report.all("source guns").map(\.level) == ["ok"])
        #expect(try await state(of: server) == "connected" && !server.output.contains("warning tallywire"), "\(server.output)")
        broker.stop()
        try await eventually("the source has lost it") { try await state(of: server) != "connected" }
        report = try await doctor(server, status: 1)
        #expect(report.all("connections").map(\.level) == ["wrong"] && report.all("source guns").map(\.level) == ["wrong"])
    }

    @Test("a server with TLS and tokens is known by its port, and its entries are told to who has the role")
    func secured() async throws {
        let port = try BrokerPort.free()
        let server = try ServerProcess(
            plugins: #"""
                { "http": { "port": \#(port), "tls": { "certificate": "server.pem", "key": "server.key" } },
                  "auth": { "mode": "jwt", "secret": "0123456789abcdef0123456789abcdef" },
                  "sinks": [{ "plugin": "json-log", "path": "events.jsonl" }] }
                """#)
        try TestCertificate().write(into: URL(fileURLWithPath: server.folder.path))
        try await server.start(["--port", "\(port)"])
        var report = try await doctor(server, status: 1)
        #expect(report.all("port").map(\.level) == ["ok"])
        #expect(report.all("certificate").map(\.level) == ["warning"], "the one of the test is valid for a day")
        #expect(report.all("server").first?.text.contains("certificate is not trusted") == true)
        report = try await doctor(server, "--ca", "server.pem", status: 0)
        #expect(report.all("server").map(\.level) == ["ok"] && report.all("pipeline").map(\.level) == ["warning"])
        let token = try await server.run("token", "--role", "admin")
        report = try await doctor(
            server, "--ca", "server.pem", "--token", token.output.trimmingCharacters(in: .newlines), status: 0)
        #expect(report.all("sink json-log").map(\.level) == ["ok"] && report.all("pipeline").isEmpty)
    }

    @Test("a folder that cannot be made is wrong, and nothing is left behind")
    func folder() async throws {
        let server = try ServerProcess(plugins: plugins(0))
        try Data().write(to: URL(fileURLWithPath: server.folder.file("data")))
        let before = try FileManager.default.contentsOfDirectory(atPath: server.folder.path).sorted()
        let report = try await doctor(server, status: 1)
        #expect(report.all("folder").map(\.level) == ["wrong"] && report.all("port").isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: server.folder.path).sorted() == before)
    }
}
