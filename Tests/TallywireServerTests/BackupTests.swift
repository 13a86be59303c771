import Foundation
import GRDB
import NIOHTTP1
import SQLiteJournal
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireServer

@Suite("Backup and restore")
struct BackupTests {
    private func server() async throws -> ServerProcess {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG","price":7.5}"#)
        return server
    }

    private func move(_ server: ServerProcess, times: Int = 1) async throws {
        for _ in 0..<times {
            let (status, _) = try await server.call(
                .POST, "/api/movements", #"{"lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#)
            #expect(status == 200)
        }
    }

    private func record(_ server: ServerProcess, _ name: String) throws -> BackupRecord {
        try BackupRecord.read(of: server.folder.file(name))
    }

    @Test("a backup is made while the server writes, is whole, and older ones are kept by number")
    func rotation() async throws {
        let server = try await server()
        for _ in 0..<4 {
            async let moving: Void = move(server, times: 20)
            let result = try await server.run("backup", "--to", "copy.db", "--keep", "3")
            #expect(result.status == 0 && result.output.contains("folded again and whole"), "\(result.output)")
            try await moving
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: server.folder.path).filter { $0.hasPrefix("copy") }.sorted()
        #expect(
            files == ["copy.db", "copy.db.1", "copy.db.1.json", "copy.db.2", "copy.db.2.json", "copy.db.json", "copy.db.lock"])
        let seqs = try ["copy.db", "copy.db.1", "copy.db.2"].map { try record(server, $0).seq }
        #expect(seqs == seqs.sorted(by: >) && Set(seqs).count == 3)
        for name in ["copy.db", "copy.db.1", "copy.db.2"] {
            #expect(try await server.run("backup", "verify", name).status == 0)
        }
        let (_, metrics) = try await server.call(.GET, "/metrics")
        #expect(String(decoding: metrics, as: UTF8.self).contains("\ntallywire_backup_age_seconds "))
        #expect(await server.terminate() == 0)
    }

    @Test("a backup over HTTP is whole, is noted at the server, and one at a time is made")
    func remote() async throws {
        let server = try await server()
        try await move(server, times: 30)
        let away = try TemporaryFolder()
        async let moving: Void = move(server, times: 20)
        let arguments = ["backup", "--server", "\(server.url)", "--to", "copy.db", "--keep", "2"]
        for _ in 0..<2 {
            let result = try await ServerProcess.run(arguments, in: away.path)
            #expect(result.status == 0 && result.output.contains("folded again and whole"), "\(result.output)")
        }
        try await moving
        let record = try BackupRecord.read(of: away.file("copy.db"))
        #expect(record.seq >= 31)
        #expect(try await ServerProcess.run(["backup", "verify", "copy.db.1"], in: away.path).status == 0)
        // A copy whose body nobody takes goes too, so that the next one can be made.
        #expect(try await server.call(.HEAD, "/api/backup").status == 200)
        try await eventually("the copy is gone") { try await server.call(.GET, "/api/backup").status == 200 }
        let (_, metrics) = try await server.call(.GET, "/metrics")
        #expect(String(decoding: metrics, as: UTF8.self).contains("\ntallywire_backup_age_seconds "))
        let noted = LastBackup.read(of: server.folder.file("data/tallywire.db"))
        #expect(noted?.seq == record.seq && noted?.to.hasSuffix(away.file("copy.db")) == true)
        let left = try FileManager.default.contentsOfDirectory(atPath: server.folder.file("data")).filter { $0.hasPrefix("copy-") }
        #expect(left.isEmpty)

        let wrong = try await ServerProcess.run(arguments + ["--data", "data"], in: away.path)
        #expect(wrong.status == 64 && wrong.output.contains("give one of them"), "\(wrong.output)")
        #expect(try await server.call(.POST, "/api/backup?seq=999999&place=x").0 == 400)
        #expect(await server.terminate() == 0)
        let gone = try await ServerProcess.run(arguments, in: away.path)
        #expect(gone.status == 1 && gone.output.contains("does not answer"), "\(gone.output)")
        #expect(try BackupRecord.read(of: away.file("copy.db")) == record)
    }

    @Test("a journal whose events disagree with its values gives no backup, and the last good one stays")
    func damaged() async throws {
        let server = try await server()
        try await move(server, times: 3)
        #expect(try await server.run("backup", "--to", "copy.db").status == 0)
        #expect(await server.terminate() == 0)
        let good = try record(server, "copy.db")
        let queue = try DatabaseQueue(path: server.folder.file("data/tallywire.db"))
        try await queue.write { try $0.execute(sql: "UPDATE stock SET stock = stock + 1") }
        try queue.close()
        let result = try await server.run("backup", "--to", "copy.db", "--keep", "2")
        #expect(result.status == 1 && result.output.contains("so it is no backup"), "\(result.output)")
        #expect(try record(server, "copy.db") == good)
        #expect(!FileManager.default.fileExists(atPath: server.folder.file("copy.db.new")))
    }

    @Test("a backup of which a byte was changed, or whose record is missing, is refused by name")
    func changed() async throws {
        let server = try await server()
        #expect(try await server.run("backup", "--to", "copy.db").status == 0)
        #expect(await server.terminate() == 0)
        let path = server.folder.file("copy.db")
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: 9_000)
        try file.write(contentsOf: Data([0xFF]))
        try file.close()
        for arguments in [["backup", "verify", "copy.db"], ["restore", "copy.db", "--yes"]] {
            let result = try await ServerProcess.run(arguments, in: server.folder.path)
            #expect(result.status == 1 && result.output.contains("copy.db was changed since it was made"), "\(result.output)")
        }
        try FileManager.default.removeItem(atPath: path + ".json")
        let result = try await server.run("backup", "verify", "copy.db")
        #expect(result.status == 1 && result.output.contains("the backup was not finished"), "\(result.output)")
    }

    @Test(
        "what root's commands make beside the journal belongs to the owner of the folder, so that the server can open it",
        .enabled(if: geteuid() == 0, "root alone can give files away"))
    func owner() async throws {
        let server = try await server()
        try await move(server, times: 4)
        #expect(await server.terminate() == 0)
        let data = server.folder.file("data")
        func files() throws -> [String] {
            [data] + (try FileManager.default.subpathsOfDirectory(atPath: data)).map { data + "/" + $0 }
        }
        for file in try files() { #expect(chown(file, 12_345, 23_456) == 0) }
        for name in ["mark", "lock"] { try FileManager.default.removeItem(atPath: data + "/tallywire.db.\(name)") }
        for arguments in [
            ["backup", "--to", "data/copy.db"], ["restore", "data/copy.db", "--yes"], ["audit"], ["compact"],
            ["restore", "data/copy.db", "--yes", "--data", "data/another/folder"],
        ] {
            let result = try await ServerProcess.run(arguments, in: server.folder.path)
            #expect(result.status == 0, "\(arguments): \(result.output)")
        }
        let all = try files()
        #expect(all.contains { $0.contains(".replaced-") } && all.contains(data + "/another/folder"))
        let foreign = try all.filter {
            let attributes = try FileManager.default.attributesOfItem(atPath: $0)
            return attributes[.ownerAccountID] as? Int != 12_345 || attributes[.groupOwnerAccountID] as? Int != 23_456
        }
        #expect(foreign == [])
    }

    @Test(
        "a link that the owner of the folder has put there leads root's commands to no file of root's",
        .enabled(if: geteuid() == 0, "root alone can give files away"), arguments: ["lock", "mark", "backup"], [true, false])
    func link(name: String, isSymbolic: Bool) async throws {
        let server = try await server()
        #expect(await server.terminate() == 0)
        let data = server.folder.file("data")
        let (target, entry) = (server.folder.file("target"), data + "/tallywire.db.\(name)")
        try "of root".write(toFile: target, atomically: true, encoding: .utf8)
        #expect(chown(data, 12_345, 23_456) == 0)
        try? FileManager.default.removeItem(atPath: entry)
        #expect((isSymbolic ? symlink(target, entry) : Foundation.link(target, entry)) == 0)
        let made = try await server.run("backup", "--to", "copy.db")
        let restored = try await server.run("restore", "copy.db", "--yes")
        #expect(try FileManager.default.attributesOfItem(atPath: target)[.ownerAccountID] as? Int == 0, "\(made) \(restored)")
        if isSymbolic { #expect(try String(contentsOfFile: target, encoding: .utf8) == "of root", "\(made) \(restored)") }
    }

    @Test(
        "a restore says what is lost, needs a yes, keeps what was there, and gives the journal a new epoch that goes on after the backup"
    )
    func restore() async throws {
        let server = try await server()
        try await move(server, times: 4)
        #expect(try await server.run("backup", "--to", "copy.db").status == 0)
        let backup = try record(server, "copy.db")
        try await move(server, times: 3)
        let used = try await server.run("restore", "copy.db", "--yes")
        #expect(used.status == 1 && used.output.contains("in use by process"), "\(used.output)")
        #expect(await server.terminate() == 0)

        let asked = try await server.run("restore", "copy.db")
        #expect(
            asked.status == 1 && asked.output.contains("3 events more, \(backup.seq + 1) to \(backup.seq + 3)"), "\(asked.output)")
        #expect(asked.output.contains("Nothing was changed"))
        let done = try await server.run("restore", "copy.db", "--yes")
        #expect(done.status == 0, "\(done.output)")

        let kept = try FileManager.default.contentsOfDirectory(atPath: server.folder.file("data"))
            .first { $0.hasPrefix("tallywire.db.replaced-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
        let old = try await server.run("audit", "--data", "data/\(kept ?? "")")
        #expect(old.status == 0 && old.output.contains("events 1 to \(backup.seq + 3)"), "\(old.output)")

        try await server.start()
        struct Ready: Decodable {
            let epoch: String
            let seq: UInt64
        }
        let ready: Ready = try await server.get("/health/ready")
        #expect(ready.epoch != backup.epoch && ready.seq == backup.seq)
        #expect(done.output.contains(ready.epoch))
        struct Pipeline: Decodable {
            struct Position: Decodable {
                let epoch: String
                let seq: UInt64
            }
            let previous: Position?
        }
        let pipeline: Pipeline = try await server.get("/api/pipeline")
        #expect(pipeline.previous?.epoch == backup.epoch && pipeline.previous?.seq == backup.seq)
        try await move(server)
        #expect(await server.terminate() == 0)
        #expect(try await server.run("audit").status == 0)
    }

    @Test("an old copy that was put back by hand is asked about at a terminal, and with a no nothing of it is changed")
    func oldCopy() async throws {
        let server = try await server()
        #expect(await server.terminate() == 0)
        let path = server.folder.file("data/tallywire.db")
        let old = try #require(FileManager.default.contents(atPath: path))
        let position = try #require(JournalRestore(path: path).current())
        try await server.start()
        try await move(server, times: 3)
        #expect(await server.terminate() == 0)
        try old.write(to: URL(fileURLWithPath: path))
        let mark = FileManager.default.contents(atPath: path + ".mark")

        let arguments = ["serve", "--port", "0"]
        let refusing = try PseudoTerminal(arguments, in: server.folder.path)
        try await eventually("it asks") { refusing.output.contains("Go on? [y/N]") }
        #expect(
            refusing.output.contains("is not the one that was written last in its place: the log data/events.jsonl knows event"))
        refusing.type("n\n")
        try await eventually("it ends") { !refusing.isRunning }
        #expect(refusing.status != 0 && refusing.output.contains("Put the newest one in its place"), "\(refusing.output)")
        #expect(JournalRestore(path: path).current() == position)
        #expect(FileManager.default.contents(atPath: path + ".mark") == mark)

        let agreeing = try PseudoTerminal(arguments, in: server.folder.path)
        try await eventually("it asks again") { agreeing.output.contains("Go on? [y/N]") }
        agreeing.type("y\n")
        try await eventually("it serves") { agreeing.output.contains("/api/pipeline") }
        #expect(agreeing.output.contains("gets a new epoch"))
        agreeing.signal(SIGTERM)
        try await eventually("it ends in order") { !agreeing.isRunning }
        // Without a terminal it goes on, since nobody can answer.
        try old.write(to: URL(fileURLWithPath: path))
        try await server.start()
        #expect(server.output.contains("gets a new epoch"))
        #expect(await server.terminate() == 0)
    }

    /// `BACKUP_KILLS` rounds; a few of them in each run of the tests.
    static let rounds = ProcessInfo.processInfo.environment["BACKUP_KILLS"].flatMap { Int($0) } ?? 6

    @Test("a backup that is killed at any moment leaves only good ones under the name of a backup", arguments: 0..<rounds)
    func killed(_ round: Int) async throws {
        let server = try await server()
        try await move(server, times: 10)
        #expect(try await server.run("backup", "--to", "copy.db", "--keep", "3").status == 0)
        let moving = Task { try await move(server, times: 200) }
        let process = Process()
        process.executableURL = ServerProcess.executable
        process.arguments = ["backup", "--to", "copy.db", "--keep", "3"]
        process.currentDirectoryURL = URL(fileURLWithPath: server.folder.path)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try await Task.sleep(for: .milliseconds(20 + round * 37 % 240))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        for name in ["copy.db", "copy.db.1", "copy.db.2"]
        where FileManager.default.fileExists(atPath: server.folder.file(name + ".json")) {
            let result = try await server.run("backup", "verify", name)
            #expect(result.status == 0, "\(result.output)")
        }
        #expect(try await server.run("backup", "--to", "copy.db", "--keep", "3").status == 0)
        try await moving.value
        #expect(await server.terminate() == 0)
        #expect(try await server.run("audit").status == 0)
    }
}
