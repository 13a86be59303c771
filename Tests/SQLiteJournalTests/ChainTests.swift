import Crypto
import Foundation
import GRDB
import SQLiteJournal
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@Suite("The chain of hashes")
struct ChainTests {
    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db") }

    init() throws { folder = try TemporaryFolder() }

    /// A closed journal with a catalogue and so many movements.
    @discardableResult
    private func write(_ movements: Int, batch: Int = 1, to path: String? = nil) async throws -> JournalScript {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path ?? self.path)
        try journal.append(script.catalogue())
        for _ in 0..<movements / batch { try journal.append(script.movements(batch)) }
        try journal.close()
        return script
    }

    private func edit<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction(body)
    }

    /// The hash as its definition says, made from the rows of the journal.
    private func defined() throws -> String {
        try edit { db in
            let epoch = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'") ?? ""
            var hash = Data(SHA256.hash(data: Data(epoch.utf8)))
            for row in try Row.fetchAll(db, sql: "SELECT seq, json FROM events ORDER BY seq") {
                let seq: Int64 = row["seq"]
                let json: Data = row["json"]
                hash = Data(SHA256.hash(data: hash + withUnsafeBytes(of: seq.bigEndian) { Data($0) } + json))
            }
            return hash.map { String(format: "%02x", $0) }.joined()
        }
    }

    @Test("each hash is SHA-256 of the hash before it, the number and the JSON of the event, and the first that of the epoch")
    func definition() async throws {
        try await write(20)
        let report = try JournalAudit.run(path: path)
        #expect(report.chain.seq == report.last && report.last > 20)
        #expect(try report.chain.hex == defined())
        #expect(report.origin.seq == 0 && report.origin.epoch == report.epoch)
        let journal = try SQLiteJournal(path: path)
        #expect(try await journal.chainHash() == report.chain)
        try journal.close()
    }

    @Test("an empty journal has the hash of its epoch")
    func empty() async throws {
        let journal = try SQLiteJournal(path: path, configuration: SQLiteJournal.Configuration(epoch: "main"))
        #expect(
            try await journal.chainHash().hex == SHA256.hash(data: Data("main".utf8)).map { String(format: "%02x", $0) }.joined())
        try journal.close()
    }

    @Test("every byte of every event that is changed is noticed")
    func everyByte() async throws {
        try await write(4)
        let events = try edit { db in try Row.fetchAll(db, sql: "SELECT seq, json FROM events ORDER BY seq") }
        var tried = 0
        for row in events {
            let (seq, json): (Int64, Data) = (row["seq"], row["json"])
            for index in json.indices {
                var changed = json
                changed[index] ^= 1
                try edit { try $0.execute(sql: "UPDATE events SET json = ? WHERE seq = ?", arguments: [changed, seq]) }
                let report = try JournalAudit.run(path: path)
                if report.difference == nil { Issue.record("byte \(index) of event \(seq) was changed, and the audit agrees") }
                tried += 1
            }
            try edit { try $0.execute(sql: "UPDATE events SET json = ? WHERE seq = ?", arguments: [json, seq]) }
        }
        #expect(tried > 1_000)
        #expect(try JournalAudit.run(path: path).difference == nil)
    }

    @Test("an event that is changed so that it means the same is told by the events among which it is")
    func sameMeaning() async throws {
        try await write(2_600, batch: 100)
        #expect(try edit { try Int64.fetchAll($0, sql: "SELECT seq FROM chain ORDER BY seq") } == [0, 1_024, 2_048])
        // White space means nothing in JSON.
        try edit { try $0.execute(sql: "UPDATE events SET json = CAST(CAST(json AS TEXT) || ' ' AS BLOB) WHERE seq = 1500") }
        let difference = try JournalAudit.run(path: path).difference
        #expect(
            difference == "one of the events 1025 to 2048 was changed: the journal's own chain has another hash of event 2048")
    }

    @Test("what a crash kept from being stored is made again")
    func crashed() async throws {
        try await write(1_500, batch: 50)
        let whole = try JournalAudit.run(path: path).chain
        try edit { try $0.execute(sql: "DELETE FROM chain WHERE seq > 0; DELETE FROM chain_head") }
        let journal = try SQLiteJournal(path: path)
        #expect(try await journal.chainHash() == whole)
        try journal.close()
        #expect(try edit { try Int64.fetchAll($0, sql: "SELECT seq FROM chain ORDER BY seq") } == [0, 1_024])
        #expect(try JournalAudit.run(path: path).difference == nil)
    }

    @Test("retention keeps the hash before the first event that is left, and the chain goes on from it")
    func pruned() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        for _ in 0..<50 { try journal.append(script.movements(40)) }
        let before = try await journal.chainHash()
        _ = try await journal.prune(Retention(age: .zero), protected: 1_300, now: Timestamp(milliseconds: .max / 2))
        #expect(try await journal.range().first == 1_301)
        #expect(try await journal.chainHash() == before)
        try journal.append(script.movements(5))
        try journal.close()
        #expect(try edit { try Int64.fetchAll($0, sql: "SELECT seq FROM chain ORDER BY seq") }.first == 1_300)
        let report = try JournalAudit.run(path: path)
        #expect(report.difference == nil && report.first == 1_301 && report.chain.seq == report.last)
        try edit { try $0.execute(sql: "UPDATE chain SET hash = zeroblob(32) WHERE seq = 1300") }
        #expect(try JournalAudit.run(path: path).difference?.contains("was changed") == true)
    }

    @Test("a hash that was written down elsewhere finds a journal whose chain was forged with it")
    func claims() async throws {
        try await write(30)
        let report = try JournalAudit.run(path: path)
        let claim = JournalAudit.Claim(epoch: report.epoch, seq: report.last, hash: report.chain.bytes, name: "noted")
        #expect(try JournalAudit.run(path: path, claims: [claim]).difference == nil)
        try edit { db in
            try db.execute(sql: "UPDATE events SET json = CAST(CAST(json AS TEXT) || ' ' AS BLOB) WHERE seq = 12")
            try db.execute(sql: "DELETE FROM chain WHERE seq > 0; DELETE FROM chain_head")
        }
        #expect(try JournalAudit.run(path: path).difference == nil)
        #expect(try JournalAudit.run(path: path, claims: [claim]).difference?.contains("noted has another hash of event") == true)
        func difference(_ epoch: String, _ seq: UInt64) throws -> String? {
            let claim = JournalAudit.Claim(epoch: epoch, seq: seq, hash: report.chain.bytes, name: "noted")
            return try JournalAudit.run(path: path, claims: [claim]).difference
        }
        #expect(try difference(report.epoch, report.last + 1)?.contains("the journal ends with event \(report.last)") == true)
        #expect(try difference("other", 3)?.contains("is of a journal that began as other") == true)
    }

    @Test("a journal of an earlier version gets a chain that begins with its events")
    func upgraded() async throws {
        try await write(10)
        let whole = try JournalAudit.run(path: path).chain
        try edit { db in
            try db.execute(sql: "DROP TABLE chain; DROP TABLE chain_head; DELETE FROM meta WHERE key LIKE 'chain!_%' ESCAPE '!'")
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier LIKE '16:%'")
        }
        let journal = try SQLiteJournal(path: path)
        #expect(try await journal.chainHash() == whole)
        try journal.close()
    }

    @Test("a copy that gets a new epoch goes on with the chain of before")
    func copied() async throws {
        try await write(10)
        let before = try JournalAudit.run(path: path)
        let elsewhere = folder.file("elsewhere/tallywire.db")
        try FileManager.default.createDirectory(atPath: folder.file("elsewhere"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: path, toPath: elsewhere)
        let journal = try SQLiteJournal(path: elsewhere)
        #expect(journal.epoch != before.epoch)
        #expect(try await journal.chainHash() == before.chain)
        try journal.close()
        let report = try JournalAudit.run(path: elsewhere)
        #expect(report.origin.epoch == before.epoch && report.difference == nil)
    }
}

extension JournalScript {
    /// So many movements in one batch.
    fileprivate mutating func movements(_ count: Int) -> JournalBatch {
        let line = Movement.Line(item: .sku("A-1"), location: "MAIN", operation: .add, quantity: 1)
        return batch(Array(repeating: .move(Movement(lines: [line])), count: count))
    }
}
