import Foundation
import GRDB
import SQLiteJournal
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@Suite("Space of deleted events")
struct SpaceTests {
    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db") }

    /// Few answers are kept, so that events are nearly all of the file.
    private static let configuration = SQLiteJournal.Configuration(maximumAnswers: 1_000)

    init() throws { folder = try TemporaryFolder() }

    private func size() throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    /// A journal with some tens of MiB of events.
    private func filled() throws -> (SQLiteJournal, JournalScript) {
        let journal = try SQLiteJournal(path: path, configuration: Self.configuration)
        var script = JournalScript()
        try journal.append(script.catalogue())
        let add = Command.Action.move(
            Movement(lines: [.init(item: .sku("A-1"), location: "MAIN", operation: .add, quantity: 1)]))
        for _ in 0..<36 { try journal.append(script.batch((0..<1_000).map { _ in add })) }
        return (journal, script)
    }

    @Test("goes back to the disk after retention, while the journal is written, and what is kept folds to the same")
    func givesBack() async throws {
        var (journal, script) = try filled()
        try journal.close()
        let full = try size()
        journal = try SQLiteJournal(path: path, configuration: Self.configuration)
        let last = try await journal.range().last
        let retention = Retention(age: .seconds(365 * 86_400), size: 1 << 20, hardLimit: 1 << 20)
        let (pruning, now) = (journal, script.now)
        async let pruned = pruning.prune(retention, protected: last, now: now)
        for _ in 0..<20 { try journal.append(script.movement(1)) }
        #expect(try await pruned.deleted > 30_000)
        try journal.close()
        let left = try size()
        #expect(left < full / 2, "\(left) of \(full) bytes")
        let report = try JournalAudit.run(path: path)
        #expect(report.difference == nil && report.last == last + 20, "\(report)")
    }

    @Test("of a journal that keeps its pages comes back when it is compacted, which a server that runs refuses")
    func compaction() async throws {
        let (journal, script) = try filled()
        try journal.close()
        let queue = try DatabaseQueue(path: path)
        try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA auto_vacuum = NONE; VACUUM") }
        try queue.close()
        let old = try SQLiteJournal(path: path, configuration: Self.configuration)
        let last = try await old.range().last
        _ = try await old.prune(
            Retention(age: .seconds(86_400), size: 1 << 20, hardLimit: 1 << 20), protected: last, now: script.now)
        #expect(try await old.giveBackSpace() == 0)
        #expect(throws: JournalError.self) { try JournalCompaction.run(path: path) }
        try old.close()
        let result = try JournalCompaction.run(path: path)
        #expect(result.after < result.before / 2, "\(result)")
        #expect(try size() == result.after)
        #expect(try JournalAudit.run(path: path).difference == nil)
        let again = try SQLiteJournal(path: path)
        #expect(try await again.range().last == last)
        try again.close()
    }
}
