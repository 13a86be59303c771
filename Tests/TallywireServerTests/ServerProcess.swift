import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Synchronization
import TallywireTesting
import TestSupport
import Testing

/// The program as its users run it: a process of its own, in a folder of its own.
final class ServerProcess: Sendable {
    /// The folder it works in, with its plugins.json.
    let folder: TemporaryFolder
    private let process = Mutex<(process: Process, exit: Exit)?>(nil)
    private let address = Mutex("")

    init(plugins: String) throws {
        folder = try TemporaryFolder()
        try plugins.write(toFile: folder.file("plugins.json"), atomically: true, encoding: .utf8)
    }

    /// The program, built beside the tests.
    static let executable: URL = {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0])
        return tests.deletingLastPathComponent().appendingPathComponent("tallywire")
    }()

    var url: String { address.withLock { $0 } }

    /// Starts it and waits until it answers. What it printed before is kept in `server.log`. With `socket` it gets that socket as systemd
    /// passes one.
    func start(_ options: [String] = [], environment: [String: String] = [:], socket: ListeningSocket? = nil) async throws {
        try? FileManager.default.removeItem(atPath: folder.file("ready.json"))
        let process = Process()
        process.executableURL = Self.executable
        process.arguments = ["serve", "--ready-file", "ready.json"] + (socket == nil ? ["--port", "0"] : []) + options
        if let socket { Self.pass(socket, to: process) }
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let log = folder.file("server.log")
        if !FileManager.default.fileExists(atPath: log) { try Data().write(to: URL(fileURLWithPath: log)) }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try file.seekToEnd()
        process.standardOutput = file
        process.standardError = file
        let exit = try Exit(of: process)
        self.process.withLock { $0 = (process, exit) }
        try await eventually("the server is ready", within: .seconds(60)) {
            if !process.isRunning { throw NeverHappened(description: "the server ended: \(output)") }
            guard let data = FileManager.default.contents(atPath: folder.file("ready.json")) else { return false }
            struct Ready: Decodable {
                struct HTTP: Decodable { let url: String }
                let http: HTTP
            }
            let url = try JSONDecoder().decode(Ready.self, from: data).http.url
            address.withLock { $0 = url }
            return true
        }
    }

    /// Has `process` begin as a shell, which makes its input, the socket, descriptor 3, and becomes the program.
    static func pass(_ socket: ListeningSocket, to process: Process) {
        let script = #"exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@""#
        process.arguments = ["-c", script, executable.path] + (process.arguments ?? [])
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.standardInput = FileHandle(fileDescriptor: socket.descriptor, closeOnDealloc: false)
    }

    /// Everything it has printed.
    var output: String { (try? String(contentsOfFile: folder.file("server.log"), encoding: .utf8)) ?? "" }

    /// Kills it as a power cut would, and waits until it is gone.
    func kill() async {
        guard let (process, exit) = take() else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        _ = await exit.status
    }

    /// Asks it to end, and gives its exit code.
    func terminate() async -> Int32 {
        guard let (process, exit) = take() else { return -1 }
        process.terminate()
        return await exit.status
    }

    /// Sends it a signal and goes on.
    func signal(_ number: Int32) {
        process.withLock { process in
            if let process { _ = Foundation.kill(process.process.processIdentifier, number) }
        }
    }

    private func take() -> (process: Process, exit: Exit)? {
        process.withLock { process in
            defer { process = nil }
            return process
        }
    }

    deinit {
        if let (process, _) = take() { Foundation.kill(process.processIdentifier, SIGKILL) }
    }

    /// Runs another command of the program in the same folder.
    func run(_ arguments: String...) async throws -> (status: Int32, output: String) {
        try await Self.run(arguments, in: folder.path)
    }

    /// Runs a command to its end, with `input` on its standard input. What it prints can be read meanwhile in the file `output`.
    static func run(
        _ arguments: [String], in folder: String, input: String? = nil, output: String? = nil
    ) async throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let logs = try TemporaryFolder()
        let path = output ?? logs.file("command.log")
        try Data().write(to: URL(fileURLWithPath: path))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        process.standardOutput = file
        process.standardError = file
        process.standardInput = FileHandle.nullDevice
        if let input {
            let typed = logs.file("input")
            try Data(input.utf8).write(to: URL(fileURLWithPath: typed))
            process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: typed))
        }
        let status = try await Exit(of: process).status
        return (status, try String(contentsOfFile: path, encoding: .utf8))
    }

    /// The end of a process, waited for without holding a thread: the pool has as many as there are cores.
    private final class Exit: Sendable {
        private let statuses: AsyncStream<Int32>

        /// Runs `process`.
        init(of process: Process) throws {
            let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
            statuses = stream
            process.terminationHandler = {
                continuation.yield($0.terminationStatus)
                continuation.finish()
            }
            try process.run()
        }

        var status: Int32 {
            get async {
                for await status in statuses { return status }
                return -1
            }
        }
    }

    // MARK: Calls

    func get<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) async throws -> Value {
        let (status, body) = try await call(.GET, path)
        #expect(status == 200, "\(path): \(String(decoding: body, as: UTF8.self))")
        return try JSONDecoder().decode(Value.self, from: body)
    }

    func call(_ method: HTTPMethod, _ path: String, _ body: String? = nil) async throws -> (status: UInt, body: Data) {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(Data(body.utf8))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        return (response.status.code, Data(buffer: try await response.body.collect(upTo: 64 << 20)))
    }
}

/// Parts of responses that tests look at.
struct EventPage: Decodable {
    struct Item: Decodable {
        struct Content: Decodable {
            let sku: String?
            let stock: Int64?
            let movementId: String?
        }
        let type: String
        let seq: UInt64
        let data: Content
    }
    let items: [Item]
}

struct PipelineResponse: Decodable {
    struct Sink: Decodable {
        let name: String
        let state: String
        let position: UInt64
        let offered, delivered, filtered, merged, dropped, pending: UInt64
        let lastError: String?
        var isConserved: Bool { offered == delivered + filtered + merged + dropped + pending }
    }
    let seq: UInt64
    let sinks: [Sink]
}

extension ServerProcess {
    /// Every event of the journal, in order.
    func allEvents() async throws -> [EventPage.Item] {
        var events: [EventPage.Item] = []
        while true {
            let page: EventPage = try await get("/api/events?after=\(events.last?.seq ?? 0)&limit=1000")
            if page.items.isEmpty { return events }
            events += page.items
        }
    }

    /// Waits until every sink has taken everything.
    func drained(within deadline: Duration = .seconds(60)) async throws -> PipelineResponse {
        var last: PipelineResponse?
        try await eventually("all sinks have caught up", within: deadline) {
            let response: PipelineResponse = try await get("/api/pipeline")
            last = response
            return response.sinks.allSatisfy { $0.pending == 0 && $0.position == response.seq }
        }
        return try #require(last)
    }
}
