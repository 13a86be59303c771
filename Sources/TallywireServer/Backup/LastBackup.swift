import Foundation
import TallywireCore

/// The file `PATH.backup` beside a journal: which backup of it was made last, for the server's metrics.
struct LastBackup: Codable {
    /// When it was found to be whole, in milliseconds since 1970.
    let at: Int64
    let to: String
    let seq: UInt64

    private static func path(of journal: String) -> String { journal + ".backup" }

    static func note(_ record: BackupRecord, to path: String, of journal: String, at now: Timestamp) throws {
        try BackupFile.write(
            try JSONEncoder().encode(LastBackup(at: now.milliseconds, to: path, seq: record.seq)) + [UInt8(ascii: "\n")],
            to: Self.path(of: journal))
    }

    /// The last backup; `nil` if none was made, or the file cannot be read.
    static func read(of journal: String) -> LastBackup? {
        FileManager.default.contents(atPath: path(of: journal)).flatMap { try? JSONDecoder().decode(LastBackup.self, from: $0) }
    }
}
