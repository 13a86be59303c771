import Foundation

/// The open file at the log's path, locked against every other writer. Closed when it goes out of scope.
struct LogFile: ~Copyable {
    let path: String
    /// The position of the next line: the file's length as far as this process knows.
    private(set) var size: Int
    private let descriptor: Int32
    private let inode: UInt64
    private let operations: FileOperations

    /// Opens the file, or creates it and makes its name durable. A symbolic link, a directory or a device is refused: the lines
    /// must be where the configuration says, on a disk.
    init(_ path: String, _ operations: FileOperations) throws(FileFailure) {
        let isNew = !FileOperations.exists(path)
        // Non-blocking, so that a pipe at the path is an error instead of a wait for the pipe's reader.
        let flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let descriptor = Foundation.open(path, flags, 0o640)
        guard descriptor >= 0 else { throw FileFailure(path, "opened") }
        do throws(FileFailure) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw FileFailure(path, "opened") }
            guard status.st_mode & S_IFMT == S_IFREG else { throw FileFailure(path, "opened", code: EINVAL) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw FileFailure(path, "opened") }
            if isNew { try operations.flushDirectory(of: path) }
            self.path = path
            self.size = Int(status.st_size)
            self.inode = UInt64(status.st_ino)
            self.descriptor = descriptor
            self.operations = operations
        } catch {
            Foundation.close(descriptor)
            throw error
        }
    }

    deinit {
        // Closing alone would not release the lock while a child process that is being spawned has a copy of the descriptor.
        flock(descriptor, LOCK_UN)
        Foundation.close(descriptor)
    }

    /// Whether the path still leads to this file. Another program may have moved or removed the file.
    var isInPlace: Bool {
        var status = stat()
        return lstat(path, &status) == 0 && UInt64(status.st_ino) == inode
    }

    /// Appends `bytes`. Returns how many were written and, if not all, why.
    mutating func append(_ bytes: [UInt8]) -> (written: Int, failure: FileFailure?) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { operations.write(descriptor, UnsafeRawBufferPointer(rebasing: $0[written...])) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                return (written, count < 0 ? FileFailure(path, "written") : FileFailure(path, "written", code: EIO))
            }
            written += count
            size += count
        }
        return (written, nil)
    }

    /// Removes the last `count` bytes. They are counted from the file's real end, which another program may have moved.
    mutating func cut(_ count: Int) throws(FileFailure) {
        guard count > 0 else { return }
        var status = stat()
        guard fstat(descriptor, &status) == 0, operations.truncate(descriptor, max(0, Int(status.st_size) - count)) == 0 else {
            throw FileFailure(path, "cut back to its last whole line")
        }
        size = max(0, Int(status.st_size) - count)
    }

    /// Returns once everything that was appended survives a power cut.
    func flush() throws(FileFailure) {
        guard operations.flush(descriptor) == 0 else { throw FileFailure(path, "flushed") }
    }

    /// The bytes from `start` to `end`.
    func read(_ start: Int, _ end: Int) throws(FileFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, end - start))
        var got = 0
        while got < bytes.count {
            let offset = got
            let count = bytes.withUnsafeMutableBytes { buffer in
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[offset...])
                return pread(descriptor, rest.baseAddress, rest.count, off_t(start + offset))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw count < 0 ? FileFailure(path, "read") : FileFailure(path, "read", code: EIO) }
            got += count
        }
        return bytes
    }
}
