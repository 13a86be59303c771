import SQLiteJournal
import TallywireCore
import TallywireEngine
import TallywireHTTP

/// Copies of the journal of a running server, for who makes backups.
struct JournalBackups: Backups {
    private let copies: JournalCopies
    private let path: String

    /// - Parameter path: of the journal.
    init(_ copies: JournalCopies, of path: String) {
        (self.copies, self.path) = (copies, path)
    }

    var last: Timestamp? { LastBackup.read(of: path).map { Timestamp(milliseconds: $0.at) } }

    func copy() async throws -> any BackupCopy {
        do {
            return try await copies.make()
        } catch is JournalCopies.Busy {
            throw BackupBusy()
        }
    }

    func note(seq: UInt64, place: String) throws { try LastBackup(at: .now, to: place, seq: seq).write(beside: path) }
}

extension JournalCopies.Copy: BackupCopy {}
