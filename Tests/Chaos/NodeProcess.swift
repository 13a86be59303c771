import Foundation
import Synchronization
import TallywireTesting
import TestSupport

/// One node of the cluster, as a process on a machine of its own.
final class NodeProcess: Sendable {
    let name: String
    let machine: Network.Machine
    private let program: String
    private let folder: String
    private let environment: [String: String]
    private let process = Mutex<Process?>(nil)

    static let port = 8080

    init(_ name: String, on machine: Network.Machine, program: String, folder: String, environment: [String: String]) {
        self.name = name
        self.machine = machine
        self.program = program
        self.folder = folder
        self.environment = environment
    }

    var url: String { "http://\(machine.address):\(Self.port)" }
    var webSocket: String { "ws://\(machine.address):\(Self.port)/ws" }
    var data: String { "\(folder)/\(name)" }
    private var log: String { "\(folder)/\(name).log" }
    var pid: pid_t? { process.withLock { $0?.isRunning == true ? $0?.processIdentifier : nil } }

    /// Runs a command of the program to its end, and gives what it printed.
    @discardableResult
    func run(_ arguments: [String]) throws -> String {
        let process = try make(arguments)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw NeverHappened(description: "\(arguments.joined(separator: " ")) ended with \(process.terminationStatus): \(text)")
        }
        return text
    }

    /// Starts the node, and waits until it answers.
    func start() async throws {
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let ready = "\(data)/ready.json"
        try? FileManager.default.removeItem(atPath: ready)
        let process = try make([
            "serve", "--plugins", "\(folder)/plugins.json", "--data", data, "--ready-file", ready, "--log-level",
            ProcessInfo.processInfo.environment["CHAOS_LOG"] ?? "notice",
        ])
        if !FileManager.default.fileExists(atPath: log) { try Data().write(to: URL(fileURLWithPath: log)) }
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try output.seekToEnd()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        self.process.withLock { $0 = process }
        try await eventually("node \(name) is ready", within: .seconds(60)) {
            if !process.isRunning { throw NeverHappened(description: "node \(name) ended: \(tail)") }
            return FileManager.default.fileExists(atPath: ready)
        }
    }

    private func make(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: machine.launcher[0])
        process.arguments = machine.launcher.dropFirst() + [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        return process
    }

    /// The end of what the node has logged.
    var tail: String { String(((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").suffix(2_000)) }

    func signal(_ number: Int32) {
        if let pid { Foundation.kill(pid, number) }
    }

    /// Waits until the process has ended, for as long as a shutdown may take.
    func waitForEnd() async throws {
        try await eventually("node \(name) ends", within: .seconds(40)) { pid == nil }
    }

    /// Kills it as a power cut would, and waits until it is gone.
    func kill() async throws {
        signal(SIGKILL)
        try await waitForEnd()
    }

    /// How a process that has ended did so.
    var status: Int32? { process.withLock { $0.flatMap { $0.isRunning ? nil : $0.terminationStatus } } }
}
