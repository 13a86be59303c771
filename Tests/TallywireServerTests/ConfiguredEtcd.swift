import Foundation
import Synchronization
import TallywireTesting
import TestSupport

/// Members of etcd that run with configuration files. They end with their `ConfiguredEtcd`, or with the process of the tests.
final class ConfiguredEtcd: Sendable {
    private let processes: [Process]
    private let logs: [String]

    private static let running = Mutex<Set<pid_t>>([])
    private static let endsWithTests: Void = {
        atexit { for member in ConfiguredEtcd.running.withLock(\.self) { kill(member, SIGKILL) } }
    }()

    /// Starts one member for each file. What it prints is kept beside the file.
    init(_ files: [String]) throws {
        Self.endsWithTests
        logs = files.map { $0 + ".log" }
        processes = try zip(files, logs).map { file, log in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["etcd", "--config-file", file]
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            let unpacked = FileManager.default.currentDirectoryPath + "/.build/proxies/usr/bin"
            process.environment = ["PATH": "\(path):/usr/sbin:\(unpacked)"]
            try Data().write(to: URL(fileURLWithPath: log))
            let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
            process.standardOutput = output
            process.standardError = output
            try process.run()
            Self.running.withLock { _ = $0.insert(process.processIdentifier) }
            return process
        }
    }

    deinit {
        for process in processes {
            Self.running.withLock { _ = $0.remove(process.processIdentifier) }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
    }

    /// What the members have printed, for messages.
    var output: String {
        logs.map { ((try? String(contentsOfFile: $0, encoding: .utf8)) ?? "").suffix(2_000) }.joined(separator: "\n")
    }
}
