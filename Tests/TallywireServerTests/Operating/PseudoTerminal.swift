import Foundation
import Synchronization
import TallywireTesting

/// A terminal in which a program of the tests runs: what it shows is kept, and keys can be typed.
final class PseudoTerminal: Sendable {
    private let master: Int32
    private let slave: Int32
    private let process: Process
    private let shown = Mutex<[UInt8]>([])

    init(_ arguments: [String], in folder: String, columns: UInt16 = 100, rows: UInt16 = 30, environment: [String: String] = [:])
        throws
    {
        // What posix_openpt, unlockpt and ptsname do, which Swift's Glibc does not have: TIOCSPTLCK and TIOCGPTN of ioctl_tty(2).
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (isLocked, number): (Int32, UInt32) = (0, 0)
        guard master >= 0, ioctl(master, 0x4004_5431, &isLocked) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
            throw NeverHappened(description: "no pseudo terminal: \(String(cString: strerror(errno)))")
        }
        slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        process = Process()
        process.executableURL = ServerProcess.executable
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm", "NO_COLOR": ""]) { $1 }
            .merging(environment) { $1 }
        let file = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        (process.standardInput, process.standardOutput, process.standardError) = (file, file, file)
        resize(columns: columns, rows: rows)
        try process.run()
        Thread.detachNewThread { [weak self, master] in
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(master, &bytes, bytes.count)
                guard count > 0, let self else { return }
                self.shown.withLock { $0 += bytes[..<count] }
            }
        }
    }

    var output: String { shown.withLock { String(decoding: $0, as: UTF8.self) } }
    var isRunning: Bool { process.isRunning }
    var status: Int32 { process.terminationStatus }

    /// The terminal's modes: what a program has to give back as it was.
    var modes: UInt32 {
        var state = termios()
        tcgetattr(slave, &state)
        return state.c_lflag
    }

    func type(_ keys: String) { keys.withCString { _ = write(master, $0, strlen($0)) } }
    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// A terminal that is not the controlling one tells no program of its new size, so the signal is sent here.
    func resize(columns: UInt16, rows: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        if process.isRunning { signal(SIGWINCH) }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        close(slave)
        close(master)
    }
}
