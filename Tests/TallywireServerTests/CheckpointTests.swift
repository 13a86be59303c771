import Foundation
import GRDB
import NIOHTTP1
import TestSupport
import Testing

@testable import TallywireServer

@Suite("Checkpoints of a server")
struct CheckpointTests {
    private func move(_ server: ServerProcess, times: Int) async throws {
        for _ in 0..<times {
            let (status, _) = try await server.call(
                .POST, "/api/movements", #"{"lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#)
            #expect(status == 200)
        }
    }

    private func text(_ server: ServerProcess, _ path: String) async throws -> String {
        let (status, body) = try await server.call(.GET, path)
        #expect(status == 200)
        return String(decoding: body, as: UTF8.self)
    }

    @Test(
        "a checkpoint agrees with the journal later, and not once an event was changed, even if the journal's hashes were changed with it"
    )
    func life() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG","price":7.5}"#)
        try await move(server, times: 5)
        let note = try await text(server, "/api/checkpoint")
        try note.write(toFile: server.folder.file("noted.txt"), atomically: true, encoding: .utf8)
        try await text(server, "/api/checkpoint/key").write(
            toFile: server.folder.file("noted.pub"), atomically: true, encoding: .utf8)
        let key = server.folder.file("data/checkpoint.key")
        #expect(try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int == 0o600)
        try await move(server, times: 3)
        #expect(await server.terminate() == 0)

        let agreed = try await server.run("audit", "--checkpoint", "noted.txt")
        #expect(agreed.status == 0 && agreed.output.contains("noted.txt agrees"), "\(agreed.output)")
        #expect(try await server.run("audit", "--checkpoint", "noted.txt", "--key", "noted.pub").status == 0)

        try note.replacing("\n9\n", with: "\n8\n").write(toFile: server.folder.file("other.txt"), atomically: true, encoding: .utf8)
        let changed = try await server.run("audit", "--checkpoint", "other.txt")
        #expect(changed.status == 1 && changed.output.contains("other.txt: the signature of"), "\(changed.output)")

        let queue = try DatabaseQueue(path: server.folder.file("data/tallywire.db"))
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "UPDATE events SET json = CAST(CAST(json AS TEXT) || ' ' AS BLOB) WHERE seq = 6")
            try db.execute(sql: "DELETE FROM chain WHERE seq > 0; DELETE FROM chain_head")
        }
        try queue.close()
        #expect(try await server.run("audit").status == 0)
        let found = try await server.run("audit", "--checkpoint", "noted.txt")
        #expect(found.status == 1 && found.output.contains("noted.txt has another hash of event"), "\(found.output)")
    }

    @Test("a key file that cannot be used stops the start and says what to do, and is not replaced")
    func badKey() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        let data = server.folder.file("data")
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try "nonsense".write(toFile: data + "/checkpoint.key", atomically: true, encoding: .utf8)
        let result = try await server.run("serve", "--port", "0")
        #expect(result.status == 1)
        #expect(
            result.output.contains("checkpoint.key cannot be used") && result.output.contains("Put the key back"),
            "\(result.output)")
        #expect(try String(contentsOfFile: data + "/checkpoint.key", encoding: .utf8) == "nonsense")
    }

    @Test("what a checkpoint says is read as it is written, and nothing else is one")
    func text() throws {
        let hash = Data(repeating: 7, count: 32).base64EncodedString()
        let text = "tallywire/e-1\n12\n\(hash)\nchain e-0 3\n"
        let checkpoint = try Checkpoint(reading: text)
        #expect(checkpoint.text == text && checkpoint.seq == 12 && checkpoint.origin == ("e-0", 3))
        for wrong in [
            "", "other/e\n1\n\(hash)\nchain e 0\n", "tallywire/e\nx\n\(hash)\nchain e 0\n", "tallywire/e\n1\nAAAA\nchain e 0\n",
        ] {
            #expect(throws: NotACheckpoint.self) { try Checkpoint(reading: wrong) }
        }
    }
}
