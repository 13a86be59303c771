import Foundation
import GRDB
import TallywireEngine

/// The number of a journal's format. Each migration of ``Schema`` makes the format that bears its number.
///
/// The number stands in the file as SQLite's `user_version`. Journals up to format 16 may have none there, and are known by the last
/// migration that they went through.
public enum JournalFormat {
    /// The format that this program writes. It reads all before it.
    public static let current = Schema.migrator.migrations.compactMap(number(of:)).max() ?? 0

    /// The format of the journal at `path`. Throws ``JournalError``.
    public static func read(_ path: String) throws -> Int {
        try JournalError.wrapping(path) {
            var configuration = Configuration()
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = ON") }
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let format = try queue.read { try number($0) }
            try queue.close()
            return format
        }
    }

    /// 0 for a file without tables.
    static func number(_ db: Database) throws -> Int {
        if let number = try Int.fetchOne(db, sql: "PRAGMA user_version"), number > 0 { return number }
        guard try db.tableExists("grdb_migrations") else { return 0 }
        return try String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations")
            .compactMap(number(of:)).max() ?? 0
    }

    /// The number with which a migration's name begins.
    private static func number(of migration: String) -> Int? { Int(migration.prefix { $0 != ":" }) }

    /// Throws ``JournalError/Code/newer`` if a later version of the program wrote the journal.
    static func check(_ number: Int, _ path: String) throws {
        guard number > current else { return }
        throw JournalError(
            .newer,
            "the journal \(path) has the format \(number), and this version of Tallywire reads formats up to \(current): install the version that wrote it, or a newer one. To stay with this version, stop the server and restore a backup that was made before: tallywire restore PATH"
        )
    }

    /// Brings the journal to ``current``. A crash leaves a format that this program reads. Throws ``JournalError/Code/newer``, and then
    /// nothing was changed.
    static func migrate(_ writer: some DatabaseWriter, path: String) throws {
        try writer.writeWithoutTransaction { db in
            let number = try number(db)
            try check(number, path)
            // Before the tables change: a version that would read only the old ones refuses the journal from here on.
            if number > 0 { try note(db) }
        }
        try Schema.migrator.migrate(writer)
        try writer.writeWithoutTransaction { try note($0) }
    }

    private static func note(_ db: Database) throws {
        guard try Int.fetchOne(db, sql: "PRAGMA user_version") != current else { return }
        try db.execute(sql: "PRAGMA user_version = \(current)")
    }
}
