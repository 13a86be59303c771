import Foundation

/// A file that only its owner may read.
package enum PrivateFile {
    /// Writes `text` to `path` with mode 0600, completely or not at all. Throws ``Failure`` if the file exists and may not be
    /// replaced.
    package static func write(_ text: String, to path: String, replacing: Bool) throws {
        let target = replacing ? "\(path).\(getpid())" : path
        let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw Failure("error: \(path) is there already; --force replaces it") }
            throw Failure("error: \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(text.utf8))
            try file.synchronize()
            try file.close()
        } catch {
            unlink(target)
            throw Failure("error: \(path) cannot be written: \(error)")
        }
        guard !replacing || rename(target, path) == 0 else {
            defer { unlink(target) }
            throw Failure("error: \(path) cannot be replaced: \(String(cString: strerror(errno)))")
        }
    }
}
