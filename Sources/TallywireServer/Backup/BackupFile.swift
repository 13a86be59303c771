import Foundation
import SQLiteJournal
import TallywireCommands
import TallywireCore
import TallywireEngine

/// A backup at a path, with its record beside it, and the older ones: `PATH`, `PATH.1`, `PATH.2` and so on.
///
/// A backup is good if `PATH.json` says so. Of a backup that was ended at any moment there is no such file, and the older ones are as they
/// were, perhaps under the next number.
struct BackupFile {
    let path: String

    /// How many backups may be kept.
    static let keepLimit = 1_000

    /// Has `copy` copy the journal to the file that it is given, folds the copy again, and only then gives it its name. Keeps `keep` backups.
    /// Throws ``Failure`` if the copy does not agree with itself; then the backups of before are as they were.
    func make(keep: Int, version: String, copy: (String) async throws -> Void) async throws -> BackupRecord {
        let lock = try Lock(path + ".lock")
        defer { lock.release() }
        let draft = path + ".new"
        for leftover in [draft, draft + ".part", draft + ".json"] { try? FileManager.default.removeItem(atPath: leftover) }
        do {
            try await copy(draft)
            let record = try BackupRecord(of: draft, version: version, now: .now)
            try record.write(to: draft + ".json")
            try turn(keeping: keep)
            // The record comes last: it says that the backup is good.
            try CopiedFile.move(draft, to: path)
            try CopiedFile.move(draft + ".json", to: path + ".json")
            return record
        } catch {
            for leftover in [draft, draft + ".json"] { try? FileManager.default.removeItem(atPath: leftover) }
            throw error
        }
    }

    private func name(_ number: Int) -> String { number == 0 ? path : "\(path).\(number)" }

    /// Gives each backup the next number. The last one, and those beyond it, go.
    private func turn(keeping keep: Int) throws {
        var last = 0
        while FileManager.default.fileExists(atPath: name(last)) { last += 1 }
        for number in stride(from: last - 1, through: 0, by: -1) {
            if number + 1 >= keep {
                // The record first: what has none is not said to be good.
                for file in [name(number) + ".json", name(number)] where FileManager.default.fileExists(atPath: file) {
                    try FileManager.default.removeItem(atPath: file)
                }
            } else {
                for suffix in [".json", ""] where FileManager.default.fileExists(atPath: name(number) + suffix) {
                    try CopiedFile.move(name(number) + suffix, to: name(number + 1) + suffix)
                }
            }
        }
    }

    /// Lets one backup to a path be made at a time. The kernel releases it however the process ends.
    private struct Lock {
        private let descriptor: Int32

        init(_ path: String) throws {
            descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
            guard descriptor >= 0 else { throw Failure("error: \(path) cannot be written: \(String(cString: strerror(errno)))") }
            do { try FolderOwner.give(descriptor, at: path) } catch {
                close(descriptor)
                throw error
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw Failure("error: another backup to the same path is being made: \(path) is locked")
            }
        }

        func release() { close(descriptor) }
    }
}
