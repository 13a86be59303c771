import Foundation
import GRDBSQLite
import TallywireCore
import TallywireEngine

/// The baseline: SQLite's own API in a loop, with the same tables, pragmas, rows and batches, and nothing else.
struct BareLoop {
    private struct Row {
        let seq: Int64
        let at: Int64
        let product: Int64
        let variant: Int64
        let sku: String
        let location: String
        let json: [UInt8]
    }

    private struct Answer {
        let id: String
        let at: Int64
        let written: Int64
        let resolved: Int64
        let outcome: [UInt8]
    }

    private struct Stock {
        let variant: Int64
        let version: Int64
        let stock: Int64
        let onHand: Int64
    }

    /// A reservation that has ended. Almost all begin and end in one batch.
    private struct Ended {
        let number: Int64
        let id: String
        let created: Int64
        let expires: Int64
        let status: Int64
        let holds: [UInt8]
    }

    private let batches: [(rows: [Row], answers: [Answer], stock: [Stock], ended: [Ended])]
    private let folder: String

    init(_ batches: [JournalBatch], folder: String) {
        self.folder = folder
        self.batches = batches.map { batch in
            let rows = batch.events.map {
                Row(
                    seq: Int64($0.seq), at: $0.timestamp.milliseconds, product: $0.subject.product?.rawValue ?? 0,
                    variant: $0.subject.variant?.rawValue ?? 0, sku: $0.subject.sku ?? "", location: $0.subject.location ?? "",
                    json: $0.json)
            }
            let answers = batch.answers.map { answer in
                var json = JSONWriter()
                return Answer(
                    id: answer.id, at: answer.timestamp.milliseconds, written: Int64(bitPattern: answer.fingerprint.written),
                    resolved: Int64(bitPattern: answer.fingerprint.resolved), outcome: answer.json(using: &json))
            }
            let stock = batch.changes.variants.compactMap(\.after).map {
                Stock(variant: $0.id.rawValue, version: $0.version, stock: $0.stock, onHand: $0.balances.first?.onHand ?? 0)
            }
            let ended = batch.changes.reservations.compactMap(\.after).filter { $0.status != .held }.map { reservation in
                Ended(
                    number: Int64(reservation.number), id: reservation.id, created: reservation.createdAt.milliseconds,
                    expires: reservation.expiresAt.milliseconds, status: 1,
                    // As long as the journal's.
                    holds: reservation.holds.flatMap { Array("\($0.sku)\($0.location)".utf8) + [UInt8](repeating: 0, count: 10) })
            }
            return (rows, answers, stock, ended)
        }
    }

    /// Seconds from the first row to the last commit.
    func measure() throws -> Double {
        let path = folder + "/tallywire-bare-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let db = try Connection(path)
        try db.execute(
            """
            PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
            CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
            CREATE TABLE events (
                seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, type INTEGER NOT NULL, product INTEGER, variant INTEGER, sku TEXT,
                location TEXT, level INTEGER, json BLOB NOT NULL);
            CREATE TABLE answers (
                row INTEGER PRIMARY KEY, at INTEGER NOT NULL, id TEXT NOT NULL, written INTEGER NOT NULL,
                resolved INTEGER NOT NULL, outcome BLOB NOT NULL);
            CREATE TABLE stock (
                variant INTEGER PRIMARY KEY, version INTEGER NOT NULL, level INTEGER NOT NULL, stock INTEGER NOT NULL,
                was_stocked INTEGER NOT NULL, changed INTEGER NOT NULL);
            CREATE INDEX stock_by_level ON stock (level, variant) WHERE level <> 0;
            CREATE TABLE balances (
                variant INTEGER NOT NULL, location TEXT NOT NULL, position INTEGER NOT NULL, on_hand INTEGER NOT NULL,
                reserved INTEGER NOT NULL, PRIMARY KEY (variant, location)) WITHOUT ROWID;
            CREATE INDEX balances_by_location ON balances (location, variant);
            CREATE TABLE ended_reservations (
                row INTEGER PRIMARY KEY, number INTEGER NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL,
                status INTEGER NOT NULL, holds BLOB NOT NULL);
            """)
        let event = try db.prepare("INSERT INTO events VALUES (?, ?, 1, ?, ?, ?, ?, 0, ?)")
        let answer = try db.prepare("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)")
        let stock = try db.prepare(
            """
            INSERT INTO stock VALUES (?, ?, 0, ?, 1, ?) ON CONFLICT (variant) DO UPDATE SET
                version = excluded.version, level = excluded.level, stock = excluded.stock, was_stocked = excluded.was_stocked,
                changed = excluded.changed
            """)
        let balance = try db.prepare(
            """
            INSERT INTO balances VALUES (?, 'MAIN', 0, ?, 0)
            ON CONFLICT (variant, location) DO UPDATE SET on_hand = excluded.on_hand, reserved = excluded.reserved
            """)
        let ended = try db.prepare("INSERT INTO ended_reservations VALUES (NULL, ?, ?, ?, ?, ?, ?)")
        let meta = try db.prepare("INSERT INTO meta VALUES ('seq', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")

        let clock = ContinuousClock()
        let start = clock.now
        var answerRow: Int64 = 0
        for batch in batches {
            try db.execute("BEGIN IMMEDIATE")
            for row in batch.rows {
                event.bind(row.seq, 1)
                event.bind(row.at, 2)
                event.bind(row.product, 3)
                event.bind(row.variant, 4)
                event.bind(row.sku, 5)
                event.bind(row.location, 6)
                event.bind(row.json, 7)
                try event.run()
            }
            for row in batch.answers {
                answerRow += 1
                answer.bind(answerRow, 1)
                answer.bind(row.at, 2)
                answer.bind(row.id, 3)
                answer.bind(row.written, 4)
                answer.bind(row.resolved, 5)
                answer.bind(row.outcome, 6)
                try answer.run()
            }
            for row in batch.stock {
                stock.bind(row.variant, 1)
                stock.bind(row.version, 2)
                stock.bind(row.stock, 3)
                stock.bind(batch.rows.last?.seq ?? 0, 4)
                try stock.run()
                balance.bind(row.variant, 1)
                balance.bind(row.onHand, 2)
                try balance.run()
            }
            for row in batch.ended {
                ended.bind(row.number, 1)
                ended.bind(row.id, 2)
                ended.bind(row.created, 3)
                ended.bind(row.expires, 4)
                ended.bind(row.status, 5)
                ended.bind(row.holds, 6)
                try ended.run()
            }
            meta.bind(batch.rows.last?.seq ?? 0, 1)
            try meta.run()
            try db.execute("COMMIT")
        }
        return (clock.now - start) / .seconds(1)
    }
}

/// SQLite's C API, as thin as it goes.
private final class Connection {
    struct Failure: Error { let message: String }

    final class Prepared {
        let handle: OpaquePointer
        init(_ handle: OpaquePointer) { self.handle = handle }
        deinit { sqlite3_finalize(handle) }

        func bind(_ value: Int64, _ index: Int32) { sqlite3_bind_int64(handle, index, value) }

        func bind(_ value: String, _ index: Int32) {
            var value = value
            value.withUTF8 { utf8 in
                utf8.withMemoryRebound(to: CChar.self) {
                    _ = sqlite3_bind_text(handle, index, $0.baseAddress, Int32($0.count), Self.transient)
                }
            }
        }

        func bind(_ value: [UInt8], _ index: Int32) {
            value.withUnsafeBytes { _ = sqlite3_bind_blob(handle, index, $0.baseAddress, Int32($0.count), Self.transient) }
        }

        func run() throws {
            let code = sqlite3_step(handle)
            sqlite3_reset(handle)
            guard code == SQLITE_DONE else { throw Failure(message: "SQLite error \(code)") }
        }

        private static var transient: sqlite3_destructor_type {
            unsafeBitCast(OpaquePointer(bitPattern: -1), to: sqlite3_destructor_type.self)
        }
    }

    private var handle: OpaquePointer?

    init(_ path: String) throws {
        guard sqlite3_open(path, &handle) == SQLITE_OK else { throw Failure(message: "cannot open \(path)") }
    }

    deinit { sqlite3_close(handle) }

    func execute(_ sql: String) throws {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw Failure(message: String(cString: sqlite3_errmsg(handle)))
        }
    }

    func prepare(_ sql: String) throws -> Prepared {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
            throw Failure(message: String(cString: sqlite3_errmsg(handle)))
        }
        return Prepared(statement)
    }
}
