import Foundation
import Synchronization
import TallywireEngine

/// Copies of a journal for somebody who fetches them, one at a time. Safe from any thread.
public final class JournalCopies: Sendable {
    /// A copy in a file, which is deleted when nobody holds the copy any more: also where an answer with it is never sent.
    public final class Copy: Sendable {
        public let path: String
        public let bytes: Int
        /// The last event in it.
        public let seq: UInt64
        private let turn: Turn

        fileprivate init(path: String, _ copy: JournalCopy, _ turn: Turn) {
            (self.path, bytes, seq, self.turn) = (path, copy.bytes, copy.seq, turn)
        }

        deinit {
            // A file that is left behind takes room, and does no harm; the next start removes it.
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    /// Another copy is made or sent at the moment.
    public struct Busy: Error {}

    /// The right to have a copy, which ends with it.
    fileprivate final class Turn: Sendable {
        private let isTaken: Flag

        init?(_ isTaken: Flag) {
            guard !isTaken.value.exchange(true, ordering: .acquiringAndReleasing) else { return nil }
            self.isTaken = isTaken
        }

        deinit { isTaken.value.store(false, ordering: .releasing) }
    }

    fileprivate final class Flag: Sendable {
        let value = Atomic(false)
    }

    private let journal: SQLiteJournal
    private let folder: String
    private let isBusy = Flag()

    /// - Parameter folder: where a copy is kept while somebody fetches it. What an earlier process left there is removed.
    public init(_ journal: SQLiteJournal, folder: String) {
        self.journal = journal
        self.folder = folder
        removeOldCopies()
    }

    /// Copies the journal into a file of its own. Throws ``Busy``, or ``JournalError``.
    public func make() async throws -> Copy {
        guard let turn = Turn(isBusy) else { throw Busy() }
        let path = "\(folder)/copy-\(UUID().uuidString).db"
        return Copy(path: path, try await journal.copy(to: path), turn)
    }

    private func removeOldCopies() {
        // Without the folder there is nothing to remove.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix("copy-") && (name.hasSuffix(".db") || name.hasSuffix(".db.part")) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}
