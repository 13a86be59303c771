import Foundation
import TallywireEngine
import TallywirePipeline

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
