import ArgumentParser
import Foundation

/// Where a command writes, with every write checked: a reader that goes away ends the command quietly, and a full disk is told.
struct Output: Sendable {
    static let standard = Output(descriptor: STDOUT_FILENO, name: "standard output")
    static let error = Output(descriptor: STDERR_FILENO, name: "standard error")

    let descriptor: Int32
    /// What it is, for people.
    let name: String

    /// What a shell shows of a program that `SIGPIPE` ended.
    static let readerGone = ExitCode(128 + SIGPIPE)

    /// Writes a line. Throws the exit code of a closed pipe, and what is wrong otherwise.
    func print(_ value: some CustomStringConvertible) throws { try write(value.description + "\n") }

    /// Writes a line, or ends the process as the command would: for what has no way to throw.
    func printOrExit(_ line: String) {
        do {
            try print(line)
        } catch {
            exit(Failure(error).report().rawValue)
        }
    }

    /// Writes all of it, as ``print(_:)``.
    func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { bytes in
            var done = 0
            while done < bytes.count {
                let count = Foundation.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count >= 0 { done += count } else { try wait(for: errno) }
            }
        }
    }

    /// Returns where a write that failed with `code` may be tried again.
    private func wait(for code: Int32) throws {
        switch code {
        case EINTR: return
        case EAGAIN:
            // Somebody who has the same terminal or pipe has made it so.
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&ready, 1, -1)
        case EPIPE: throw Self.readerGone
        default: throw Failure("error: \(name) cannot be written: \(String(cString: strerror(code)))")
        }
    }
}
