import Foundation
import GRDB
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import SQLiteJournal

@Suite("SQLite journal")
struct SQLiteJournalTests {
    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db") }

    init() throws { folder = try TemporaryFolder() }

    @Test("a cursor that is being written is not the one from before")
    func cursorsBeingWritten() {
        var cursors = Cursors()
        cursors.set(7, of: "log")
        let first = cursors.takeDirty()
        #expect(first == ["log": 7] && cursors.pending("log") == 7, "nobody knows yet whether it is on disk")
        cursors.set(9, of: "log")
        let second = cursors.takeDirty()
        cursors.written(first)
        #expect(cursors.pending("log") == 9)
        cursors.putBack(second)
        #expect(cursors.pending("log") == 9 && cursors.takeDirty() == second)
        cursors.written(second)
        #expect(cursors.pending("log") == nil && cursors.takeDirty().isEmpty)
    }

    @Test("a position of a batch replaces a cursor that waits, and one that was taken before and not written yet")
    func positionsBesideCursors() {
        var cursors = Cursors()
        cursors.set(7, of: "log")
        cursors.set(1, of: "shop")
        let due = cursors.takeDirty()
        cursors.set(8, of: "log")
        cursors.written([:], with: ["log": 5])
        #expect(cursors.pending("log") == nil && cursors.pending("shop") == 1)
        #expect(cursors.unwritten(of: due) == ["shop": 1], "what is written after the batch leaves the batch's position alone")
        cursors.putBack(due)
        #expect(cursors.takeDirty() == ["shop": 1], "also where writing failed and is tried again")
    }

    @Test("does what every journal does", arguments: JournalConformance.checks)
    func conformance(check: JournalConformance) async throws {
        try await check.run(on: try SQLiteJournal(path: path))
    }

    @Test("the twin in memory does the same", arguments: JournalConformance.checks)
    func twin(check: JournalConformance) async throws {
        try await check.run(on: InMemoryJournal())
    }

    @Test("everything is there again after closing and opening")
    func reopening() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        try journal.append(script.movement(5, id: "scan-1"))
        try await journal.storeCursor(2, of: "log")
        try await journal.storeCursor(3, of: "log")
        let epoch = journal.epoch
        try journal.close()

        let again = try SQLiteJournal(path: path)
        let state = try again.load()
        #expect(again.epoch == epoch && state.seq == script.state.seq)
        #expect(state.variants == script.state.variants && state.products == script.state.products)
        #expect(try again.answer(to: "scan-1") != nil)
        #expect(try await again.cursor(of: "log") == 3)
        try again.append(script.movement(1))
    }

    @Test("items exchange their SKUs in one batch, and all of it is there again after opening")
    func exchangedSKUs() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        try journal.append(script.movement(5))
        try journal.append(
            script.batch([(11, "X"), (12, "A-1"), (11, "A-2")].map { .updateVariant(VariantID($0), VariantUpdate(sku: $1)) }))
        #expect(try await journal.variant(.sku("A-2")).value?.variant.stock == 5)
        #expect(try await journal.variant(.sku("X")).value == nil)
        #expect(try await journal.products(after: nil, limit: 9, search: "a-1").value.count == 1)
        #expect(try await journal.products(after: nil, limit: 9, search: "x").value.isEmpty)
        try journal.close()
        let again = try SQLiteJournal(path: path)
        #expect(try again.load().variants == script.state.variants)
        // A new variant goes on from the version at which the SKU was given up.
        try again.append(script.batch([.addVariant(ProductID(1), NewVariant(sku: "X", name: "New"))]))
        #expect(try await again.variant(.sku("X")).value?.variant.version == 1)
        try again.close()
        #expect(try JournalAudit.run(path: path).difference == nil)
    }

    @Test("a failed commit of a rename and of a removed location leaves state and disk as they were")
    func undoneChanges() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        try journal.append(script.batch([.createLocation(Location(code: "BACK", name: "Back", priority: 4))]))
        var state = script.state
        let before = state
        let actions: [Command.Action] = [
            .updateVariant(VariantID(11), VariantUpdate(sku: "B-1")), .updateLocation("BACK", LocationUpdate(name: "Rear")),
            .removeLocation("BACK"), .createLocation(Location(code: "NEW", name: "New")),
        ]
        for action in actions {
            let decision = state.decide(Command(source: "test", action: action), id: "x", now: script.now)
            #expect(decision.outcome.receipt != nil)
        }
        state.undo(state.changes)
        #expect(state.locations == before.locations && state.variants == before.variants)
        #expect(state.variant(withSKU: "A-1") == VariantID(11) && state.variant(withSKU: "B-1") == nil)
        #expect(try journal.load().locations == before.locations)
        // The same changes, kept.
        try journal.append(script.batch(actions))
        #expect(try journal.load().locations == script.state.locations)
        #expect(try await journal.removedLocations().value == ["BACK"])
        try journal.close()
        #expect(try JournalAudit.run(path: path).difference == nil)
    }

    @Test("every commit is flushed to the disk, also after the file was opened again")
    func synchronous() throws {
        for _ in 0..<2 {
            let journal = try SQLiteJournal(path: path)
            #expect(try journal.synchronousMode() == 2)
            try journal.close()
        }
    }

    @Test("a second journal on the same file is refused, with the process that has it")
    func secondProcess() throws {
        let journal = try SQLiteJournal(path: path)
        let error = #expect(throws: JournalError.self) { try SQLiteJournal(path: path) }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("in use by process \(getpid())") == true)
        try journal.close()
        #expect(throws: Never.self) { try SQLiteJournal(path: path).close() }
    }

    @Test(
        "a file that is no journal is refused with a clear error",
        arguments: ["not a database", String(repeating: "x", count: 9_000)])
    func noJournal(contents: String) throws {
        try contents.write(toFile: path, atomically: true, encoding: .utf8)
        let error = #expect(throws: JournalError.self) { try SQLiteJournal(path: path) }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains(path) == true && error?.message.contains("restore it from a backup") == true)
    }

    @Test("a damaged page is a clear error and no crash")
    func damagedPage() throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        for _ in 0..<2_000 { try journal.append(script.movement(1)) }
        try journal.close()
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        for page in 1..<12 {
            try file.seek(toOffset: UInt64(page * 16_384))
            try file.write(contentsOf: Data(repeating: 0xA5, count: 16_384))
        }
        try file.close()
        let error = #expect(throws: JournalError.self) { _ = try SQLiteJournal(path: path).load() }
        #expect(error?.code == .damaged)
    }

    @Test("a full disk refuses the batch and leaves nothing of it, and the next one works once there is room")
    func fullDisk() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        try journal.limitPages(to: 64)
        var failed: JournalBatch?
        for _ in 0..<5_000 where failed == nil {
            let batch = script.movement(1, id: "scan-\(script.state.seq)")
            do { try journal.append(batch) } catch let error as JournalError {
                #expect(error.code == .storage && error.message.contains("full"))
                failed = batch
            }
        }
        let batch = try #require(failed)
        let first = try #require(batch.events.first?.seq)
        #expect(try await journal.range().last == first - 1)
        #expect(try journal.answer(to: batch.answers[0].id) == nil)
        try journal.limitPages(to: 1_000_000)
        try journal.append(batch)
        #expect(try await journal.range().last == batch.events.last?.seq)
    }

    @Test("answers older than they are kept for go, newer ones stay")
    func keptAnswers() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path, configuration: .init(keepAnswers: .milliseconds(5)))
        try journal.append(script.catalogue())
        for number in 0..<20 { try journal.append(script.movement(1, id: "scan-\(number)")) }
        #expect(try journal.answer(to: "scan-19") != nil && journal.answer(to: "scan-16") != nil)
        #expect(try journal.answer(to: "scan-0") == nil)
        _ = try await journal.prune(Retention(), protected: 0, now: script.now)
        #expect(try journal.answer(to: "scan-19") != nil && journal.answer(to: "scan-16") != nil)
    }

    @Test("no more answers are kept than there may be, and the newest stay")
    func numberOfAnswers() throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path, configuration: .init(maximumAnswers: 10))
        try journal.append(script.catalogue())
        for number in 0..<50 { try journal.append(script.movement(1, id: "scan-\(number)")) }
        #expect((40..<50).allSatisfy { (try? journal.answer(to: "scan-\($0)")) != nil })
        #expect(try journal.answer(to: "scan-0") == nil)
    }

    @Test("an audit agrees with a journal that nobody tampered with, also after retention")
    func auditAgrees() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        for number in 0..<50 { try journal.append(script.movement(number % 3 == 2 ? -1 : 2)) }
        _ = try await journal.prune(Retention(age: .seconds(0)), protected: 30, now: Timestamp(milliseconds: .max / 2))
        try journal.close()
        let report = try JournalAudit.run(path: path)
        #expect(report.difference == nil && report.folded == Int(script.state.seq) - 30 && report.first == 31)
    }

    @Test(
        "an audit finds a balance, a level or an event that somebody changed",
        arguments: [
            "UPDATE balances SET on_hand = 99", "UPDATE stock SET stock = 99", "UPDATE variants SET name = 'x' WHERE id = 11",
            "DELETE FROM barcodes", "DELETE FROM events WHERE seq = 5", "UPDATE products SET price = 1",
        ])
    func auditFinds(tampering: String) throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        for _ in 0..<5 { try journal.append(script.movement(4)) }
        try journal.close()
        try DatabaseQueue(path: path).write { try $0.execute(sql: tampering) }
        #expect(try JournalAudit.run(path: path).difference != nil)
    }
}
