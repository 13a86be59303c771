import Foundation
import GRDB
import GRDBSQLite
import Logging
import Synchronization
import TallywireEngine

/// Copies SQLite's write-ahead log into the database when it has grown, beside the commits.
///
/// SQLite's own way is to do it in the commit that makes the log long enough, which takes many times as long then, and everybody waits. Here
/// a connection of its own copies what is in the log, while commits go on. What they have written meanwhile is little; it is copied between
/// two of them. Then all of the log is in the database, and the next commit begins it anew.
final class Checkpointer: Sendable {
    /// The log is copied when it has so many pages, or a quarter more each time while some reader needs what it holds.
    static let pages = 4_000

    private struct State {
        var pages = 0
        var due = Checkpointer.pages
        var isCopying = false
        /// Since it worked last.
        var failures = 0
        var connection: DatabaseQueue?
    }

    private let pool: DatabasePool
    private let logger: Logger
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "tallywire.journal.checkpoint")

    /// Takes the place of SQLite's own checkpoints. It has to live as long as `pool` writes.
    init(_ pool: DatabasePool, logger: Logger) {
        self.pool = pool
        self.logger = logger
        let context = Unmanaged.passUnretained(self).toOpaque()
        pool.writeWithoutTransaction { db in
            _ = sqlite3_wal_hook(
                db.sqliteConnection,
                { context, _, _, pages in
                    if let context { Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue().committed(Int(pages)) }
                    return SQLITE_OK
                }, context)
        }
    }

    /// Waits for what is being copied, and copies all that is left. The log's file is empty after that.
    func close() throws {
        pool.writeWithoutTransaction { db in _ = sqlite3_wal_hook(db.sqliteConnection, nil, nil) }
        queue.sync {}
        try state.withLock { $0.connection.take() }?.close()
        pool.writeWithoutTransaction { db in
            // Readers that are not done keep it from being emptied, which does no harm: it is read at the next opening.
            _ = try? db.checkpoint(.truncate)
        }
    }

    /// A commit has left the log with so many pages.
    private func committed(_ pages: Int) {
        let isDue = state.withLock { state in
            if pages < state.pages { state.due = Self.pages }
            state.pages = pages
            guard pages >= state.due, !state.isCopying else { return false }
            state.isCopying = true
            return true
        }
        if isDue { queue.async { self.copy() } }
    }

    private func copy() {
        do {
            try connection().writeWithoutTransaction { db in _ = try db.checkpoint(.passive) }
            try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.passive) }
            state.withLock { $0.failures = 0 }
        } catch {
            // What is committed stays in the log, and is safe there. It is said once, and then ever more rarely.
            let failures = state.withLock { state in
                state.failures += 1
                return state.failures
            }
            if failures.nonzeroBitCount == 1 {
                logger.error(
                    "The journal's log could not be copied into its file. It grows until it can.",
                    metadata: ["journal": "\(pool.path)", "error": "\(JournalError(error, path: pool.path).message)"])
            }
        }
        state.withLock { state in
            state.isCopying = false
            state.due = state.pages + Self.pages / 4
        }
    }

    private func connection() throws -> DatabaseQueue {
        if let connection = state.withLock({ $0.connection }) { return connection }
        var configuration = Configuration()
        configuration.label = "tallywire.journal.checkpoint"
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA wal_autocheckpoint = 0") }
        let connection = try DatabaseQueue(path: pool.path, configuration: configuration)
        state.withLock { $0.connection = connection }
        return connection
    }
}
