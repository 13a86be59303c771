import GRDB
import SQLiteJournal
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@Suite("Journals of earlier versions")
struct UpgradeTests {
    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db") }

    init() throws { folder = try TemporaryFolder() }

    /// A journal whose events do not name those before them, and which keeps no alerts: as it was before there were either.
    private func old(_ script: inout JournalScript) throws {
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        try journal.append(script.movement(20))
        try journal.append(script.movement(-15))
        try journal.close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            try db.execute(
                sql: """
                    ALTER TABLE events DROP COLUMN previous; ALTER TABLE stock DROP COLUMN last_event;
                    ALTER TABLE base_stock DROP COLUMN last_event; DELETE FROM meta WHERE key = 'chained';
                    DROP TABLE alerts; DROP TABLE base_alerts;
                    DELETE FROM grdb_migrations WHERE identifier LIKE '4:%' OR identifier LIKE '5:%';
                    """)
        }
        try queue.close()
    }

    @Test("the history of a variant goes on where its events begin to name each other")
    func history() async throws {
        var script = JournalScript()
        try old(&script)
        let journal = try SQLiteJournal(path: path)
        for units in 1...3 { try journal.append(script.movement(Int64(units))) }
        let all = try await journal.events(after: 0, limit: 100, maxBytes: 1 << 20)
        let own = all.filter { $0.subject.variant == VariantID(11) }.map(\.seq)
        var found: [UInt64] = []
        var query = HistoryQuery(variant: VariantID(11), limit: 2, scan: 4)
        repeat {
            let page = try await journal.history(query)
            found += page.events.map(\.seq)
            query.before = page.next
        } while query.before != nil
        #expect(found == own.reversed())
    }

    @Test("alerts that are open are found again, and the journal folds to what it keeps")
    func alerts() async throws {
        var script = JournalScript()
        try old(&script)
        let journal = try SQLiteJournal(path: path)
        let seq = script.state.seq
        #expect(try await journal.alert(seq).value?.variant.variant.sku == "A-1")
        #expect(try journal.load().variants == script.state.variants)
        try journal.append(script.acknowledgement(of: seq))
        try journal.close()
        #expect(try JournalAudit.run(path: path).difference == nil)
    }

    @Test("locations of a journal before priorities have none, and can be changed and removed")
    func locations() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        try journal.append(script.batch([.createLocation(Location(code: "BACK", name: "Back", sells: false))]))
        try journal.close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(
                sql: """
                    ALTER TABLE locations DROP COLUMN priority; ALTER TABLE base_locations DROP COLUMN priority;
                    DROP TABLE removed_locations; DELETE FROM grdb_migrations WHERE identifier LIKE '7:%';
                    """)
        }
        try queue.close()
        let again = try SQLiteJournal(path: path)
        #expect(try await again.locations().value == [Location(code: "BACK", name: "Back", sells: false), .main])
        try again.append(script.batch([.updateLocation("BACK", LocationUpdate(priority: 9)), .removeLocation("MAIN")]))
        #expect(try again.load().locations == script.state.locations && script.state.locations.count == 1)
        try again.close()
        #expect(try JournalAudit.run(path: path).difference == nil)
    }

    @Test("the past of a removed variant is read also where its removal was written by a version without a table for it")
    func itemEvents() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        let before = script.state.seq
        try journal.append(script.removal())
        try journal.close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(
                sql: "DROP TABLE item_events; DELETE FROM grdb_migrations WHERE identifier LIKE '14:%';")
        }
        try queue.close()
        let again = try SQLiteJournal(path: path)
        #expect(try await again.variant(VariantID(12), at: before).value?.variant.sku == "A-2")
        #expect(try await again.variant(VariantID(12), at: script.state.seq).value == nil)
        try again.close()
    }

    @Test("a journal before states, counts and thresholds of locations opens, and goes on with them")
    func thresholds() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        try journal.append(script.movement(5))
        try journal.close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(
                sql: """
                    DROP TABLE thresholds; DROP TABLE base_thresholds;
                    DROP TABLE balance_details; DROP TABLE base_balance_details;
                    DELETE FROM grdb_migrations WHERE identifier LIKE '9:%' OR identifier LIKE '10:%' OR identifier LIKE '11:%';
                    ALTER TABLE answers DROP COLUMN reversed;
                    """)
        }
        try queue.close()
        let again = try SQLiteJournal(path: path)
        #expect(try again.load().variants == script.state.variants)
        let update = VariantUpdate(thresholds: [ThresholdChange(location: "MAIN", rule: AlertRule(threshold: 5))])
        try again.append(script.batch([.updateVariant(VariantID(11), update)]))
        #expect(try await again.alerts(AlertQuery(location: "MAIN", limit: 9)).value.map(\.level) == [.low])
        let damaged = Movement.Line(
            item: .sku("A-1"), location: "MAIN", operation: .move, quantity: 2, toState: .damaged)
        let counted = Movement.Line(item: .sku("A-1"), location: "MAIN", operation: .count, quantity: 4)
        try again.append(script.batch([.move(Movement(lines: [damaged, counted]))]))
        let balance = try await again.variant(.sku("A-1")).value?.variant.balance(at: "MAIN")
        #expect(balance?.onHand == 4 && balance?.unavailable == 2 && balance?.countedAt != nil)
        #expect(try again.load().variants == script.state.variants)
        try again.close()
        #expect(try JournalAudit.run(path: path).difference == nil)
    }
}
