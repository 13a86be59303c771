/// Splits bytes that come in pieces into lines. It holds at most one incomplete line.
package struct LineSplitter {
    /// A line without its line break.
    package struct Line: Equatable {
        /// Counted from 1, with empty lines.
        package let number: Int
        /// The line; `nil` if it is longer than the limit.
        package let bytes: [UInt8]?

        package init(number: Int, bytes: [UInt8]?) {
            self.number = number
            self.bytes = bytes
        }
    }

    private let limit: Int
    private var number = 1
    private var begun: [UInt8] = []
    /// Whether the current line is too long, so that the rest of it is skipped.
    package private(set) var isOverlong = false

    /// A splitter for lines of at most `limit` bytes.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Returns the lines that `piece` completes. Empty lines are left out.
    package mutating func split(_ piece: UnsafeRawBufferPointer) -> [Line] {
        var lines: [Line] = []
        var rest = piece[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            if let line = take() { lines.append(line) }
            number += 1
            rest = rest[rest.index(after: end)...]
        }
        append(rest)
        return lines
    }

    /// Returns the last line, if it had no line break.
    package mutating func end() -> [Line] {
        take().map { [$0] } ?? []
    }

    private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) {
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
