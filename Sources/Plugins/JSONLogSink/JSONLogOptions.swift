import Foundation
import TallywireEngine
import TallywirePipeline

/// The options of `json-log`. Their defaults stand in its schema.
struct JSONLogOptions: Decodable, Sendable {
    var path: String
    var rotate: Rotation
    var fsync: FlushPolicy

    struct Rotation: Decodable, Sendable {
        /// The file grows up to this; a line that is larger by itself gets a file of its own.
        var size: ByteSize
        /// Old files.
        var keep: Int
    }
}

/// When lines are flushed to the disk.
enum FlushPolicy: Equatable, Sendable {
    /// Before a batch counts as delivered.
    case batch
    /// At most so long after they were written.
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
    /// What `check --connect` finds: that the log can be written, in a folder that is there or that the server makes for its journal.
    func problems(_ context: ProbeContext) -> [OptionError] {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path
        let made = context.dataDirectory.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        guard let problem = FolderProbe.problem(writing: path, createsFolder: folder == made) else { return [] }
        return [OptionError("path", message: problem)]
    }
}

extension JSONLogOptions {
    /// How much of the log's end is looked at for its last line.
    private static let tail = 4 << 20

    /// What the log knows of its journal: what its mark says, and its last whole line. A log that cannot be read knows nothing; that is told when it
    /// is opened for writing.
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
        // What stands behind the last line end is no whole line.
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        return lines.reversed().lazy.compactMap { LogFile.seq(of: Array($0)) }.first
    }
}
