import Foundation
import GRDB
import SQLiteJournal
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@Suite("A journal that several nodes have")
struct ReplicaTests {
    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db") }
    private let node = SQLiteJournal.Configuration(epoch: "cluster-1", durability: .normal)

    init() throws { folder = try TemporaryFolder() }

    /// Copies a journal that is closed over what is at `target`, as somebody would who puts a journal back.
    private func put(_ from: String, at target: String) throws {
        if FileManager.default.fileExists(atPath: target) { try FileManager.default.removeItem(atPath: target) }
        try FileManager.default.copyItem(atPath: from, toPath: target)
    }

    /// Opens the journal, applies entries until `last`, and closes it.
    private func run(
        _ script: inout JournalScript, _ configuration: SQLiteJournal.Configuration, until last: UInt64, at path: String? = nil
    ) throws {
        let journal = try SQLiteJournal(path: path ?? self.path, configuration: configuration)
        if script.state.seq == 0 { try journal.append(script.entry(1, script.catalogue())) }
        while try journal.applied() < last { try journal.append(script.entry(journal.applied() + 1, script.movement(1))) }
        try journal.close()
    }

    private func epoch(_ configuration: SQLiteJournal.Configuration = .init()) throws -> String {
        let journal = try SQLiteJournal(path: path, configuration: configuration)
        defer { try? journal.close() }
        return journal.epoch
    }

    @Test("gets the epoch that is given while it has no events, and is refused with another, which names both")
    func givenEpoch() throws {
        let own = try epoch()
        #expect(own != "cluster-1", "a server by itself makes one")
        var script = JournalScript()
        try run(&script, node, until: 3)
        #expect(try epoch(node) == "cluster-1" && epoch() == "cluster-1")
        let error = #expect(throws: JournalError.self) { try epoch(.init(epoch: "cluster-2")) }
        #expect(error?.code == .foreign)
        for part in ["cluster-1", "cluster-2", path, "move its files away"] { #expect(error?.message.contains(part) == true) }
        #expect(try epoch(node) == "cluster-1", "a refusal changes nothing")
    }

    @Test("that has applied entries without events is no empty one")
    func entriesAlone() throws {
        let journal = try SQLiteJournal(path: path, configuration: node)
        try journal.append(JournalScript().entry(5, positions: ["log": 0]))
        try journal.close()
        #expect(throws: JournalError.self) { try epoch(.init(epoch: "cluster-2")) }
    }

    @Test("knows its last entry after a restart, and goes on after it")
    func restart() async throws {
        var script = JournalScript()
        try run(&script, node, until: 4)
        let journal = try SQLiteJournal(path: path, configuration: node)
        #expect(try journal.applied() == 4)
        #expect(throws: JournalError.self) { try journal.append(script.entry(4, positions: ["log": 1])) }
        try journal.append(script.entry(5, positions: ["log": 6]))
        try journal.close()
        let again = try SQLiteJournal(path: path, configuration: node)
        #expect(try again.applied() == 5)
        #expect(try await again.cursor(of: "log") == 6)
        try again.close()
    }

    @Test("waits for the disk at each commit unless it is told that a log keeps the same")
    func durability() throws {
        for (durability, mode) in [(SQLiteJournal.Durability.full, 2), (.normal, 1)] {
            let journal = try SQLiteJournal(path: path, configuration: .init(durability: durability))
            #expect(try journal.synchronousMode() == mode)
            try journal.close()
        }
    }

    @Test("says what is on its disk, also while entries come in, and no more than that")
    func flush() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path, configuration: node)
        try journal.append(script.entry(1, script.catalogue()))
        #expect(try await journal.flush() == 1)
        for index in UInt64(2)...40 {
            async let flushed = journal.flush()
            try journal.append(script.entry(index, script.movement(1)))
            #expect(try await [index - 1, index].contains(flushed))
        }
        try journal.close()
    }

    @Test("says nothing about its disk any more once that has failed, until it is opened again")
    func brokenFlush() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path, configuration: node)
        try journal.append(script.entry(1, script.catalogue()))
        // The journal's own descriptors stay, so commits go on.
        try FileManager.default.moveItem(atPath: path + "-wal", toPath: folder.file("away"))
        let error = await #expect(throws: JournalError.self) { try await journal.flush() }
        #expect(error?.code == .storage)
        for part in ["\(path)-wal", "cannot be opened", "start again"] { #expect(error?.message.contains(part) == true) }
        try FileManager.default.moveItem(atPath: folder.file("away"), toPath: path + "-wal")
        try journal.append(script.entry(2, script.movement(1)))
        #expect(await #expect(throws: JournalError.self) { try await journal.flush() } == error)
        try journal.close()
        let again = try SQLiteJournal(path: path, configuration: node)
        #expect(try await again.flush() == 2)
        try again.close()
    }

    @Test("stores answers of an entry byte for byte, and reads those that earlier versions stored")
    func answers() throws {
        var script = JournalScript()
        let receipt = #"{"receipt":{"movementId":"scan-1","status":"applied","seq":40,"lines":[]}}"#
        let rejection =
            #"{"rejection":{"code":"insufficient_stock","message":"nothing “left”","field":"lines[0]","available":0},"asked":{"source":"test"}}"#
        // Members that this program does not write are kept too.
        let other = #"{"receipt":{"movementId":"scan-3","status":"applied","seq":null,"lines":[],"later":1}}"#
        let fingerprint = CommandFingerprint(written: 1, resolved: .max)
        var batch = script.entry(1, script.catalogue())
        batch.answers = zip(["scan-1", "scan-2", "scan-3"], [receipt, rejection, other]).map {
            StoredAnswer(id: $0, fingerprint: fingerprint, json: Array($1.utf8), timestamp: script.now)
        }
        let applied = Outcome.applied(Receipt(movementID: "scan-1", seq: 40))
        let rejected = Outcome.rejected(Rejection(.insufficientStock, "nothing “left”", field: "lines[0]", available: 0))
        batch.answers += [
            StoredAnswer(id: "own-1", fingerprint: fingerprint, outcome: applied, timestamp: script.now),
            StoredAnswer(
                id: "own-2", fingerprint: fingerprint, outcome: rejected, timestamp: script.now, asked: ["source": "test"]),
        ]
        let journal = try SQLiteJournal(path: path, configuration: node)
        try journal.append(batch)
        for answer in batch.answers { #expect(try journal.answer(to: answer.id) == answer) }
        #expect(try journal.answer(to: "scan-2")?.outcome == rejected && journal.answer(to: "scan-2")?.asked == ["source": "test"])
        #expect(try journal.answer(to: "scan-3")?.outcome.receipt?.movementID == "scan-3")
        try journal.close()
        let queue = try DatabaseQueue(path: path)
        let stored = try queue.read { try String.fetchAll($0, sql: "SELECT CAST(outcome AS TEXT) FROM answers ORDER BY row") }
        #expect(stored == [receipt, rejection, other, receipt, rejection])
    }

    @Test("keeps its epoch where a power cut put it back, and goes on after its own last entry")
    func putBack() throws {
        var script = JournalScript()
        try run(&script, node, until: 3)
        try put(path, at: folder.file("before"))
        var cut = script
        try run(&script, node, until: 9)
        try put(folder.file("before"), at: path)
        // What a log or a sink outside of the journal knows is no reason either.
        var configuration = node
        configuration.known = [JournalWitness(name: "the log", epoch: "cluster-1", seq: script.state.seq)]
        let journal = try SQLiteJournal(path: path, configuration: configuration)
        #expect(try journal.epoch == "cluster-1" && journal.applied() == 3)
        try journal.close()
        try run(&cut, node, until: 9)
        #expect(try JournalAudit.run(path: path).difference == nil)
        try put(folder.file("before"), at: path)
        #expect(try epoch() != "cluster-1", "a server by itself gives other events the same numbers")
    }

    @Test("keeps its epoch as the copy of another node's, also in the place of its own older one")
    func copyOfPeer() throws {
        let peer = folder.file("peer.db")
        var (mine, theirs) = (JournalScript(), JournalScript())
        try run(&mine, node, until: 2)
        try run(&theirs, node, until: 8, at: peer)
        try put(peer, at: path)
        let journal = try SQLiteJournal(path: path, configuration: node)
        #expect(try journal.epoch == "cluster-1" && journal.applied() == 8)
        try journal.close()
    }

    @Test("in memory loses its last batches as a power cut takes them, with answers, cursors and what was pruned since")
    func losing() async throws {
        var script = JournalScript()
        let journal = InMemoryJournal()
        try journal.append(script.entry(1, script.catalogue()))
        try await journal.storeCursor(1, of: "log")
        try journal.append(script.entry(2, script.movement(5, id: "a")))
        let kept = script.state
        try journal.append(script.entry(3, script.movement(6, id: "b"), positions: ["log": 4]))
        try journal.append(script.entry(4, positions: ["log": 5]))
        _ = try await journal.prune(Retention(age: .zero), protected: 4, now: script.now.advanced(by: .seconds(9)))
        #expect(try await journal.range().first == 5)
        let left = try journal.losing(lastBatches: 2)
        #expect(try left.epoch == journal.epoch && left.applied() == 2 && left.load().variants == kept.variants)
        #expect(try left.answer(to: "a") != nil && left.answer(to: "b") == nil)
        #expect(try await left.cursor(of: "log") == 1)
        #expect(try await left.range() == (1, kept.seq))
        #expect(try journal.losing(lastBatches: 0).applied() == 4 && journal.losing(lastBatches: 99).load().seq == 0)
        #expect(try await journal.losing(lastBatches: 0).range().first == 5)
        try left.append(script.entry(3, positions: ["log": 2]))
        #expect(try await journal.flush() == 4)
        #expect(try journal.losing(lastBatches: 9).applied() == 4, "what is flushed is not lost")
        try journal.append(script.entry(5))
        try journal.append(script.entry(6))
        #expect(try journal.losing(lastBatches: 1).applied() == 5 && journal.losing(lastBatches: 9).applied() == 4)
    }
}
