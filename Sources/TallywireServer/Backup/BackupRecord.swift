import Crypto
import Foundation
import SQLiteJournal
import TallywireCommands
import TallywireCore

/// What is written beside a backup: what it holds, and that it was found to be whole.
struct BackupRecord: Codable, Equatable {
    let epoch: String
    /// The last event.
    let seq: UInt64
    /// The hash of all events, in hexadecimal digits.
    let chain: String
    /// SHA-256 of the file, in hexadecimal digits.
    let sha256: String
    /// The version of the program that made it.
    let version: String
    /// When its events were folded and agreed with what it stores, in ISO 8601.
    let verified: String

    /// Reads the file at `path` to its end, folds it, and makes the record of it. Throws ``Failure`` if events and stored values disagree.
    init(of path: String, version: String, now: Timestamp) throws {
        let report = try JournalAudit.run(path: path)
        if let difference = report.difference {
            throw Failure("\(path): its events disagree with what it stores, so it is no backup: \(difference)")
        }
        (epoch, seq, chain) = (report.epoch, report.last, report.chain.hex)
        sha256 = try Self.sha256(of: path)
        self.version = version
        verified = now.description
    }

    /// Reads the record of the backup `path`. Throws ``Failure``.
    static func read(of path: String) throws -> BackupRecord {
        let file = path + ".json"
        guard let data = FileManager.default.contents(atPath: file) else {
            throw Failure("error: there is no \(file): the backup was not finished, or its record was not kept with it")
        }
        do {
            return try JSONDecoder().decode(BackupRecord.self, from: data)
        } catch {
            throw Failure("error: \(file) is no record of a backup: \(error)")
        }
    }

    /// Throws ``Failure`` unless the backup `path` is what the record says.
    func verify(_ path: String) throws {
        let found = try Self.sha256(of: path)
        guard found == sha256 else {
            throw Failure("error: \(path) was changed since it was made: its SHA-256 is \(found), and was \(sha256)")
        }
        let report = try JournalAudit.run(path: path)
        if let difference = report.difference { throw Failure("error: \(path): \(difference)") }
        guard report.epoch == epoch, report.last == seq, report.chain.hex == chain else {
            throw Failure(
                "error: \(path) is not the backup that \(path).json is of: it ends with event \(report.last), epoch \(report.epoch)"
            )
        }
    }

    /// Writes the record to `file`, on disk when the call returns.
    func write(to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try FlushedFile.write(try encoder.encode(self) + [UInt8(ascii: "\n")], to: file)
    }

    private static func sha256(of path: String) throws -> String {
        let input: FileHandle
        do { input = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)) } catch {
            throw Failure("error: \(path) cannot be read: \(error.localizedDescription)")
        }
        defer { try? input.close() }
        var hash = SHA256()
        while let part = try input.read(upToCount: 1 << 20), !part.isEmpty { hash.update(data: part) }
        return hash.finalize().map { String(format: "%02x", $0) }.joined()
    }
}
