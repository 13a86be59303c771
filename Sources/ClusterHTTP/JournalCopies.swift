import Foundation
import HTTPPort
import Logging
import SQLiteJournal
import Synchronization
import TallywireEngine

/// Copies of a node's journal for other nodes, one at a time.
final class JournalCopies: Sendable {
    struct Copy: Sendable {
        let path: String
        let bytes: Int
    }

    private let journal: SQLiteJournal
    private let folder: String
    private let isBusy = Atomic(false)

    init(_ journal: SQLiteJournal, folder: String) {
        self.journal = journal
        self.folder = folder
    }

    /// Copies the journal into a file of its own, which the caller removes with ``remove(_:)``. Throws a problem while another copy is
    /// made or sent.
    func make() async throws -> Copy {
        guard !isBusy.exchange(true, ordering: .acquiringAndReleasing) else {
            throw Problem.unavailable("another node copies the journal at the moment: come back in a moment, or ask another node")
        }
        let path = "\(folder)/copy-\(UUID().uuidString).db"
        do {
            let copy = try await journal.copy(to: path)
            return Copy(path: path, bytes: copy.bytes)
        } catch {
            isBusy.store(false, ordering: .releasing)
            throw error
        }
    }

    func remove(_ copy: Copy) {
        // A file that is left behind takes room, and does no harm; the next start of the node removes it.
        try? FileManager.default.removeItem(atPath: copy.path)
        isBusy.store(false, ordering: .releasing)
    }
}
