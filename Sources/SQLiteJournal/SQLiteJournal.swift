import Foundation
import GRDB
import Logging
import Synchronization
import TallywireCore
import TallywireEngine

/// The embedded journal: one SQLite file in WAL mode, flushed to disk at every commit (`synchronous=FULL`).
///
/// Beside the events it keeps the values that they lead to, so that opening reads values instead of folding history, and so that readers
/// get a consistent look with one read transaction. The values are written in the transaction of the events that changed them.
///
/// The answers to commands are rows in the order of their arrival, without an index on disk: an index on keys in random order would cost
/// four fifths of the writer's speed. Which id is in which row is known in memory, see ``AnswerIndex``.
///
/// One process at a time: a lock file beside the journal refuses a second one.
public final class SQLiteJournal: Journal {
    public struct Configuration: Sendable {
        /// How long answers to commands are kept at least.
        public var keepAnswers: Duration
        /// Beyond so many answers the oldest go early. Each costs some 40 bytes of memory.
        public var maximumAnswers: Int
        /// Connections that read at the same time.
        public var readers: Int

        public init(keepAnswers: Duration = .seconds(86_400), maximumAnswers: Int = 10_000_000, readers: Int = 4) {
            self.keepAnswers = keepAnswers
            self.maximumAnswers = maximumAnswers
            self.readers = readers
        }
    }

    public let epoch: String
    let pool: DatabasePool
    let answers: Mutex<AnswerIndex>
    let cursors = Mutex(Cursors())
    private let lastEvents: Mutex<LastEvents>
    private let lock: FileLock
    private let checkpointer: Checkpointer

    /// Opens the journal at `path`, and creates it, with its folder, if there is none. Throws ``JournalError``. `logger` gets what goes wrong
    /// beside the calls.
    public init(
        path: String, configuration: Configuration = Configuration(), logger: Logger = Logger(label: "tallywire.journal")
    ) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw JournalError(.storage, "the folder \(folder.path) cannot be created: \(error.localizedDescription)")
        }
        lock = try FileLock(path: path + ".lock", of: path)
        let index: AnswerIndex
        let last: LastEvents
        (pool, epoch, index, last, checkpointer) = try JournalError.wrapping(path) {
            let pool = try DatabasePool(path: path, configuration: Self.databaseConfiguration(readers: configuration.readers))
            // GRDB sets a writer in WAL mode to NORMAL after it is prepared, which would lose the last commits in a power cut.
            try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrator.migrate(pool)
            let checkpointer = Checkpointer(pool, logger: logger)
            return try pool.read { db in
                guard let epoch = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'") else {
                    throw JournalError(.damaged, "\(path) has no epoch: it is not a journal, or it is damaged")
                }
                let index = try AnswerIndex(
                    keep: configuration.keepAnswers, maximum: configuration.maximumAnswers, loading: db)
                return (pool, epoch, index, try LastEvents(loading: db), checkpointer)
            }
        }
        answers = Mutex(index)
        lastEvents = Mutex(last)
    }

    /// How every connection is set up.
    ///
    /// A page of 8 KiB holds some twenty events. A commit of a single scan writes half a dozen of them, whatever their size: 4 KiB would be
    /// less to write and more to do for large batches, 16 KiB the other way round. The log is copied into the database by ``Checkpointer``.
    static func databaseConfiguration(readers: Int) -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "tallywire.journal"
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA page_size = 8192")
            try db.execute(sql: "PRAGMA cache_size = -65536")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    public func load() throws -> InventoryState {
        try wrapping { try pool.read { db in try StateTables(.current).load(db) } }
    }

    public func append(_ batch: JournalBatch) throws {
        let dirtyCursors = cursors.withLock { $0.takeDirty() }
        let chain = lastEvents.withLock { $0.chain(batch.events) }
        do {
            let firstRow = try wrapping { try pool.writeWithoutTransaction { db in try append(batch, chain, dirtyCursors, db) } }
            lastEvents.withLock { last in
                last.take(chain)
                for case let gone? in batch.changes.variants.filter({ $0.after == nil }).map(\.before) { last.forget(gone.id) }
            }
            answers.withLock { index in
                for (offset, answer) in batch.answers.enumerated() {
                    index.insert(answer.id, row: firstRow + Int64(offset), at: batch.timestamp)
                }
            }
        } catch {
            cursors.withLock { $0.putBack(dirtyCursors) }
            throw error
        }
    }

    public func answer(to id: String) throws -> StoredAnswer? {
        let rows = answers.withLock { $0.rows(of: id) }
        guard !rows.isEmpty else { return nil }
        return try wrapping { try pool.read { db in try AnswerTable.answer(to: id, in: rows, db) } }
    }

    public func serialCount(of key: SerialCount.Key) throws -> SerialCount? {
        try wrapping { try pool.read { db in try SerialTable.count(of: key, db) } }
    }

    public func close() throws {
        try wrapping {
            try pool.writeWithoutTransaction { db in
                let dirty = cursors.withLock { $0.takeDirty() }
                try db.inTransaction(.immediate) {
                    try CursorTable.store(dirty, db)
                    return .commit
                }
            }
            try checkpointer.close()
            try pool.close()
        }
        lock.release()
    }

    /// The writing connection's `synchronous` as it is in force: 2 is FULL.
    package func synchronousMode() throws -> Int? {
        try pool.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") }
    }

    /// Lets the file grow to so many pages and no further: how tests see a full disk.
    package func limitPages(to count: Int) throws {
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA max_page_count = \(count)") }
    }

    /// The number of the first of the batch's rows of answers.
    private func append(
        _ batch: JournalBatch, _ chain: LastEvents.Chain, _ dirtyCursors: [String: UInt64], _ db: Database
    ) throws -> Int64 {
        var firstRow: Int64 = 0
        try db.inTransaction(.immediate) {
            if let first = batch.events.first {
                let last = try Meta.seq(db)
                guard first.seq == last + 1 else {
                    throw JournalError(.outOfOrder, "event \(first.seq) does not follow event \(last): another writer was here")
                }
            }
            try EventTable.insert(batch.events, previous: chain.previous, db)
            firstRow = try AnswerTable.insert(batch.answers, db)
            try StateTables(.current).store(batch.changes, lastEvents: chain.last, db)
            try SerialTable.store(batch.serials, db)
            try CursorTable.store(dirtyCursors, db)
            return .commit
        }
        return firstRow
    }

    func wrapping<Value>(_ body: () throws -> Value) throws -> Value {
        try JournalError.wrapping(pool.path, body)
    }

    func wrapping<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw JournalError(error, path: pool.path)
        }
    }
}

extension JournalError {
    static func wrapping<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw JournalError(error, path: path)
        }
    }

    /// What an error of the database means to whoever runs the server.
    init(_ error: any Error, path: String) {
        switch error {
        case let error as JournalError: self = error
        case let error as DatabaseError:
            let detail = error.message ?? "SQLite error \(error.resultCode.rawValue)"
            switch error.resultCode {
            case .SQLITE_NOTADB, .SQLITE_CORRUPT:
                self.init(
                    .damaged,
                    "the journal \(path) is damaged or is no journal (\(detail)): restore it from a backup, or move it away to begin anew"
                )
            case .SQLITE_FULL:
                self.init(.storage, "the disk of the journal \(path) is full: free some space (\(detail))")
            case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
                self.init(.storage, "the journal \(path) cannot be opened for writing: check its folder's permissions (\(detail))")
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                self.init(.locked, "another program has the journal \(path) locked (\(detail))")
            case .SQLITE_MISUSE, .SQLITE_INTERRUPT: self.init(.closed, "the journal is closed (\(detail))")
            default: self.init(.storage, "the journal \(path) cannot be read or written: \(detail)")
            }
        default: self.init(.storage, "the journal \(path): \(error)")
        }
    }
}
