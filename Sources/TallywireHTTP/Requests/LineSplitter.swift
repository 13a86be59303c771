import NIOCore

/// Cuts a body that comes in pieces into lines, and holds at most one incomplete line.
struct LineSplitter {
    /// A line without its end.
    struct Line: Equatable {
        /// Counted from 1, empty lines too.
        let number: Int
        /// The line, or `nil` if it is longer than the limit.
        let bytes: [UInt8]?
    }

    private let limit: Int
    private var number = 1
    private var begun: [UInt8] = []
    /// Whether the line that has begun is too long, so that the rest of it is skipped.
    private var isOverlong = false

    /// A splitter for lines of at most `limit` bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// The lines that `piece` completes. Empty ones are left out.
    mutating func split(_ piece: ByteBuffer) -> [Line] {
        var lines: [Line] = []
        var rest = piece.readableBytesView[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            if let line = take() { lines.append(line) }
            number += 1
            rest = rest[rest.index(after: end)...]
        }
        append(rest)
        return lines
    }

    /// The last line, if it had no end.
    mutating func end() -> [Line] {
        take().map { [$0] } ?? []
    }

    private mutating func append(_ bytes: ByteBufferView) {
        guard !isOverlong else { return }
        guard begun.count + bytes.count <= limit else {
            isOverlong = true
            begun.removeAll()
            return
        }
        begun.append(contentsOf: bytes)
    }

    private mutating func take() -> Line? {
        defer {
            begun.removeAll(keepingCapacity: true)
            isOverlong = false
        }
        if isOverlong { return Line(number: number, bytes: nil) }
        let isEmpty = begun.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        return isEmpty ? nil : Line(number: number, bytes: begun)
    }
}
