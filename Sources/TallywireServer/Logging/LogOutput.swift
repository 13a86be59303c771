import Foundation
import Synchronization

/// Where lines of the log go. Each line is written as a whole: lines of several threads do not mix.
final class LogOutput: Sendable {
    static let standardError = LogOutput(descriptor: STDERR_FILENO)

    /// For the order of lines, and for those that the kernel takes in parts.
    private let turn = Mutex(())
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Writes bytes that end with a line end. A log that cannot be written is no reason to stop serving, and there is no other place to
    /// say so: what is left of the line is lost then, as with the text.
    func write(_ line: [UInt8]) {
        turn.withLock { _ in
            line.withUnsafeBytes { bytes in
                var done = 0
                while done < bytes.count, let base = bytes.baseAddress {
                    let count = Foundation.write(descriptor, base + done, bytes.count - done)
                    if count >= 0 { done += count } else if errno != EINTR, !isReadyAgain(errno) { return }
                }
            }
        }
    }

    /// Waits for an output that another program has made non-blocking. Returns `false` for other errors.
    private func isReadyAgain(_ code: Int32) -> Bool {
        guard code == EAGAIN else { return false }
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&ready, 1, -1) >= 0 || errno == EINTR
    }
}
