import Foundation

/// The system calls with which the log changes the disk, so that tests can make each of them fail or be the last one. Like the
/// calls themselves they return -1 and set `errno`.
struct FileOperations: Sendable {
    var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int = { Foundation.write($0, $1.baseAddress, $1.count) }
    var flush: @Sendable (Int32) -> Int32 = { fdatasync($0) }
    /// Flushes a directory.
    var flushNames: @Sendable (Int32) -> Int32 = { fsync($0) }
    var truncate: @Sendable (Int32, Int) -> Int32 = { ftruncate($0, $1) }
    var rename: @Sendable (String, String) -> Int32 = { Foundation.rename($0, $1) }
    var remove: @Sendable (String) -> Int32 = { unlink($0) }

    static let system = FileOperations()
}

/// An operation that the file system refused.
struct FileFailure: Error, CustomStringConvertible {
    let path: String
    let action: String
    let code: Int32

    /// The failure that `errno` names.
    init(_ path: String, _ action: String) {
        self.init(path, action, code: errno)
    }

    init(_ path: String, _ action: String, code: Int32) {
        self.path = path
        self.action = action
        self.code = code
    }

    var description: String { "\(path) cannot be \(action): \(reason)" }

    private var reason: String {
        switch code {
        case ENOSPC, EDQUOT: "the disk is full; it goes on where it stopped as soon as there is room"
        case ELOOP: "it is a symbolic link; name the file that it leads to"
        case ENOENT, ENOTDIR: "its directory does not exist; create it"
        case EACCES, EPERM: "permission denied; the server's user needs to write the file and its directory"
        case EISDIR: "it is a directory"
        case EINVAL: "it is no ordinary file"
        case EROFS: "the file system is read-only"
        case EWOULDBLOCK: "another process or another sink writes to it"
        default: String(cString: strerror(code))
        }
    }
}

extension FileOperations {
    /// Makes renames and new files in the directory of `path` survive a power cut.
    func flushDirectory(of path: String) throws(FileFailure) {
        let directory = Self.directory(of: path)
        let descriptor = Foundation.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(directory, "opened") }
        defer { Foundation.close(descriptor) }
        guard flushNames(descriptor) == 0 else { throw FileFailure(directory, "flushed") }
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }
}
