import Foundation
import TallywireCore

/// The text of a file that may come from a spreadsheet of any age.
///
/// UTF-16 is known by its byte order mark, UTF-8 by being it; what is neither is taken for Windows-1252, which old spreadsheets write, and
/// that is said.
struct FileText {
    /// Bytes that a file may have: some two million rows.
    static let limit = 256 << 20

    let text: String
    /// What the reader should know of how it was read.
    let note: String?

    init(_ data: Data, _ name: String) throws {
        guard data.count <= Self.limit else {
            throw Failure("error: \(name) has more than \(Self.limit >> 20) MiB: import it in pieces")
        }
        let bytes = [UInt8](data.prefix(3))
        var note: String?
        let decoded: String?
        if bytes.starts(with: [0xFF, 0xFE]) {
            decoded = String(data: data.dropFirst(2), encoding: .utf16LittleEndian)
        } else if bytes.starts(with: [0xFE, 0xFF]) {
            decoded = String(data: data.dropFirst(2), encoding: .utf16BigEndian)
        } else if let text = String(validating: data.dropFirst(bytes == [0xEF, 0xBB, 0xBF] ? 3 : 0), as: UTF8.self) {
            decoded = text
        } else {
            decoded = String(data: data, encoding: .windowsCP1252)
            note = "\(name) is not UTF-8, so it is read as Windows-1252: see that names with accents are right"
        }
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
}
