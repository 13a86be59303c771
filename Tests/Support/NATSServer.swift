import Foundation
import Synchronization
import TallywireTesting

/// A real NATS server on a free port of 127.0.0.1, with a folder of its own. It ends with its `NATSServer`, by its own process id, or with
/// the process that runs the tests, where something still holds the `NATSServer`.
///
/// A test asks it in the protocol's own text and not by way of libnats, so that two implementations have to agree.
public final class NATSServer: Sendable {
    public let port: Int
    private let folder: TemporaryFolder
    private let process = Mutex<pid_t?>(nil)
    private static let running = Mutex<Set<pid_t>>([])
    private static let endsWithTests: Void = {
        atexit { for server in NATSServer.running.withLock({ $0 }) { kill(server, SIGKILL) } }
    }()
    /// What the test itself logs in with, as members of `CONNECT`.
    private let login: String

    /// Starts a server. `more` are lines of its configuration, and `login` are members of the test's own `CONNECT`.
    public init(_ more: String = "", jetStream: Bool = true, login: String = "") throws {
        folder = try TemporaryFolder()
        port = try BrokerPort.free()
        self.login = login
        try """
        listen: 127.0.0.1:\(port)
        \(jetStream ? "jetstream { store_dir: \"\(folder.file("jetstream"))\" }" : "")
        \(more)
        """.write(toFile: folder.file("nats.conf"), atomically: true, encoding: .utf8)
        try start()
    }

    deinit { stop() }

    /// Debian's program, installed or unpacked by `scripts/install-dependencies.sh tests`.
    private static func program() throws -> String {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let places = (folders + ["/usr/sbin", ".build/proxies/usr/sbin"]).map { $0 + "/nats-server" }
        guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw NeverHappened(description: "there is no nats-server: scripts/install-dependencies.sh tests")
        }
        return found
    }

    public func start() throws {
        let server = Process()
        server.executableURL = URL(fileURLWithPath: try Self.program())
        server.arguments = ["-c", folder.file("nats.conf")]
        try Data().write(to: URL(fileURLWithPath: folder.file("nats.log")))
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.file("nats.log")))
        server.standardOutput = output
        server.standardError = output
        try server.run()
        let id = server.processIdentifier
        process.withLock { $0 = id }
        Self.running.withLock { _ = $0.insert(id) }
        Self.endsWithTests
    }

    /// Ends it at once. Foundation's own thread takes the exit status.
    public func stop() {
        process.withLock { process in
            guard let running = process else { return }
            Self.running.withLock { _ = $0.remove(running) }
            kill(running, SIGKILL)
            process = nil
        }
    }

    public func freeze() { process.withLock { if let running = $0 { kill(running, SIGSTOP) } } }
    public func thaw() { process.withLock { if let running = $0 { kill(running, SIGCONT) } } }

    public var url: String { "nats://127.0.0.1:\(port)" }
    public var log: String { (try? String(contentsOfFile: folder.file("nats.log"), encoding: .utf8)) ?? "" }

    // MARK: Asking

    /// Asks, and returns the answer's JSON. Waits until the server listens and somebody answers.
    @discardableResult
    public func ask(_ subject: String, _ payload: String = "") async throws -> [String: Any] {
        let end = ContinuousClock.now + .seconds(30)
        while true {
            do {
                let answer = try NATSLine(port: port, login: login).ask(subject, payload)
                return try JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any] ?? [:]
            } catch {
                guard ContinuousClock.now < end else { throw error }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Makes a stream. `more` are members of its configuration.
    public func makeStream(_ name: String = "STOCK", subjects: [String] = ["tallywire.>"], _ more: String = "") async throws {
        try await api("STREAM.CREATE.\(name)", configuration(name, subjects, more))
    }

    public func changeStream(_ name: String = "STOCK", subjects: [String] = ["tallywire.>"], _ more: String = "") async throws {
        try await api("STREAM.UPDATE.\(name)", configuration(name, subjects, more))
    }

    /// Lets a stream take nothing more, and lose nothing.
    public func fillStream(_ name: String = "STOCK", subjects: [String] = ["tallywire.>"]) async throws {
        let state = try await api("STREAM.INFO.\(name)")["state"] as? [String: Any]
        try await changeStream(name, subjects: subjects, "\"max_msgs\":\(state?["messages"] ?? 1)")
    }

    private func configuration(_ name: String, _ subjects: [String], _ more: String) -> String {
        let list = subjects.map { "\"\($0)\"" }.joined(separator: ",")
        return #"{"name":"\#(name)","subjects":[\#(list)],"storage":"file","discard":"new"\#(more.isEmpty ? "" : ",")\#(more)}"#
    }

    /// A call of JetStream's API. Throws what it refuses.
    @discardableResult
    public func api(_ call: String, _ body: String = "") async throws -> [String: Any] {
        let answer = try await ask("$JS.API.\(call)", body)
        if let error = answer["error"] as? [String: Any] { throw NeverHappened(description: "\(call): \(error)") }
        return answer
    }

    /// Publishes a message of somebody else to a stream.
    public func publish(_ subject: String, _ payload: String = "{}") async throws { try await ask(subject, payload) }

    /// A message of a stream.
    public struct Stored: Sendable {
        public let subject: String
        public let headers: [String: String]
        public let payload: [UInt8]
    }

    /// The messages of a stream, in its order.
    public func messages(of stream: String = "STOCK") async throws -> [Stored] {
        let state = try await api("STREAM.INFO.\(stream)")["state"] as? [String: Any] ?? [:]
        let (first, last) = (state["first_seq"] as? Int ?? 1, state["last_seq"] as? Int ?? 0)
        guard first <= last, state["messages"] as? Int != 0 else { return [] }
        let line = try NATSLine(port: port, login: login)
        return try (first...last).compactMap { number in
            let bytes = try line.ask("$JS.API.STREAM.MSG.GET.\(stream)", #"{"seq":\#(number)}"#)
            let answer = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            guard let message = answer?["message"] as? [String: Any] else { return nil }
            let data = (message["data"] as? String).flatMap { Data(base64Encoded: $0) } ?? Data()
            let headers = (message["hdrs"] as? String).flatMap { Data(base64Encoded: $0) } ?? Data()
            return Stored(subject: message["subject"] as? String ?? "", headers: Self.headers(headers), payload: Array(data))
        }
    }

    private static func headers(_ data: Data) -> [String: String] {
        let lines = String(decoding: data, as: UTF8.self).components(separatedBy: "\r\n").dropFirst()
        let pairs = lines.compactMap { line -> (String, String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
        return Dictionary(pairs) { first, _ in first }
    }
}

/// One connection that asks one question after the other.
private final class NATSLine {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private static let inbox = "_INBOX.test"

    init(port: Int, login: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Self.failure("connect") }
        let more = login.isEmpty ? "" : ",\(login)"
        try write(#"CONNECT {"verbose":false,"headers":true,"no_responders":true\#(more)}"# + "\r\nSUB \(Self.inbox) 1\r\n")
    }

    deinit { close(descriptor) }

    private static func failure(_ what: String) -> NeverHappened {
        NeverHappened(description: "\(what): \(String(cString: strerror(errno)))")
    }

    func ask(_ subject: String, _ payload: String) throws -> [UInt8] {
        try write("PUB \(subject) \(Self.inbox) \(payload.utf8.count)\r\n\(payload)\r\n")
        while true {
            let words = try line().split(separator: " ")
            switch words.first {
            case "PING": try write("PONG\r\n")
            case "MSG":
                let length = Int(words.last ?? "") ?? 0
                return try bytes(length)
            case "HMSG": throw NeverHappened(description: "nobody answers on \(subject)")
            case "-ERR": throw NeverHappened(description: words.joined(separator: " "))
            default: break
            }
        }
    }

    private func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { throw Self.failure("send") }
    }

    private func line() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeFirst(end + 1) }
                return String(decoding: buffer[..<end], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            }
            try read()
        }
    }

    private func bytes(_ count: Int) throws -> [UInt8] {
        while buffer.count < count + 2 { try read() }
        defer { buffer.removeFirst(count + 2) }
        return Array(buffer[..<count])
    }

    private func read() throws {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { throw Self.failure("recv") }
        buffer += chunk[..<count]
    }
}
