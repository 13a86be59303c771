import GRDB
import GRDBSQLite
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import SQLiteJournal

@Suite("Reading the past of a journal on disk")
struct PastTests {
    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db") }

    init() throws { folder = try TemporaryFolder() }

    private func add(_ sku: String, at location: String, _ units: Int64 = 1) -> Command.Action {
        .move(Movement(lines: [Movement.Line(item: .sku(sku), location: location, operation: .add, quantity: units)]))
    }

    /// The steps of SQLite's machine that a read takes, in hundreds. They count every row that is looked at, whatever reads it.
    private func steps(_ journal: SQLiteJournal, _ body: @Sendable @escaping (PastReader) throws -> Void, at seq: UInt64)
        async throws
        -> Int
    {
        let counter = Counter()
        return try await journal.pool.read { db in
            // What is prepared and cached the first time does not count.
            try body(PastReader(at: seq, db))
            sqlite3_progress_handler(
                db.sqliteConnection, 100,
                {
                    Unmanaged<Counter>.fromOpaque($0!).takeUnretainedValue().count += 1
                    return 0
                }, Unmanaged.passUnretained(counter).toOpaque())
            defer { sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil) }
            try body(PastReader(at: seq, db))
            return counter.count
        }
    }

    @Test("costs what has changed since, and not what is in the journal", arguments: [false, true])
    func cost(byName: Bool) async throws {
        var counts: [Int] = []
        for history in [50, 5_000] {
            var script = JournalScript()
            let journal = try SQLiteJournal(path: folder.file("\(history)\(byName).db"))
            try journal.append(script.catalogue())
            try journal.append(script.batch([.createLocation(Location(code: "WH1", name: "Warehouse"))]))
            for _ in 0..<history / 50 { try journal.append(script.batch((0..<50).map { _ in add("A-1", at: "MAIN") })) }
            let seq = script.state.seq
            // The first units at a location, another name, and a removal: nothing of these is in the last events before.
            try journal.append(
                script.batch([
                    add("A-1", at: "WH1"), add("A-1", at: "MAIN"), .removeVariant(VariantID(12)),
                    .updateVariant(VariantID(11), VariantUpdate(sku: "A-9", barcodes: [])),
                ]))
            counts.append(
                try await steps(
                    journal,
                    { reader in
                        if byName {
                            let record = try reader.record(of: VariantID(11))
                            try #require(record?.variant.sku == "A-1" && record?.variant.barcodes.count == 2)
                            try #require(record?.variant.stock == Int64(history))
                        } else {
                            let stock = try reader.stock(StockQuery(limit: 100))
                            try #require(stock.map(\.balance) == [Balance(location: "MAIN", onHand: Int64(history))])
                        }
                    }, at: seq))
            try journal.close()
        }
        #expect(counts[1] <= counts[0] + 1, "\(counts)")
    }

    @Test("events of earlier versions, which do not say what was on hand before, are passed over to those before them")
    func earlierVersions() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        try journal.append(script.batch([.createLocation(Location(code: "WH1", name: "Warehouse"))]))
        try journal.append(script.movement(9))
        let seq = script.state.seq
        let set = Movement.Line(item: .sku("A-1"), location: "MAIN", operation: .set, quantity: 20)
        let transfer = Movement.Line(item: .sku("A-1"), location: "MAIN", operation: .transfer, quantity: 3, destination: "WH1")
        try journal.append(script.batch([.move(Movement(lines: [set, transfer]))]))
        try journal.close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            for row in try Row.fetchAll(db, sql: "SELECT seq, CAST(json AS TEXT) FROM events") {
                let json = (row[1] as String).replacing(/"(previousOnHand|fromLocation|toLocation)":("[^"]*"|[0-9]+),/, with: "")
                try db.execute(sql: "UPDATE events SET json = CAST(? AS BLOB) WHERE seq = ?", arguments: [json, row[0] as Int64])
            }
            try db.execute(sql: "UPDATE balances SET arrived = NULL")
        }
        try queue.close()
        let again = try SQLiteJournal(path: path)
        #expect(try await again.stock(StockQuery(limit: 9), at: seq).value.map(\.balance) == [Balance(location: "MAIN", onHand: 9)])
        let middle = try await again.stock(StockQuery(limit: 9), at: seq + 2).value.map(\.balance)
        #expect(middle == [Balance(location: "MAIN", onHand: 17)])
        #expect(try await again.variant(VariantID(11), at: seq).value?.variant.stock == 9)
        try again.close()
    }

    @Test("where events do not name those before them, they are looked through")
    func unchained() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        for units in 1...4 { try journal.append(script.movement(Int64(units))) }
        let seq = script.state.seq
        try journal.close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(sql: "UPDATE events SET previous = NULL; UPDATE stock SET last_event = NULL")
            try db.execute(sql: "UPDATE meta SET value = ? WHERE key = 'chained'", arguments: [Int64(seq) + 1])
        }
        try queue.close()
        let again = try SQLiteJournal(path: path)
        try again.append(script.movement(5))
        for back in 0...4 {
            let units = (1...5).dropLast(back).reduce(0, +)
            let record = try await again.variant(VariantID(11), at: seq + 1 - UInt64(back)).value
            #expect(record?.variant.stock == Int64(units) && record?.variant.balances.first?.onHand == Int64(units))
        }
        try again.close()
    }

    @Test("more events than the limit are refused with a moment that can be asked for")
    func limit() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        let seq = script.state.seq
        for _ in 0..<3 { try journal.append(script.movement(1)) }
        let last = script.state.seq
        try await journal.pool.read { db in
            // All events since, and the one before them.
            let reader = try PastReader(at: seq, limit: Int(last - seq) + 1, db)
            #expect(try reader.stock(StockQuery(limit: 9)).isEmpty)
            let strict = try PastReader(at: seq, limit: 2, db)
            let error = #expect(throws: PastError.self) { try strict.stock(StockQuery(limit: 9)) }
            let time = try Int64.fetchOne(db, sql: "SELECT at FROM events WHERE seq = ?", arguments: [Int64(last) - 2])
            #expect(error == .tooFar(oldest: OldestMoment(seq: last - 2, timestamp: time.map { Timestamp(milliseconds: $0) })))
            let again = try PastReader(at: last - 2, limit: 2 + 1, db)
            #expect(try again.stock(StockQuery(limit: 9)).map(\.balance.onHand) == [1])
        }
        try journal.close()
    }
}

private final class Counter: Sendable {
    private let value = Mutex(0)

    var count: Int {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
