import GRDB
import SQLiteJournal
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@Suite("Counts in the journal")
struct CountJournalTests {
    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db") }

    init() throws { folder = try TemporaryFolder() }

    /// The id of the count that the first command after the catalogue opens.
    private let id = "auto-3"

    private func open(_ scope: StockCount.Scope = .everything) -> Command.Action {
        .openCount(NewCount(location: "MAIN", scope: scope, isBlind: true, tolerance: 3, missing: .zero, by: "ann"))
    }

    private func use(_ kind: CountUse.Kind, of id: String) -> Command.Action {
        .useCount(CountUse(count: id, kind: kind, by: "bob"))
    }

    private func count(_ units: Int64, _ sku: String, of id: String) -> Command.Action {
        use(.count([CountUse.Line(item: .sku(sku), quantity: units)], replaces: false), of: id)
    }

    @Test("an open count is there again after opening, also when its first events were deleted, and the audit agrees")
    func reopening() async throws {
        var script = JournalScript()
        var journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        try journal.append(script.batch([open(.skus(["A-1", "A-2"])), count(4, "A-1", of: id)]))
        try journal.append(script.batch([count(3, "A-1", of: id), count(0, "A-2", of: id)]))
        _ = try await journal.prune(
            Retention(age: .seconds(0)), protected: script.state.seq - 1, now: Timestamp(milliseconds: .max / 2))
        try journal.append(script.batch([count(1, "A-2", of: id)]))
        let count = try #require(script.state.count(id))
        #expect(count.lines.map(\.counted) == [7, 1] && count.lines.map(\.parts) == [2, 2])
        try journal.close()
        #expect(try JournalAudit.run(path: path).difference == nil)
        journal = try SQLiteJournal(path: path)
        #expect(try journal.load().count(id) == count)
        try journal.append(script.batch([use(.void, of: id)]))
        #expect(try journal.load().runningCounts.isEmpty && journal.endedCount(id)?.lines.map(\.counted) == [7, 1])
        #expect(try await journal.count(id).value?.status == .void)
        try journal.close()
        #expect(try JournalAudit.run(path: path).difference == nil)
    }

    @Test("an audit names a count whose stored line is not what the events say")
    func audit() throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        try journal.append(script.batch([open(), count(4, "A-1", of: id)]))
        try journal.close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "UPDATE count_lines SET counted = 5") }
        try queue.close()
        #expect(try JournalAudit.run(path: path).difference?.hasPrefix("count ") == true)
    }

    @Test("ended counts go when answers of that age would, and the oldest of too many")
    func limits() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path, configuration: .init(keepAnswers: .seconds(60)))
        try journal.append(script.catalogue())
        for number in 0...Limits.endedCounts / 100 {
            let ids = (0..<100).map { "auto-\(3 + 200 * number + 2 * $0)" }
            try journal.append(script.batch(ids.flatMap { [open(), use(.void, of: $0)] }))
        }
        #expect(try journal.endedCount("auto-3") == nil && journal.endedCount("auto-203") != nil)
        #expect(try await journal.counts(CountQuery(limit: 20_000)).value.count == Limits.endedCounts)
        _ = try await journal.prune(Retention(), protected: 0, now: script.now.advanced(by: .seconds(59)))
        #expect(try journal.endedCount("auto-203") != nil)
        _ = try await journal.prune(Retention(), protected: 0, now: script.now.advanced(by: .seconds(61)))
        #expect(try await journal.counts(CountQuery(limit: 20_000)).value.isEmpty)
    }
}
