import Foundation

/// The small file `.NAME.epoch` beside the log: to which journal the log belongs, and up to which event its older files go.
///
/// The log itself contains only events, since other programs read it. They look for `NAME*`, as logrotate does, so the mark's name
/// begins differently. The mark is one line, `EPOCH SEQ`, and is replaced as a whole.
struct LogMark: Equatable {
    var epoch: String
    /// The last event in the rotated files, which is also how far the log has come while its current file is empty.
    var rotatedThrough: UInt64

    static func path(of log: String) -> String {
        let slash = log.lastIndex(of: "/").map { log.index(after: $0) } ?? log.startIndex
        return "\(log[..<slash]).\(log[slash...]).epoch"
    }

    /// The mark's name in earlier versions, which matched the patterns of other programs. It is read if there is no other mark, and
    /// removed by the next write.
    private static func formerPath(of log: String) -> String { log + ".epoch" }

    /// Returns the mark of `log`; `nil` if there is none, or none that can be read.
    static func read(of log: String) throws(FileFailure) -> LogMark? {
        if let mark = try read(at: path(of: log)) { return mark }
        return try read(at: formerPath(of: log))
    }

    private static func read(at path: String) throws(FileFailure) -> LogMark? {
        guard let data = FileManager.default.contents(atPath: path) else {
            guard FileOperations.exists(path) else { return nil }
            throw FileFailure(path, "read", code: EACCES)
        }
        let text = String(decoding: data.prefix(1_024), as: UTF8.self)
        guard text.hasSuffix("\n"), let blank = text.lastIndex(of: " "),
            let seq = UInt64(text[text.index(after: blank)...].dropLast())
        else { return nil }
        return LogMark(epoch: String(text[..<blank]), rotatedThrough: seq)
    }

    /// Replaces the mark of `log`, durably, or leaves the old one unchanged.
    func write(of log: String, _ operations: FileOperations) throws(FileFailure) {
        let path = Self.path(of: log)
        let draft = path + ".new"
        let descriptor = Foundation.open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileFailure(draft, "written") }
        defer { Foundation.close(descriptor) }
        let bytes = Array("\(epoch) \(rotatedThrough)\n".utf8)
        let written = bytes.withUnsafeBytes { operations.write(descriptor, $0) }
        guard written == bytes.count else {
            throw written < 0 ? FileFailure(draft, "written") : FileFailure(draft, "written", code: ENOSPC)
        }
        guard operations.flush(descriptor) == 0 else { throw FileFailure(draft, "flushed") }
        guard operations.rename(draft, path) == 0 else { throw FileFailure(path, "replaced") }
        let former = Self.formerPath(of: log)
        if FileOperations.exists(former), operations.remove(former) != 0 { throw FileFailure(former, "removed") }
        try operations.flushDirectory(of: path)
    }
}
