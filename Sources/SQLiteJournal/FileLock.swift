import Foundation
import Synchronization
import TallywireEngine

/// An exclusive lock that lasts as long as the process: `flock(2)`, which the kernel lets go of however the process ends.
///
/// It is on two files: `PATH.lock`, which says who has it, and the journal itself, so that two servers that reach one journal by two names, a
/// symbolic link or a hard one, keep each other out too. SQLite locks by `fcntl(2)`, which `flock` does not touch; but closing any descriptor
/// of the journal would take SQLite's locks away, so the lock is let go of when SQLite has closed it.
final class FileLock: Sendable {
    private let descriptors: Mutex<[Int32]>

    /// Takes the lock of the journal at the path `journal`, or throws ``JournalError/Code/locked`` with the id of the process that has it.
    init(of journal: String) throws {
        let path = journal + ".lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw JournalError(
                .storage, "the journal \(journal) cannot be opened: \(path) cannot be written: \(String(cString: strerror(errno)))")
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
        descriptors = Mutex([file, descriptor])
    }

    /// Lets go. The file stays, so that two processes never lock two files of one name.
    func release() {
        descriptors.withLock { descriptors in
            for open in descriptors {
                // Closing alone would not let go while a child process that is just being spawned has a copy.
                flock(open, LOCK_UN)
                Foundation.close(open)
            }
            descriptors = []
        }
    }

    deinit { release() }
}
