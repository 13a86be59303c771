import Foundation
import GRDB
import Logging
import TallywireEngine

/// Puts a copy of a journal where a journal is, or was.
public struct JournalRestore: Sendable {
    private let path: String

    /// The journal at `path`, which need not be there.
    public init(path: String) { self.path = path }

    /// The epoch and the last event of a journal.
    public struct Position: Equatable, Sendable {
        public let epoch: String
        public let seq: UInt64
    }

    /// What is there now; `nil` if there is no journal, or none that can be read.
    public func current() -> Position? { Self.position(at: path) }

    static func position(at path: String) -> Position? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        var configuration = SQLiteJournal.databaseConfiguration(readers: 1)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = ON") }
        guard let queue = try? DatabaseQueue(path: path, configuration: configuration) else { return nil }
        defer { try? queue.close() }
        return try? queue.read { db in
            let epoch = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'")
            return try epoch.map { Position(epoch: $0, seq: try Meta.seq(db)) }
        }
    }

    /// Throws ``JournalError/Code/locked`` if a server uses the journal.
    public func checkUnused() throws { try FileLock(of: path).release() }

    /// Puts a copy of the file `copy` in place, and gives it a new epoch, since its events go on with numbers that the journal which was
    /// there may have given already. What was there is renamed to `aside`, with its files. Returns the new epoch.
    ///
    /// A crash leaves the old journal or the new one. Throws ``JournalError``: `locked` if a server uses the journal.
    public func put(_ copy: String, aside: String) throws -> String {
        try FolderOwner.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path, mode: 0o750)
        let draft = path + ".restoring"
        try? FileManager.default.removeItem(atPath: draft)
        try CopiedFile.copy(copy, to: draft)
        let known = Self.position(at: copy)
        let lock = try FileLock(of: path)
        do {
            try moveAway(to: aside)
            try CopiedFile.move(draft, to: path)
        } catch {
            lock.release()
            throw error
        }
        lock.release()
        // Somebody may know the event that follows: those that were given after the copy was made.
        let witness = known.map { JournalWitness(name: "whoever saw what came after the copy", epoch: $0.epoch, seq: $0.seq + 1) }
        let journal = try SQLiteJournal(
            path: path, configuration: SQLiteJournal.Configuration(known: [witness].compactMap { $0 }),
            logger: Logger(label: "tallywire", factory: { _ in SwiftLogNoOpLogHandler() }))
        try journal.close()
        return journal.epoch
    }

    private func moveAway(to aside: String) throws {
        for suffix in ["", "-wal", "-shm"] {
            let (old, new) = (path + suffix, aside + suffix)
            guard let size = try? FileManager.default.attributesOfItem(atPath: old)[.size] as? Int else { continue }
            if suffix.isEmpty, size == 0 { continue }
            guard rename(old, new) == 0 else {
                throw JournalError(.storage, "\(old) cannot be renamed to \(new): \(String(cString: strerror(errno)))")
            }
        }
    }
}
