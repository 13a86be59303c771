import Foundation
import TallywireCore

extension LogFile {
    /// The most bytes at the end that may be cut off because they are no event. A torn line is far shorter; with more, the file is
    /// damaged in another way.
    private static let largestTornTail = 64 << 20
    private static let block = 64 << 10

    /// How far the log has come, by the end of its file.
    struct Tail {
        /// The `seq` of the last whole line; `nil` if there is none.
        var seq: UInt64?
        /// How many bytes after it were cut off.
        var cut: Int
    }

    /// Finds the last whole line and cuts off what a crash left after it: part of a line, or blocks that never reached the disk.
    mutating func recover() throws(FileFailure) -> Tail {
        var end = size
        var seq: UInt64?
        while end > 0, seq == nil {
            guard size - end <= Self.largestTornTail else {
                throw FileFailure(path, "continued, its end holds no events", code: EILSEQ)
            }
            guard let newline = try lastNewline(before: end) else {
                end = 0
                break
            }
            let start = try lastNewline(before: newline).map { $0 + 1 } ?? 0
            seq = Self.seq(of: try read(start, newline))
            end = seq == nil ? start : newline + 1
        }
        let cut = size - end
        try self.cut(cut)
        return Tail(seq: seq, cut: cut)
    }

    private func lastNewline(before end: Int) throws(FileFailure) -> Int? {
        var end = end
        while end > 0 {
            let start = max(0, end - Self.block)
            if let index = try read(start, end).lastIndex(of: UInt8(ascii: "\n")) { return start + index }
            end = start
        }
        return nil
    }

    private struct Line: Decodable {
        let type: String
        let seq: UInt64
    }

    /// The `seq` of a line that is a whole event.
    static func seq(of line: [UInt8]) -> UInt64? {
        (try? JSONDecoder().decode(Line.self, fromOutside: line))?.seq
    }
}
