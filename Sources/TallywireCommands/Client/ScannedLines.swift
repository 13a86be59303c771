import Foundation

/// The lines of an input as scanners and spreadsheets write them: they end with LF, CR or CR LF, and a byte order mark may be at
/// the beginning.
///
/// A line is returned as soon as its end has come, so that a scanner that sends CR gets its reply at once.
struct ScannedLines {
    /// The most bytes of one line. No code is longer.
    static let longest = 64 * 1024

    /// Returns at least one byte, and none at the end.
    private let read: () throws -> [UInt8]
    private var bytes: [UInt8] = []
    private var place = 0
    private var isFirst = true
    /// Whether the last line ended with CR, after which its LF may still come.
    private var passesLF = false

    init(_ read: @escaping () throws -> [UInt8]) {
        self.read = read
    }

    /// The lines of standard input, as they come.
    static func standardInput() -> ScannedLines {
        ScannedLines { Array(FileHandle.standardInput.availableData) }
    }

    /// Returns the next line; `nil` at the end. Throws ``Failure`` for a line that is too long, and any error of reading.
    mutating func next() throws -> String? {
        var line: [UInt8] = []
        while let byte = try nextByte() {
            let isRest = passesLF && byte == UInt8(ascii: "\n")
            passesLF = false
            if isRest { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                passesLF = byte == UInt8(ascii: "\r")
                return text(line)
            }
            guard line.count < Self.longest else { throw Failure("error: a line of the input has more than \(Self.longest) bytes") }
            line.append(byte)
        }
        return line.isEmpty ? nil : text(line)
    }

    private mutating func nextByte() throws -> UInt8? {
        if place == bytes.count {
            bytes = try read()
            place = 0
        }
        guard place < bytes.count else { return nil }
        defer { place += 1 }
        return bytes[place]
    }

    private mutating func text(_ line: [UInt8]) -> String {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        defer { isFirst = false }
        return String(decoding: isFirst && line.starts(with: mark) ? line.dropFirst(mark.count) : line[...], as: UTF8.self)
    }
}
