import Dispatch
import Foundation

/// What the user and the system tell a program that has the terminal: keys, a new size, an end.
final class TerminalInput: Sendable {
    enum Event: Sendable { case resized, ended }

    private static let interrupt: UInt8 = 3
    private static let endOfInput: UInt8 = 4
    /// Sources end when they are released. A dispatch source may be used from any thread, and is only kept here.
    private nonisolated(unsafe) let sources: [any DispatchSourceProtocol]

    /// Calls `tell` from a thread of its own: on a new size, on `q`, ^C, ^D, SIGINT, SIGTERM, SIGHUP.
    init(_ tell: @escaping @Sendable (Event) -> Void) {
        let queue = DispatchQueue(label: "tallywire.top")
        var sources: [any DispatchSourceProtocol] = []
        for (number, event) in [(SIGWINCH, Event.resized), (SIGINT, .ended), (SIGTERM, .ended), (SIGHUP, .ended)] {
            if event == .ended { signal(number, SIG_IGN) }
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { tell(event) }
            sources.append(source)
        }
        if isatty(STDIN_FILENO) == 1 {
            let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: queue)
            source.setEventHandler {
                var keys = [UInt8](repeating: 0, count: 64)
                let count = read(STDIN_FILENO, &keys, keys.count)
                let ends: Set = [UInt8(ascii: "q"), UInt8(ascii: "Q"), Self.interrupt, Self.endOfInput]
                // A terminal that was closed reads as its end.
                if count == 0 || count < 0 && errno != EINTR && errno != EAGAIN
                    || keys.prefix(max(0, count)).contains(where: ends.contains)
                {
                    tell(.ended)
                }
            }
            sources.append(source)
        }
        self.sources = sources
        for source in sources { source.activate() }
    }

    func stop() {
        for source in sources { source.cancel() }
    }
}
