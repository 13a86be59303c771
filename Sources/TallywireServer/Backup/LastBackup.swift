import Foundation
import TallywireCore

/// The file `PATH.backup` beside a journal: which backup of it was made last, for the server's metrics.
struct LastBackup: Codable {
    /// When it was found to be whole, in milliseconds since 1970.
    let at: Int64
    /// Where it is.
    let to: String
    let seq: UInt64

    private static func path(of journal: String) -> String { journal + ".backup" }

    init(at time: Timestamp, to place: String, seq: UInt64) {
        (at, to, self.seq) = (time.milliseconds, place, seq)
    }

    /// Writes the file beside the journal, on disk when the call returns.
    func write(beside journal: String) throws {
        try FlushedFile.write(try JSONEncoder().encode(self) + [UInt8(ascii: "\n")], to: Self.path(of: journal))
    }

    /// The last backup; `nil` if none was made, or the file cannot be read: a backup that nobody knows of has no age, and the alert for
    /// that comes.
    static func read(of journal: String) -> LastBackup? {
        FileManager.default.contents(atPath: path(of: journal)).flatMap { try? JSONDecoder().decode(LastBackup.self, from: $0) }
    }
}
