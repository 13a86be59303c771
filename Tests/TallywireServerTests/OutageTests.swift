import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

@Suite("Outages", .timeLimit(.minutes(3)))
struct OutageTests {
    @Test("a broker that is down and a log that cannot be written hold up nobody, and both catch up in order when they are back")
    func brokerAndLog() async throws {
        let broker = try TestBroker()
        broker.stop()
        let server = try ServerProcess(
            plugins: """
                {
                  "sinks": [
                    { "plugin": "mqtt", "name": "displays", "broker": "\(broker.url)", "retry": { "max": "300ms" }, "publish": [
                      { "events": ["inventory_updated"], "topic": "displays/{location}/{sku}", "retain": true, "payload": "display" } ] },
                    { "plugin": "json-log", "name": "blocked", "path": "blocked/events.jsonl", "retry": { "max": "300ms" } },
                    { "plugin": "json-log", "name": "log", "path": "data/events.jsonl" }
                  ]
                }
                """)
        // A file where a folder should be.
        try "in the way".write(toFile: server.folder.file("blocked"), atomically: true, encoding: .utf8)
        try await server.start()
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#)
        for _ in 0..<20 {
            let (status, _) = try await server.call(
                .POST, "/api/movements", #"{"lines":[{"sku":"MUG","operation":"add","quantity":5}]}"#)
            #expect(status == 200)
        }
        func sinks() async throws -> [String: PipelineResponse.Sink] {
            let response: PipelineResponse = try await server.get("/api/pipeline")
            return Dictionary(response.sinks.map { ($0.name, $0) }) { first, _ in first }
        }
        try await eventually("the healthy log has everything") { try await sinks()["log"]?.pending == 0 }
        for name in ["displays", "blocked"] {
            try await eventually("\(name) says what is wrong", within: .seconds(30)) { try await sinks()[name]?.lastError != nil }
            let sink = try #require(try await sinks()[name])
            #expect(sink.delivered == 0 && sink.pending > 0 && sink.isConserved)
        }

        try FileManager.default.removeItem(atPath: server.folder.file("blocked"))
        try FileManager.default.createDirectory(atPath: server.folder.file("blocked"), withIntermediateDirectories: false)
        try broker.start()
        let response = try await server.drained(within: .seconds(90))
        #expect(response.sinks.allSatisfy { $0.isConserved })
        let blocked = try String(contentsOfFile: server.folder.file("blocked/events.jsonl"), encoding: .utf8)
        let log = try String(contentsOfFile: server.folder.file("data/events.jsonl"), encoding: .utf8)
        #expect(blocked == log && log.split(separator: "\n").count == Int(response.seq))
        #expect(await server.terminate() == 0)
    }

    @Test("a journal that cannot grow refuses movements with a clear error, nobody sees them, and it goes on when there is room")
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        guard let disk = try SmallDisk(at: folder.file("disk")) else { return }
        let server = try ServerProcess(plugins: CommandTests.minimal)
        // Without the limits that let it not come so far.
        try await server.start(["--data", disk.path, "--set", "journal.disk.warn=0", "--set", "journal.disk.stop=0"])
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#)
        try disk.fill()
        var refusal = ""
        var applied = 0
        for _ in 0..<2_000 where refusal.isEmpty {
            let (status, body) = try await server.call(
                .POST, "/api/movements", #"{"lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#)
            if status == 200 { applied += 1 } else { refusal = "\(status) \(String(decoding: body, as: UTF8.self))" }
        }
        #expect(refusal.hasPrefix("503 ") && refusal.contains("unavailable") && refusal.contains("full"), "\(refusal)")
        #expect(try await server.call(.GET, "/health/ready").status == 503)
        let events = try await server.allEvents().filter { $0.type == "inventory_updated" }
        #expect(events.count == applied && events.last?.data.stock ?? 0 == Int64(applied))

        try disk.makeRoom()
        let (status, _) = try await server.call(
            .POST, "/api/movements", #"{"lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#)
        #expect(status == 200)
        #expect(try await server.call(.GET, "/health/ready").status == 200)
        #expect(await server.terminate() == 0)
        #expect(try await server.run("audit", "--data", disk.path).status == 0)
    }
}

/// A file system in memory of 8 MiB. `nil` where mounting is not allowed, that is without root.
private final class SmallDisk {
    let path: String
    private var filler: String { path + "/filler" }

    init?(at path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=8m") == 0 else { return nil }
    }

    /// Takes all of the space but a little.
    func fill() throws {
        let file = try #require(fopen(filler, "w"))
        defer { fclose(file) }
        let block = [UInt8](repeating: 0, count: 4_096)
        while fwrite(block, 1, block.count, file) == block.count, fflush(file) == 0 {}
    }

    func makeRoom() throws { try FileManager.default.removeItem(atPath: filler) }

    deinit { umount2(path, Int32(MNT_DETACH)) }
}
