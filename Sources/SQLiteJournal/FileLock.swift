import Foundation
import Synchronization
import TallywireEngine

/// An exclusive lock that lasts as long as the process: a file with `flock(2)` on it, which the kernel lets go of however the process ends.
final class FileLock: Sendable {
    private let descriptor: Mutex<Int32?>

    /// Takes the lock at `path` for the journal `journal`, or throws ``JournalError/Code/locked`` with the id of the process that has it.
    init(path: String, of journal: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
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
        self.descriptor = Mutex(descriptor)
    }

    /// Lets go. The file stays, so that two processes never lock two files of one name.
    func release() {
        descriptor.withLock { descriptor in
            if let open = descriptor {
                // Closing alone would not let go while a child process that is just being spawned has a copy.
                flock(open, LOCK_UN)
                Foundation.close(open)
            }
            descriptor = nil
        }
    }

    deinit { release() }
}
