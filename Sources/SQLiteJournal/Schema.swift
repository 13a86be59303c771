import Foundation
import GRDB
import TallywireCore

/// The tables, as migrations. Each migration is applied once, in order, and never changes after it was released.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: events, answers, values") { db in
            try db.execute(
                sql: """
                    CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
                    CREATE TABLE events (
                        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, type INTEGER NOT NULL, product INTEGER, variant INTEGER, sku TEXT,
                        location TEXT, level INTEGER, json BLOB NOT NULL);
                    CREATE TABLE answers (
                        row INTEGER PRIMARY KEY, at INTEGER NOT NULL, id TEXT NOT NULL, written INTEGER NOT NULL,
                        resolved INTEGER NOT NULL, outcome BLOB NOT NULL);
                    CREATE TABLE cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
                    """)
            try db.execute(sql: StateTables(.current).creation)
            // The values at the point up to which retention has deleted events, so that the kept events can still be folded and
            // audited.
            try db.execute(sql: StateTables(.base).creation)
            try db.execute(
                sql: """
                    CREATE INDEX variants_by_product ON variants (product);
                    CREATE INDEX base_variants_by_product ON base_variants (product);
                    CREATE UNIQUE INDEX variants_by_sku ON variants (sku);
                    CREATE INDEX barcodes_by_variant ON barcodes (variant);
                    CREATE INDEX base_barcodes_by_variant ON base_barcodes (variant);
                    CREATE INDEX stock_by_level ON stock (level, variant) WHERE level <> 0;
                    CREATE INDEX balances_by_location ON balances (location, variant);
                    """)
            try Meta.set("epoch", UUID().uuidString.lowercased(), db)
            try Meta.set("seq", 0, db)
            try Meta.set("first", 1, db)
        }
        migrator.registerMigration("2: when each variant changed last") { db in
            for prefix in [StateTables(.current).prefix, StateTables(.base).prefix] {
                try db.execute(sql: "ALTER TABLE \(prefix)stock ADD COLUMN changed INTEGER NOT NULL DEFAULT 0")
            }
            // Nothing is known about the existing rows, so they count as changed just now.
            try db.execute(sql: "UPDATE stock SET changed = (SELECT value FROM meta WHERE key = 'seq')")
            try db.execute(
                sql: """
                    CREATE TABLE removed_variants (
                        variant INTEGER PRIMARY KEY, product INTEGER NOT NULL, is_default INTEGER NOT NULL, sku TEXT NOT NULL,
                        changed INTEGER NOT NULL);
                    """)
        }
        migrator.registerMigration("3: serial numbers") { db in
            try db.execute(
                sql: """
                    CREATE TABLE serials (
                        variant INTEGER NOT NULL, serial TEXT NOT NULL, direction INTEGER NOT NULL, seq INTEGER NOT NULL,
                        PRIMARY KEY (variant, serial)) WITHOUT ROWID;
                    CREATE INDEX serials_by_seq ON serials (seq);
                    """)
        }
        migrator.registerMigration("4: alerts that are open, and who has seen them") { db in
            for prefix in [StateTables(.current).prefix, StateTables(.base).prefix] {
                try db.execute(
                    sql: """
                        CREATE TABLE \(prefix)alerts (
                            variant INTEGER PRIMARY KEY, seq INTEGER NOT NULL, since INTEGER NOT NULL, seen_by TEXT, seen_at INTEGER,
                            note TEXT);
                        """)
            }
            try db.execute(sql: "CREATE UNIQUE INDEX alerts_by_seq ON alerts (seq)")
            // Only alerts whose event is kept, which is also the result of folding the kept events.
            try db.execute(
                sql: """
                    INSERT INTO alerts (variant, seq, since)
                    SELECT variant, seq, at FROM (
                        SELECT variant, max(seq) AS seq, at, level FROM events WHERE type = 2 GROUP BY variant)
                    WHERE level <> 0 AND variant IN (SELECT variant FROM stock);
                    """)
        }
        migrator.registerMigration("5: each event of a variant names the one before it") { db in
            try db.execute(sql: "ALTER TABLE events ADD COLUMN previous INTEGER")
            for prefix in [StateTables(.current).prefix, StateTables(.base).prefix] {
                try db.execute(sql: "ALTER TABLE \(prefix)stock ADD COLUMN last_event INTEGER")
            }
            // Existing events name no event before them, since that would rewrite all of them. They are scanned.
            try Meta.set("chained", try Meta.integer("seq", db) + 1, db)
        }
        migrator.registerMigration("6: ages by what passed, ids of devices, searching in any case, one form of names") { db in
            try db.execute(
                sql: """
                    CREATE TABLE ages (passed INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
                    CREATE TABLE clock_steps (seq INTEGER PRIMARY KEY);
                    ALTER TABLE answers ADD COLUMN passed INTEGER;
                    CREATE TABLE retired_skus (sku TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
                    CREATE TABLE search (product INTEGER PRIMARY KEY, text TEXT NOT NULL);
                    """)
            try Meta.set("first_owned_answer", (try Int64.fetchOne(db, sql: "SELECT max(row) FROM answers") ?? 0) + 1, db)
            try noteAges(db)
            try KeyForms.bring(to: db)
            try SearchTable.fill(db)
        }
        migrator.registerMigration("7: priority of locations") { db in
            for prefix in [StateTables(.current).prefix, StateTables(.base).prefix] {
                try db.execute(sql: "ALTER TABLE \(prefix)locations ADD COLUMN priority INTEGER NOT NULL DEFAULT 0")
            }
            // Where no stock is any more. Balances of zero are left there.
            try db.execute(sql: "CREATE TABLE removed_locations (code TEXT PRIMARY KEY) WITHOUT ROWID")
        }
        migrator.registerMigration("8: reservations") { db in
            for prefix in [StateTables(.current).prefix, StateTables(.base).prefix] {
                try db.execute(
                    sql: """
                        CREATE TABLE \(prefix)reservations (
                            number INTEGER PRIMARY KEY, id TEXT NOT NULL, reference TEXT, created INTEGER NOT NULL,
                            expires INTEGER NOT NULL, holds BLOB NOT NULL);
                        CREATE UNIQUE INDEX \(prefix)reservations_by_id ON \(prefix)reservations (id);
                        """)
            }
            try db.execute(
                sql: """
                    CREATE INDEX reservations_by_reference ON reservations (reference, number) WHERE reference IS NOT NULL;
                    CREATE TABLE ended_reservations (
                        row INTEGER PRIMARY KEY, passed INTEGER NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, reference TEXT,
                        created INTEGER NOT NULL, expires INTEGER NOT NULL, status INTEGER NOT NULL, holds BLOB NOT NULL);
                    CREATE INDEX ended_reservations_by_number ON ended_reservations (number);
                    CREATE INDEX ended_reservations_by_reference ON ended_reservations (reference, number)
                        WHERE reference IS NOT NULL;
                    """)
        }
        migrator.registerMigration("9: states of units, and when they were counted") { db in
            // A table of its own: a balance without any of it, as almost all are, costs nothing for it.
            for prefix in [StateTables(.current).prefix, StateTables(.base).prefix] {
                try db.execute(
                    sql: """
                        CREATE TABLE \(prefix)balance_details (
                            variant INTEGER NOT NULL, location TEXT NOT NULL, damaged INTEGER NOT NULL, inspection INTEGER NOT NULL,
                            safety INTEGER NOT NULL, incoming INTEGER NOT NULL, counted INTEGER, PRIMARY KEY (variant, location)) WITHOUT ROWID;
                        """)
            }
        }
        migrator.registerMigration("10: thresholds of locations") { db in
            for prefix in [StateTables(.current).prefix, StateTables(.base).prefix] {
                try db.execute(
                    sql: """
                        CREATE TABLE \(prefix)thresholds (
                            variant INTEGER NOT NULL, location TEXT NOT NULL, low INTEGER NOT NULL, rearm INTEGER NOT NULL,
                            level INTEGER NOT NULL, seq INTEGER, since INTEGER, seen_by TEXT, seen_at INTEGER, note TEXT,
                            PRIMARY KEY (variant, location)) WITHOUT ROWID;
                        """)
            }
            try db.execute(
                sql: """
                    CREATE INDEX thresholds_by_level ON thresholds (variant, location) WHERE level <> 0;
                    CREATE INDEX thresholds_by_location ON thresholds (location, variant) WHERE level <> 0;
                    CREATE INDEX thresholds_by_alert ON thresholds (seq) WHERE seq IS NOT NULL;
                    """)
        }
        migrator.registerMigration("11: reversals") { db in
            // The id of the reversal that took the movement back.
            try db.execute(sql: "ALTER TABLE answers ADD COLUMN reversed TEXT")
        }
        migrator.registerMigration("12: counts") { db in
            for prefix in [StateTables(.current).prefix, StateTables(.base).prefix] {
                // The lines are apart, so that a scan writes one of them.
                try db.execute(
                    sql: """
                        CREATE TABLE \(prefix)counts (
                            number INTEGER PRIMARY KEY, id TEXT NOT NULL, location TEXT NOT NULL, status INTEGER NOT NULL,
                            head BLOB NOT NULL);
                        CREATE TABLE \(prefix)count_lines (
                            count INTEGER NOT NULL, variant INTEGER NOT NULL, product INTEGER NOT NULL, is_default INTEGER NOT NULL,
                            sku TEXT NOT NULL, counted INTEGER NOT NULL, at INTEGER NOT NULL, parts INTEGER NOT NULL,
                            since INTEGER NOT NULL, PRIMARY KEY (count, variant)) WITHOUT ROWID;
                        """)
            }
            try db.execute(
                sql: """
                    CREATE TABLE ended_counts (
                        number INTEGER PRIMARY KEY, id TEXT NOT NULL, location TEXT NOT NULL, status INTEGER NOT NULL,
                        passed INTEGER NOT NULL, lines INTEGER NOT NULL, head BLOB NOT NULL, count BLOB NOT NULL);
                    CREATE INDEX ended_counts_by_id ON ended_counts (id);
                    CREATE INDEX ended_counts_by_age ON ended_counts (passed);
                    """)
        }
        migrator.registerMigration("13: what was so at a moment of the past") { db in
            for prefix in [StateTables(.current).prefix, StateTables(.base).prefix] {
                // The event that brought the first units there; unknown in journals of earlier versions.
                try db.execute(sql: "ALTER TABLE \(prefix)balances ADD COLUMN arrived INTEGER")
            }
        }
        migrator.registerMigration("14: events of items in a table of their own") { db in
            // They had partial indexes for some days.
            for index in ["events_of_items", "events_of_skus"] { try db.execute(sql: "DROP INDEX IF EXISTS \(index)") }
            try db.execute(sql: ItemEvents.creation)
            try ItemEvents.note(from: 0, db)
        }
        migrator.registerMigration("15: which delivery of a command was answered") { db in
            try db.execute(sql: "ALTER TABLE answers ADD COLUMN nonce TEXT")
        }
        migrator.registerMigration("16: the chain of hashes") { db in
            try db.execute(sql: ChainTable.creation)
            // Of a journal that retention has shortened, the chain begins where the events do.
            try ChainTable.begin(epoch: try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'") ?? "", db)
        }
        return migrator
    }

    /// The ages of existing events are known only by their timestamps. The events are taken to have been committed in order, and
    /// none later than the last.
    private static func noteAges(_ db: Database) throws {
        let (first, last) = (Int64(try Meta.first(db)), Int64(try Meta.seq(db)))
        guard last >= first, let end = try Int64.fetchOne(db, sql: "SELECT at FROM events WHERE seq = ?", arguments: [last]) else {
            return
        }
        var passed = Int64.min
        for seq in Swift.stride(from: first, through: last, by: Int64.Stride(max(1, (last - first) / 1_000))) {
            guard let at = try Int64.fetchOne(db, sql: "SELECT at FROM events WHERE seq = ?", arguments: [seq]) else { continue }
            guard at > passed, at <= end else { continue }
            passed = at
            try db.execute(sql: "INSERT INTO ages (passed, seq) VALUES (?, ?)", arguments: [at, seq])
        }
        try db.execute(sql: "INSERT OR REPLACE INTO ages (passed, seq) VALUES (?, ?)", arguments: [end, last])
    }
}

/// Single values of the journal.
enum Meta {
    /// The last committed event.
    static func seq(_ db: Database) throws -> UInt64 { UInt64(try integer("seq", db)) }

    /// The first event that is kept.
    static func first(_ db: Database) throws -> UInt64 { UInt64(try integer("first", db)) }

    /// Where the journal was when it got its epoch.
    static func previous(_ db: Database) throws -> JournalPosition? {
        let epoch = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'previous_epoch'")
        return try epoch.map { JournalPosition(epoch: $0, seq: UInt64(try integer("previous_seq", db))) }
    }

    /// The last entry of a replicated log that was applied; 0 if there was none.
    static func applied(_ db: Database) throws -> UInt64 { UInt64(bitPattern: try integer("applied", db)) }

    static func integer(_ key: String, _ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(sql: "SELECT value FROM meta WHERE key = ?")
        return try Int64.fetchOne(statement, arguments: [key]) ?? 0
    }

    static func set(_ key: String, _ value: any DatabaseValueConvertible, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
        try statement.execute(arguments: [key, value])
    }
}
