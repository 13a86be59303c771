import Foundation
import Subprocess
import SystemPackage
import TallywireConfiguration
import TallywireCore

/// The program of an entry: what is started, how it is asked to end, and what its end means.
///
/// The program leads a process group of its own, and what it started ends with it. When the server is killed, nothing asks the program
/// to end: it reads the end of its standard input. The kernel's own means for that (`PR_SET_PDEATHSIG`) watches the thread that started
/// the program, and that thread may end before the server does.
struct Program: Sendable {
    /// The variables of the server's environment that every program gets. Others may hold the server's secrets.
    static let inherited = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"]

    let command: [String]
    let environment: [String: String]
    /// How long the program has to end after its standard input was closed, and again after SIGTERM.
    let grace: Duration

    init(_ options: ExecOptions) {
        command = options.command
        environment = options.environment
        grace = options.grace
        _ = Self.ignoreBrokenPipes
    }

    /// The program's name for messages. Its arguments may hold secrets.
    var name: String { (command.first ?? "").excerpt }

    /// What is started. `own` are variables that the server sets itself.
    func configuration(_ own: [String: String] = [:]) -> Subprocess.Configuration {
        var platform = PlatformOptions()
        platform.processGroupID = 0
        platform.teardownSequence = [.wait(grace), .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: grace)]
        return Configuration(
            executable: executable, arguments: Arguments(Array(command.dropFirst())), environment: variables(own),
            platformOptions: platform)
    }

    private var executable: Executable {
        let first = command.first ?? ""
        return first.contains("/") ? .path(FilePath(first)) : .name(first)
    }

    private func variables(_ own: [String: String]) -> Environment {
        let server = ProcessInfo.processInfo.environment
        let inherited = Self.inherited.compactMap { name in server[name].map { (name, $0) } }
        let all = Dictionary(inherited) { first, _ in first }.merging(own) { $1 }.merging(environment) { $1 }
        return .custom(Dictionary(uniqueKeysWithValues: all.map { (Environment.Key(stringLiteral: $0.key), $0.value) }))
    }

    /// Why the program cannot be started; `nil` if it is there and may be executed.
    func problem() async -> String? {
        do {
            let path = try await executable.resolveExecutablePath(in: variables([:])).string
            var status = stat()
            guard stat(path, &status) == 0 else { return "\(path.excerpt) is not there: \(String(cString: strerror(errno)))" }
            guard status.st_mode & S_IFMT == S_IFREG else { return "\(path.excerpt) is no file that can be executed" }
            return access(path, X_OK) == 0 ? nil : "\(path.excerpt) may not be executed by the server's user: chmod +x"
        } catch {
            return "there is no program “\(name)” in the server's PATH: install it, or write the path to it"
        }
    }

    /// What to say of a program that could not be started.
    func failure(_ error: any Error) -> String {
        let reason = (error as? SubprocessError)?.underlyingError.map { ": \(String(cString: strerror($0.rawValue)))" } ?? ""
        return "the program “\(name)” cannot be started\(reason)"
    }

    /// Writing to a program that is gone is an error of that write, and not the end of the server.
    private static let ignoreBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()
}

extension TeardownStep {
    /// Waits for the program's end, and does nothing else: signal 0 only asks whether a process is there.
    fileprivate static func wait(_ duration: Duration) -> TeardownStep {
        .send(signal: Signal(rawValue: 0), allowedDurationToNextStep: duration)
    }
}

extension Execution {
    /// Returns when the program has ended: by itself within `patience`, after SIGTERM to its group within `grace`, or by SIGKILL. What it
    /// started and left behind in its group is killed.
    func end(within patience: Duration, grace: Duration) async {
        await teardown(using: [.wait(patience), .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: grace)])
        // The program is not reaped yet, so its group's number belongs to nobody else. Nobody may be left in the group.
        try? send(signal: .kill, toProcessGroup: true)
    }
}

extension Execution where Input == CustomWriteInput {
    /// Closes the program's standard input. Closing fails only where the program has ended.
    func closeInput() async { try? await standardInputWriter.finish() }
}

extension TerminationStatus {
    /// The end of a program, for messages: `ended with status 3`.
    var words: String {
        switch self {
        case .exited(let code): "ended with status \(code)"
        case .signaled(let signal): "was ended by signal \(signal)"
        }
    }
}
