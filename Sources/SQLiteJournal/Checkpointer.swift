import Foundation
import GRDB
import GRDBSQLite
import Logging
import Synchronization
import TallywireEngine

/// Copies SQLite's write-ahead log into the database when the log has grown, without delaying commits.
///
/// SQLite itself does that in the commit that makes the log long enough. That commit takes many times as long, and every caller
/// waits. Here a separate connection copies the log while commits continue. The little that they write meanwhile is copied between
/// two commits. Then the whole log is in the database, and the next commit starts the log again.
final class Checkpointer: Sendable {
    /// The number of pages at which the log is copied. After each copy, a quarter of that has to be added, as long as a reader
    /// still needs the log.
    static let pages = 4_000

    private struct State {
        var pages = 0
        var due = Checkpointer.pages
        var isCopying = false
        /// Failures since the last success.
        var failures = 0
        var connection: DatabaseQueue?
    }

    private let pool: DatabasePool
    private let logger: Logger
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "tallywire.journal.checkpoint")

    /// Replaces SQLite's own checkpoints. The checkpointer has to live for as long as `pool` writes.
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

    /// Waits for the copy under way, and copies the rest. The log's file is empty afterwards.
    func close() throws {
        pool.writeWithoutTransaction { db in _ = sqlite3_wal_hook(db.sqliteConnection, nil, nil) }
        queue.sync {}
        try state.withLock { $0.connection.take() }?.close()
        pool.writeWithoutTransaction { db in
            // A reader that is not done keeps the log from being emptied. That does no harm: the log is read at the next opening.
            _ = try? db.checkpoint(.truncate)
        }
    }

    /// Notes that the log has so many pages after a commit.
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
            // Committed events stay in the log and are safe there. Logged at powers of two only.
            let failures = state.withLock { state in
                state.failures += 1
                return state.failures
            }
            if failures.nonzeroBitCount == 1 {
                logger.error(
                    "The journal's write-ahead log could not be copied into the journal's file. The log grows until that succeeds.",
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
