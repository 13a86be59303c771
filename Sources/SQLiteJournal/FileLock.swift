import Foundation
import Synchronization
import TallywireEngine

/// An exclusive lock for the life of the process: `flock(2)`, which the kernel releases however the process ends.
///
/// The lock is on two files: `PATH.lock`, which names the process that has it, and the journal itself. So two servers that open one
/// journal by two names, such as a symbolic or a hard link, exclude each other too. SQLite locks by `fcntl(2)`, which `flock` does
/// not affect. But closing any descriptor of the journal would release SQLite's locks, so this lock is released only after SQLite
/// has closed the journal.
final class FileLock: Sendable {
    private let descriptors: Mutex<[Int32]>

    /// Takes the lock of the journal at the path `journal`. Throws ``JournalError/Code/locked`` with the id of the process that has
    /// the lock.
    init(of journal: String) throws {
        let path = journal + ".lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else {
            throw JournalError(
                .storage, "the journal \(journal) cannot be opened: \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        do { try FolderOwner.give(descriptor, at: path) } catch {
            Foundation.close(descriptor)
            throw error
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = max(0, read(descriptor, &bytes, bytes.count))
            Foundation.close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw JournalError(.storage, "\(path) cannot be locked: \(String(cString: strerror(reason)))")
            }
            let owner = String(decoding: bytes.prefix(count), as: UTF8.self).filter(\.isNumber)
            throw JournalError(
                .locked,
                "the journal \(journal) is in use by process \(owner.isEmpty ? "?" : owner): stop it, or start this one with another --data"
            )
        }
        ftruncate(descriptor, 0)
        let pid = Array("\(getpid())\n".utf8)
        _ = pid.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        let file = open(journal, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard file >= 0, flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            if file >= 0 { Foundation.close(file) }
            Foundation.close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw JournalError(.storage, "the journal \(journal) cannot be opened: \(String(cString: strerror(reason)))")
            }
            throw JournalError(
                .locked,
                "the journal \(journal) is in use by another server, which reaches it by another name: stop that one, or start this one with another --data"
            )
        }
        do { try FolderOwner.give(file, at: journal) } catch {
            for open in [file, descriptor] { Foundation.close(open) }
            throw error
        }
        descriptors = Mutex([file, descriptor])
    }

    /// Releases the lock. The file stays, so that two processes never lock two different files of one name.
    func release() {
        descriptors.withLock { descriptors in
            for open in descriptors {
                // Closing alone would not release the lock while a child process that is being spawned has a copy of the
                // descriptor.
                flock(open, LOCK_UN)
                Foundation.close(open)
            }
            descriptors = []
        }
    }

    deinit { release() }
}
