import Foundation
import TallywireConfiguration
import TallywireEngine
import TallywirePipeline

/// The options of `json-log`. The schema has their defaults.
struct JSONLogOptions: Decodable, Sendable {
    var path: String
    var rotate: Rotation
    var fsync: FlushPolicy

    struct Rotation: Decodable, Sendable {
        /// The largest size of the file. A single line that is larger gets a file of its own.
        var size: ByteSize
        /// How many old files are kept.
        var keep: Int
    }
}

/// When lines are flushed to the disk.
enum FlushPolicy: Equatable, Sendable {
    /// Before a batch counts as delivered.
    case batch
    /// At most this long after the lines were written.
    case every(Duration)
    case never
}

extension FlushPolicy: Decodable {
    private enum Key: CodingKey { case every }

    init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Key.self) {
            self = .every(try container.decode(Duration.self, forKey: .every))
        } else {
            self = try decoder.singleValueContainer().decode(String.self) == "never" ? .never : .batch
        }
    }
}

extension JSONLogOptions {
    /// What `check --connect` finds: whether the log can be written, into a folder that exists or that the server makes for its
    /// journal.
    func problems(_ context: ProbeContext) -> [OptionError] {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path
        let made = context.dataDirectory.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        guard let problem = FolderProbe.problem(writing: path, createsFolder: folder == made) else { return [] }
        return [OptionError("path", message: problem)]
    }
}

extension JSONLogOptions {
    /// How many bytes at the log's end are searched for the last line.
    private static let tail = 4 << 20

    /// How far the journal had come, as the log knows: from its mark and its last whole line. A log that cannot be read knows
    /// nothing. That is reported when the log is opened for writing.
    func witnesses() -> [JournalWitness] {
        guard let mark = try? LogMark.read(of: path) else { return [] }
        return [JournalWitness(name: "the log \(path)", epoch: mark.epoch, seq: max(mark.rotatedThrough, lastSeq ?? 0))]
    }

    private var lastSeq: UInt64? {
        guard let file = try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)) else { return nil }
        defer { try? file.close() }
        guard let size = try? file.seekToEnd(), (try? file.seek(toOffset: size - min(size, UInt64(Self.tail)))) != nil,
            let bytes = try? file.readToEnd()
        else { return nil }
        // The bytes after the last line break are not a whole line.
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        return lines.reversed().lazy.compactMap { LogFile.seq(of: Array($0)) }.first
    }
}
