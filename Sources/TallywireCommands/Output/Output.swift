import ArgumentParser
import Foundation

/// An output of a command. Every write is checked: when the reader goes away, the command ends quietly, and a full disk is
/// reported.
package struct Output: Sendable {
    package static let standard = Output(descriptor: STDOUT_FILENO, name: "standard output")
    static let error = Output(descriptor: STDERR_FILENO, name: "standard error")

    let descriptor: Int32
    /// The output's name, for people.
    let name: String

    /// The exit code that a shell shows for a program that `SIGPIPE` ended.
    static let readerGone = ExitCode(128 + SIGPIPE)

    /// Writes a line. Throws an exit code for a closed pipe, and otherwise what is wrong.
    package func print(_ value: some CustomStringConvertible) throws { try write(value.description + "\n") }

    /// Writes a line, or ends the process as the command would: for code that cannot throw.
    func printOrExit(_ line: String) {
        do {
            try print(line)
        } catch {
            exit(Failure(error).report().rawValue)
        }
    }

    /// Writes the whole text, as ``print(_:)`` does.
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

    /// Returns when a write that failed with `code` may be tried again.
    private func wait(for code: Int32) throws {
        switch code {
        case EINTR: return
        case EAGAIN:
            // Another program with the same terminal or pipe has made it non-blocking.
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&ready, 1, -1)
        case EPIPE: throw Self.readerGone
        default: throw Failure("error: \(name) cannot be written: \(String(cString: strerror(code)))")
        }
    }
}
