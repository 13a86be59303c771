import Foundation
import TallywireCore

/// The text of a file that may come from a spreadsheet of any age.
///
/// UTF-16 is recognised by its byte order mark, and UTF-8 by being valid. Any other text is taken for Windows-1252, which old
/// spreadsheets write, and ``note`` says so.
struct FileText {
    /// The most bytes of a file: some two million rows.
    static let limit = 256 << 20

    let text: String
    /// A note about how the file was read.
    let note: String?

    init(_ data: Data, _ name: String) throws {
        guard data.count <= Self.limit else {
            throw Failure("error: \(name) has more than \(Self.limit >> 20) MiB: import it in pieces")
        }
        let (decoded, note) = try Self.decode(data, name)
        guard let decoded, !decoded.unicodeScalars.contains("\0") else {
            throw Failure("error: \(name) is not text: save it as CSV in UTF-8")
        }
        if let place = StreamSafeText.firstBreach(in: decoded.utf8) {
            let line = decoded.utf8.prefix(place).count { $0 == UInt8(ascii: "\n") } + 1
            throw Failure("error: \(name):\(line): \(StreamSafeText.mistake)")
        }
        text = decoded
        self.note = note
    }

    private static func decode(_ data: Data, _ name: String) throws -> (text: String?, note: String?) {
        let mark = [UInt8](data.prefix(3))
        if mark.starts(with: [0xFF, 0xFE]) || mark.starts(with: [0xFE, 0xFF]) {
            return (try utf16(data.dropFirst(2), isBigEndian: mark[0] == 0xFE, name), nil)
        }
        let isMarked = mark == [0xEF, 0xBB, 0xBF]
        let body = data.dropFirst(isMarked ? 3 : 0)
        if let text = String(validating: body, as: UTF8.self) { return (text, nil) }
        guard !isMarked, !isCutUTF8(body) else { throw broken(name, "UTF-8") }
        let note = "\(name) is not UTF-8, so it is read as Windows-1252: see that names with accents are right"
        return (String(data: data, encoding: .windowsCP1252), note)
    }

    /// Foundation's own decoder replaces broken characters instead of failing.
    private static func utf16(_ data: Data, isBigEndian: Bool, _ name: String) throws -> String {
        let bytes = [UInt8](data)
        guard bytes.count.isMultiple(of: 2) else { throw broken(name, "UTF-16") }
        let units = stride(from: 0, to: bytes.count, by: 2).map { index in
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
        guard let text = String(validating: units, as: UTF16.self) else { throw broken(name, "UTF-16") }
        return text
    }

    /// Whether the data is UTF-8 with characters beyond ASCII, whose last character is incomplete.
    private static func isCutUTF8(_ data: Data) -> Bool {
        guard let start = data.suffix(4).lastIndex(where: { $0 >= 0xC0 }) else { return false }
        let whole = data[..<start]
        return whole.contains { $0 >= 0x80 } && String(validating: whole, as: UTF8.self) != nil
            && data[start...].dropFirst().allSatisfy { (0x80..<0xC0).contains($0) }
    }

    private static func broken(_ name: String, _ form: String) -> Failure {
        Failure("error: \(name) is broken \(form), as a file is that was not copied to its end: copy or export it again")
    }
}
