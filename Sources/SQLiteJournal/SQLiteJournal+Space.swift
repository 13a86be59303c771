import Foundation
import GRDB
import TallywireEngine

/// Space that deleted events leave in the file.
extension SQLiteJournal {
    /// How many pages are given back in one transaction: the writer waits for one of them at most, some milliseconds.
    private static let pagesPerStep = 128
    private static let pause: Duration = .milliseconds(20)

    /// Gives pages that nothing uses back to the file system, but for a tenth of the file: new events take those soon. Returns how many
    /// bytes were given back. A journal of a version that could not do so keeps its pages until it is compacted; see ``JournalCompaction``.
    @discardableResult
    package func giveBackSpace() async throws -> Int {
        var given = 0
        // Looking does not take the writer's turn.
        while !Task.isCancelled, try await wrapping({ try await pool.read(Self.sparePages) }) > 0 {
            given += try await wrapping {
                try await pool.write { db in
                    let count = min(Self.pagesPerStep, try Self.sparePages(db))
                    // The statement gives a row for each page that it moves.
                    if count > 0 { _ = try Row.fetchAll(db, sql: "PRAGMA incremental_vacuum(\(count))") }
                    return count * Self.pageSize
                }
            }
            try await Task.sleep(for: Self.pause)
        }
        return given
    }

    /// How many pages can be given back: 0 in a journal that cannot give pages back.
    @Sendable
    private static func sparePages(_ db: Database) throws -> Int {
        guard try Int.fetchOne(db, sql: "PRAGMA auto_vacuum") == 2 else { return 0 }
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        return max(0, free - max(leastFreePages, pages / 10))
    }

    /// Eight mebibytes.
    private static let leastFreePages = 1_024
    static let pageSize = 8_192
}

/// Writes a journal anew, without the space that deleted events left, and so that retention gives space back from then on.
public struct JournalCompaction: Sendable {
    /// The sizes of the file in bytes.
    public let before: Int
    public let after: Int

    /// Compacts the journal at `path`, which no server may use. Needs as much room on the disk as the journal takes. A crash leaves the
    /// journal as it was. Throws ``JournalError``.
    public static func run(path: String) throws -> JournalCompaction {
        guard FileManager.default.fileExists(atPath: path) else { throw JournalError(.storage, "there is no journal \(path)") }
        let lock = try FileLock(of: path)
        defer { lock.release() }
        return try JournalError.wrapping(path) {
            let queue = try DatabaseQueue(path: path, configuration: SQLiteJournal.databaseConfiguration(readers: 1))
            let before = try queue.writeWithoutTransaction { db in
                try JournalFormat.check(try JournalFormat.number(db), path)
                let before = try size(db)
                try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; VACUUM")
                return before
            }
            let after = try queue.writeWithoutTransaction { db in
                _ = try db.checkpoint(.truncate)
                return try size(db)
            }
            try queue.close()
            return JournalCompaction(before: before, after: after)
        }
    }

    private static func size(_ db: Database) throws -> Int {
        (try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0) * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
    }
}
