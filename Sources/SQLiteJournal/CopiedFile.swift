import Foundation
import TallywireEngine

/// A new file that its owner and its group may read, and that is flushed by hand.
///
/// Closing any descriptor of a file releases the locks that SQLite has on it in this process, so this one is closed before the file
/// gets its final name, under which a journal may be opened.
package final class CopiedFile: Sendable {
    private let path: String
    private let descriptor: Int32

    init(creating path: String) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw Self.failure("created", path) }
        try FolderOwner.give(descriptor, at: path)
    }

    deinit { close(descriptor) }

    func size() throws -> Int {
        let size = lseek(descriptor, 0, SEEK_END)
        guard size >= 0 else { throw Self.failure("read", path) }
        return Int(size)
    }

    func flush() throws {
        guard fdatasync(descriptor) == 0 else { throw Self.failure("flushed", path) }
    }

    /// Copies the file `source` to the new file `target`, which is on disk when the call returns.
    static func copy(_ source: String, to target: String) throws {
        let input: FileHandle
        do { input = try FileHandle(forReadingFrom: URL(fileURLWithPath: source)) } catch {
            throw JournalError(.storage, "\(source) cannot be read: \(error.localizedDescription)")
        }
        defer { try? input.close() }
        let file = try CopiedFile(creating: target)
        do {
            let output = FileHandle(fileDescriptor: file.descriptor, closeOnDealloc: false)
            while let part = try input.read(upToCount: 1 << 20), !part.isEmpty { try output.write(contentsOf: part) }
        } catch {
            throw JournalError(.storage, "\(source) cannot be copied to \(target): \(error)")
        }
        try file.flush()
    }

    /// Gives the file at `path` its final name, which survives a power cut when the call returns.
    package static func move(_ path: String, to target: String) throws {
        guard rename(path, target) == 0 else { throw failure("renamed", path) }
        let folder = open(URL(fileURLWithPath: target).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("flushed", target) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("flushed", target) }
    }

    private static func failure(_ what: String, _ path: String) -> JournalError {
        JournalError(.storage, "\(path) cannot be \(what): \(String(cString: strerror(errno)))")
    }
}
