import Foundation
import GRDB
import Logging
import Synchronization
import TallywireCore
import TallywireEngine

/// The embedded journal: one SQLite file in WAL mode, flushed to disk at every commit unless a replicated log holds the same
/// (``Configuration/Durability``).
///
/// Beside the events the journal stores the values that they lead to. So opening reads values instead of folding history, and
/// readers get a consistent state with one read transaction. The values are written in the transaction of the events that changed
/// them.
///
/// The answers to commands are rows in the order of their arrival, without an index on disk: an index on keys in random order would
/// cost three quarters of the writer's speed. ``RowIndex`` has the row of each id in memory.
///
/// Only one process may use the journal: a lock file beside the journal refuses a second one.
public final class SQLiteJournal: Journal {
    public let epoch: String
    public let previous: JournalPosition?
    let pool: DatabasePool
    let answers: Mutex<RowIndex>
    let ended: Mutex<RowIndex>
    let cursors = Mutex(Cursors())
    private let lastEvents: Mutex<LastEvents>
    private let lock: FileLock
    private let mark: PlaceMark
    private let checkpointer: Checkpointer
    let chain: ChainKeeper
    let flushing: LogFlush
    /// The writer's own connection for reads, which waits for none of the shared connections.
    let lookUps: DatabaseQueue
    /// Answers before this row are of versions in which ids belonged to no device.
    let firstOwnedAnswer: Int64
    let ages: Mutex<Ages>
    /// The last entry of a replicated log that is committed.
    let lastEntry: Atomic<UInt64>
    let keepAnswers: Duration

    /// Opens the journal at `path`. If there is none, creates it and its folder. Throws ``JournalError``. `logger` gets failures
    /// that no call can report.
    public init(
        path: String, configuration: Configuration = Configuration(), logger: Logger = Logger(label: "tallywire.journal")
    ) throws {
        try FolderOwner.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path, mode: 0o750)
        keepAnswers = configuration.keepAnswers
        flushing = LogFlush(of: path, isNeeded: configuration.durability == .normal)
        lock = try FileLock(of: path)
        let mark = try PlaceMark(of: path)
        self.mark = mark
        let index: RowIndex
        let endedIndex: RowIndex
        let last: LastEvents
        let times: Ages
        let entry: UInt64
        (pool, lookUps, epoch, previous, index, endedIndex, last, times, entry, firstOwnedAnswer, checkpointer) =
            try JournalError.wrapping(
                path
            ) {
                // First of all, since opening it for writing writes.
                if FileManager.default.fileExists(atPath: path) { try JournalFormat.check(try JournalFormat.read(path), path) }
                let pool = try DatabasePool(path: path, configuration: Self.databaseConfiguration(readers: configuration.readers))
                // After preparing a writer in WAL mode, GRDB sets it to NORMAL, which would lose the last commits in a power cut.
                let synchronous = configuration.durability.rawValue
                try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = \(synchronous)") }
                try JournalFormat.migrate(pool, path: path)
                let (epoch, reason) = try pool.writeWithoutTransaction { db in
                    try JournalPlace(db, path: path).begin(
                        mark, known: configuration.known, as: configuration.epoch, asking: configuration.mayBegin, db)
                }
                if let reason {
                    logger.warning(
                        "The journal is not the one that was written last in this folder. It gets a new epoch, and clients start anew.",
                        metadata: ["journal": "\(path)", "reason": "\(reason)", "epoch": "\(epoch)"])
                }
                let checkpointer = Checkpointer(pool, logger: logger)
                var reading = Self.databaseConfiguration(readers: 1)
                reading.label = "tallywire.journal.lookups"
                let lookUps = try DatabaseQueue(path: path, configuration: reading)
                try lookUps.inDatabase { db in try db.execute(sql: "PRAGMA query_only = ON") }
                @Sendable func rows(_ select: String) throws -> RowIndex {
                    let (keep, maximum) = (configuration.keepAnswers, configuration.maximumAnswers)
                    return try pool.read { try RowIndex(keep: keep, maximum: maximum, loading: select, $0) }
                }
                let (answers, ended, last) = try concurrently(
                    { try rows(AnswerTable.index) }, { try rows(ReservationTables.endedIndex) },
                    { try pool.read { try LastEvents(loading: $0) } })
                return try pool.read { db in
                    (
                        pool, lookUps, epoch, try Meta.previous(db), answers, ended, last, try Ages(loading: db),
                        try Meta.applied(db),
                        try Meta.integer("first_owned_answer", db), checkpointer
                    )
                }
            }
        answers = Mutex(index)
        ended = Mutex(endedIndex)
        lastEvents = Mutex(last)
        ages = Mutex(times)
        lastEntry = Atomic(entry)
        chain = try JournalError.wrapping(path) { [pool] in try ChainKeeper(pool, logger: logger) }
    }

    /// The configuration of every connection.
    ///
    /// A page of 8 KiB holds some twenty events. A commit of a single scan writes half a dozen pages, whatever their size: with 4
    /// KiB it would write less and large batches would take longer, with 16 KiB the reverse. ``Checkpointer`` copies the log into
    /// the database.
    static func databaseConfiguration(readers: Int) -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "tallywire.journal"
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA page_size = \(pageSize)")
            // Each page of a new file then says to which table it belongs, so that free ones can be given back in small steps. In a file
            // that is there already the setting would be written, and a backup would not be what it was.
            if !db.configuration.readonly, try Int.fetchOne(db, sql: "PRAGMA page_count") == 0 {
                try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            }
            try db.execute(sql: "PRAGMA cache_size = -65536")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    public func load() throws -> InventoryState {
        try wrapping { try StateTables(.current).load(pool) }
    }

    public func clocks() throws -> JournalClocks {
        let ages = ages.withLock { $0 }
        return JournalClocks(mark: ages.mark, lastEvent: ages.lastEvent)
    }

    public func applied() throws -> UInt64 { lastEntry.load(ordering: .acquiring) }

    public func append(_ batch: JournalBatch) throws {
        let dirtyCursors = cursors.withLock { $0.takeDirty() }
        let links = lastEvents.withLock { $0.chain(batch.events) }
        let hashes = chain.takeMade()
        var ages = ages.withLock { $0 }
        do {
            let firstRow = try wrapping {
                try pool.writeWithoutTransaction { db in
                    do {
                        let firstRow = try append(batch, links, &ages, dirtyCursors, hashes, db)
                        // Before the next writer begins, which could be a cursor that was taken before the batch.
                        cursors.withLock { $0.written(dirtyCursors, with: batch.positions) }
                        return firstRow
                    } catch {
                        throw try settled(error, db)
                    }
                }
            }
            if let index = batch.logIndex { lastEntry.store(index, ordering: .releasing) }
            if let last = batch.events.last { mark.note(last.seq) }
            chain.take(batch.events)
            self.ages.withLock { $0 = ages }
            lastEvents.withLock { last in
                last.take(links)
                last.forget(batch.changes)
            }
            answers.withLock { index in
                for (offset, answer) in batch.answers.enumerated() {
                    index.insert(answer.id, row: firstRow + Int64(offset), at: batch.timestamp)
                }
            }
        } catch {
            cursors.withLock { $0.putBack(dirtyCursors) }
            chain.putBack(hashes)
            throw error
        }
    }

    public func answer(to key: String) throws -> StoredAnswer? {
        guard let rows = rows(of: key) else { return nil }
        return try wrapping { try lookUps.inDatabase { db in try answer(to: key, in: rows, db) } }
    }

    public func storedAnswer(to key: String) async throws -> StoredAnswer? {
        guard let rows = rows(of: key) else { return nil }
        return try await wrapping { try await pool.read { db in try self.answer(to: key, in: rows, db) } }
    }

    public func serialCount(of key: SerialCount.Key) throws -> SerialCount? {
        try wrapping { try lookUps.inDatabase { db in try SerialTable.count(of: key, db) } }
    }

    public func endedReservation(_ id: String) throws -> Reservation? {
        let rows = ended.withLock { $0.rows(of: id) }
        guard !rows.isEmpty else { return nil }
        return try wrapping { try lookUps.inDatabase { db in try ReservationTables.ended(id, in: rows, db) } }
    }

    public func endedCount(_ id: String) throws -> StockCount? {
        try wrapping { try lookUps.inDatabase { db in try CountTables.ended(id, db) } }
    }

    /// The hash over all events that are committed; see ``ChainHash``. Throws ``JournalError`` if an event cannot be read.
    public func chainHash() async throws -> ChainHash { try await chain.head() }

    /// The epoch with which the chain of hashes began, and after which event.
    public func chainOrigin() async throws -> (epoch: String, seq: UInt64) {
        try await wrapping { try await pool.read { db in try ChainTable.origin(db) } }
    }

    public func close() throws {
        flushing.end()
        chain.finish()
        try wrapping {
            try pool.writeWithoutTransaction { db in
                let dirty = cursors.withLock { $0.takeDirty() }
                try db.inTransaction(.immediate) {
                    try CursorTable.store(dirty, db)
                    try ChainKeeper.store(chain.takeMade(), db)
                    return .commit
                }
            }
            try lookUps.close()
            try checkpointer.close()
            try pool.close()
        }
        lock.release()
    }

    /// The `synchronous` setting of the writing connection: 2 is FULL.
    package func synchronousMode() throws -> Int? {
        try pool.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") }
    }

    /// Limits the file to so many pages, so that tests see a full disk.
    package func limitPages(to count: Int) throws {
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA max_page_count = \(count)") }
    }

    /// Returns the number of the first of the batch's rows of answers.
    private func append(
        _ batch: JournalBatch, _ links: LastEvents.Chain, _ ages: inout Ages, _ dirtyCursors: [String: UInt64],
        _ hashes: ChainKeeper.Made, _ db: Database
    ) throws -> Int64 {
        var firstRow: Int64 = 0
        try db.inTransaction(.immediate) {
            if let first = batch.events.first {
                let last = try Meta.seq(db)
                guard first.seq == last + 1 else {
                    throw JournalError(.outOfOrder, "event \(first.seq) does not follow event \(last): another writer was here")
                }
            }
            if let index = batch.logIndex { try note(entry: index, db) }
            try EventTable.insert(batch.events, previous: links.previous, db)
            try ages.note(batch, db)
            firstRow = try AnswerTable.insert(batch.answers, at: batch.timestamp, db)
            try note(batch.reversals, db)
            try StateTables(.current).store(batch.changes, lastEvents: links.last, arrivals: try Arrivals(in: batch), db)
            // In the index before the commit, so that a reader finds each reservation either open or ended. If the commit fails, the
            // index leads to a row that another reservation gets, or to none, and readers compare the id.
            try ReservationTables.insertEnded(batch.changes.reservations, at: batch.timestamp, db) { id, row in
                ended.withLock { $0.insert(id, row: row, at: batch.timestamp) }
            }
            try CountTables.insertEnded(batch.changes.counts, at: batch.timestamp, db)
            try SerialTable.store(batch.serials, db)
            try ChainKeeper.store(hashes, db)
            try CursorTable.store(dirtyCursors.merging(batch.positions) { $1 }, db)
            return .commit
        }
        return firstRow
    }

    /// Stores that the entry `index` of a replicated log is applied, unless it is not the one that comes next. Where no entry was
    /// applied before, any may be the first.
    private func note(entry index: UInt64, _ db: Database) throws {
        let last = lastEntry.load(ordering: .acquiring)
        guard index > 0, last == 0 || index == last + 1 else {
            throw JournalError(.outOfOrder, "entry \(index) of the log does not follow entry \(last), which was applied last")
        }
        try Meta.set("applied", Int64(bitPattern: index), db)
    }

    /// Returns the error for a failed commit: either nothing of the commit is in the journal, now or after a restart, or nobody can
    /// know.
    ///
    /// If a flush fails, the whole commit may still be in the log and be taken as valid at the next start. The next commit
    /// overwrites its beginning, and the rest then has no valid checksum. So an empty commit is made at once.
    private func settled(_ error: any Error, _ db: Database) throws -> any Error {
        guard let error = error as? DatabaseError, error.resultCode == .SQLITE_IOERR else { return error }
        do {
            if db.isInsideTransaction { try db.rollback() }
            try db.inTransaction(.immediate) {
                try Meta.set("failed_commits", try Meta.integer("failed_commits", db) + 1, db)
                return .commit
            }
            return error
        } catch let second {
            return JournalError(
                .uncertain,
                "the disk of the journal \(pool.path) fails, and what it was given last cannot be taken back; whether it is there shows after a restart: \(error.message ?? "\(error)"); then: \(second)"
            )
        }
    }

    func wrapping<Value>(_ body: () throws -> Value) throws -> Value {
        try JournalError.wrapping(pool.path, body)
    }

    func wrapping<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as CancellationError {
            throw error
        } catch let error as PastError {
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

    /// The error in terms of the journal, for whoever runs the server.
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
