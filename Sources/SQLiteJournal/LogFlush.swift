import Foundation
import Synchronization
import TallywireEngine

/// Flushes SQLite's write-ahead log to disk in a journal whose commits do not wait for that.
///
/// Every commit is in the log before the call that commits returns. What a checkpoint has copied into the database, SQLite flushed in both
/// files before it began the log anew. So once the log is flushed, all commits before that are on disk. A checkpoint would do the same and
/// write the pages a second time.
final class LogFlush: Sendable {
    private enum State {
        case works
        case failed(JournalError)
        case ended
    }

    private let path: String
    private let isNeeded: Bool
    private let queue = DispatchQueue(label: "tallywire.journal.flush", qos: .utility)
    private let state = Mutex(State.works)

    /// The flush of the journal at `path`. `isNeeded` is false if each commit waits for the disk.
    init(of path: String, isNeeded: Bool) {
        self.path = path
        self.isNeeded = isNeeded
    }

    /// Returns `position()` of before the flush, once all that was committed by then is on disk.
    func flush(_ position: @escaping @Sendable () -> UInt64) async throws -> UInt64 {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.run(position) }) }
        }
    }

    private func run(_ position: () -> UInt64) throws -> UInt64 {
        // Not under the lock: a flush takes long, and the journal may be closed meanwhile.
        switch state.withLock({ $0 }) {
        case .works: break
        case .failed(let error): throw error
        case .ended: throw JournalError(.closed, "the journal is closed")
        }
        let index = position()
        guard isNeeded else { return index }
        do {
            try synchronize()
        } catch let error as JournalError {
            // Linux drops what it could not write, and tells one caller only. A later flush would succeed without it.
            state.withLock { if case .works = $0 { $0 = .failed(error) } }
            throw error
        }
        return index
    }

    /// Nothing is flushed any more. A flush that runs is waited for.
    func end() {
        queue.sync { state.withLock { $0 = .ended } }
    }

    /// SQLite has no locks on the log that closing this descriptor could release: they are on the database and on the shared memory.
    private func synchronize() throws {
        let file = open(path + "-wal", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("opened") }
        defer { close(file) }
        guard fdatasync(file) == 0 else { throw failure("flushed") }
    }

    private func failure(_ what: String) -> JournalError {
        JournalError(
            .storage,
            "the log \(path)-wal of the journal cannot be \(what), so what was committed last may not survive a power cut: check the disk, and start again (\(String(cString: strerror(errno))))"
        )
    }
}

extension SQLiteJournal {
    public func flush() async throws -> UInt64 { try await flushing.flush { self.lastEntry.load(ordering: .acquiring) } }
}
