import Foundation
import Synchronization
import TallywireEngine

/// Copies of a journal for somebody who fetches them, one at a time. Safe from any thread.
public final class JournalCopies: Sendable {
    /// A copy, until it is removed.
    public struct Copy: Sendable {
        public let path: String
        public let bytes: Int
        /// The last event in it.
        public let seq: UInt64
    }

    /// Another copy is made or sent at the moment.
    public struct Busy: Error {}

    private let journal: SQLiteJournal
    private let folder: String
    private let isBusy = Atomic(false)

    /// - Parameter folder: where a copy is kept while somebody fetches it. What an earlier process left there is removed.
    public init(_ journal: SQLiteJournal, folder: String) {
        self.journal = journal
        self.folder = folder
        removeOldCopies()
    }

    /// Copies the journal into a file of its own, which the caller removes with ``remove(_:)``. Throws ``Busy``, or ``JournalError``.
    public func make() async throws -> Copy {
        guard !isBusy.exchange(true, ordering: .acquiringAndReleasing) else { throw Busy() }
        let path = "\(folder)/copy-\(UUID().uuidString).db"
        do {
            let copy = try await journal.copy(to: path)
            return Copy(path: path, bytes: copy.bytes, seq: copy.seq)
        } catch {
            isBusy.store(false, ordering: .releasing)
            throw error
        }
    }

    public func remove(_ copy: Copy) {
        // A file that is left behind takes room, and does no harm; the next start removes it.
        try? FileManager.default.removeItem(atPath: copy.path)
        isBusy.store(false, ordering: .releasing)
    }

    private func removeOldCopies() {
        // Without the folder there is nothing to remove.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix("copy-") && (name.hasSuffix(".db") || name.hasSuffix(".db.part")) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}
