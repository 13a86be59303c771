import Foundation
import Synchronization
import TallywireTesting

/// Real members of one etcd on free ports, with a folder of their own. They end with their `EtcdCluster`, by their own process
/// ids, or with the process that runs the tests, where something still holds the `EtcdCluster`.
public final class EtcdCluster: Sendable {
    /// Certificates of the members, and what clients have to come from; see ``TestCertificate``.
    public struct TLS: Sendable {
        let server: (certificate: String, key: String)
        let authority: String

        /// Paths of PEM files. `authority` is the one that clients' certificates come from.
        public init(certificate: String, key: String, authority: String) {
            (server, self.authority) = ((certificate, key), authority)
        }
    }

    /// Where a member runs: its address, and the command that starts a program there and becomes it.
    public struct Place: Sendable {
        let address: String
        let launcher: [String]

        public init(address: String, launcher: [String]) {
            (self.address, self.launcher) = (address, launcher)
        }
    }

    private let folder: TemporaryFolder
    private let places: [Place]
    private let ports: [(client: Int, peer: Int)]
    private let arguments: [String]
    private let tls: TLS?
    private let processes: Mutex<[pid_t?]>

    /// The members that run, with the folders of their clusters.
    private static let running = Mutex<[pid_t: String]>([:])
    private static let endsWithTests: Void = {
        atexit {
            let running = EtcdCluster.running.withLock { $0 }
            for member in running.keys { Foundation.kill(member, SIGKILL) }
            for folder in Set(running.values) { try? FileManager.default.removeItem(atPath: folder) }
        }
    }()

    /// Starts members, with further arguments for each. Without `places` they are on 127.0.0.1.
    public init(members: Int = 3, _ arguments: String..., tls: TLS? = nil, places: [Place]? = nil) throws {
        self.places = places ?? Array(repeating: Place(address: "127.0.0.1", launcher: []), count: members)
        folder = try TemporaryFolder()
        ports = try (0..<members).map { _ in (try BrokerPort.free(), try BrokerPort.free()) }
        self.arguments = arguments
        self.tls = tls
        processes = Mutex(Array(repeating: nil, count: members))
        for member in 0..<members { try start(member) }
    }

    deinit { for member in ports.indices { kill(member) } }

    /// Whether Debian's programs are there, installed or unpacked by `scripts/install-dependencies.sh tests`. In CI they have to be.
    public static var isPossible: Bool {
        ProcessInfo.processInfo.environment["CI"] != nil || (program("etcd") != nil && program("etcdctl") != nil)
    }

    private static func program(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (folders + ["/usr/sbin", ".build/proxies/usr/bin"]).map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func found(_ name: String) throws -> URL {
        guard let path = program(name) else {
            throw NeverHappened(description: "there is no \(name): scripts/install-dependencies.sh tests")
        }
        return URL(fileURLWithPath: path)
    }

    public var count: Int { ports.count }
    private var scheme: String { tls == nil ? "http" : "https" }
    public func port(_ member: Int) -> Int { ports[member].client }
    public func endpoint(_ member: Int) -> String { "\(scheme)://\(places[member].address):\(ports[member].client)" }
    private func peer(_ member: Int) -> String { "http://\(places[member].address):\(ports[member].peer)" }
    public var endpoints: [String] { ports.indices.map(endpoint) }

    // MARK: Processes

    /// Starts a member; again after ``kill(_:)`` with what it has on disk.
    public func start(_ member: Int) throws {
        let name = "m\(member)"
        let (client, peer) = (endpoint(member), peer(member))
        let all = ports.indices.map { "m\($0)=\(self.peer($0))" }.joined(separator: ",")
        let process = Process()
        let command = places[member].launcher + [try Self.found("etcd").path]
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments =
            command.dropFirst() + [
                "--name", name, "--data-dir", folder.file(name), "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", all,
                "--initial-cluster-token", folder.path, "--auto-compaction-mode", "revision", "--auto-compaction-retention", "1000",
            ] + arguments
        if let tls {
            process.arguments? += [
                "--cert-file", tls.server.certificate, "--key-file", tls.server.key, "--trusted-ca-file", tls.authority,
                "--client-cert-auth",
            ]
        }
        let log = folder.file(name + ".log")
        if !FileManager.default.fileExists(atPath: log) { try Data().write(to: URL(fileURLWithPath: log)) }
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try output.seekToEnd()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let id = process.processIdentifier
        processes.withLock { $0[member] = id }
        Self.running.withLock { $0[id] = folder.path }
        Self.endsWithTests
    }

    /// Ends a member as a power cut does. Foundation's own thread takes the exit status.
    public func kill(_ member: Int) {
        processes.withLock { processes in
            guard let running = processes[member] else { return }
            Self.running.withLock { $0[running] = nil }
            Foundation.kill(running, SIGKILL)
            processes[member] = nil
        }
    }

    public func freeze(_ member: Int) { signal(member, SIGSTOP) }
    public func thaw(_ member: Int) { signal(member, SIGCONT) }

    private func signal(_ member: Int, _ number: Int32) {
        processes.withLock { if let running = $0[member] { Foundation.kill(running, number) } }
    }

    public func log(_ member: Int) -> String { (try? String(contentsOfFile: folder.file("m\(member).log"), encoding: .utf8)) ?? "" }

    // MARK: Asking

    /// Runs etcdctl, by default for all members. Throws what it says if it fails.
    @discardableResult
    public func etcdctl(_ arguments: String..., member: Int? = nil) async throws -> String {
        let process = Process()
        process.executableURL = try Self.found("etcdctl")
        process.environment = ["ETCDCTL_API": "3"]
        let asked = member.map { [endpoint($0)] } ?? endpoints
        process.arguments = ["--endpoints", asked.joined(separator: ","), "--command-timeout", "10s"] + arguments
        if let tls {
            process.arguments? += ["--cacert", tls.authority, "--cert", tls.server.certificate, "--key", tls.server.key]
        }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw NeverHappened(description: "etcdctl \(arguments): \(text)") }
        return text
    }

    /// Makes a member the one that leads the others.
    public func makeLeader(_ member: Int) async throws {
        let old = try await leader()
        guard old != member else { return }
        let list = try await etcdctl("member", "list", member: old)
        guard let line = list.split(separator: "\n").first(where: { $0.contains(", m\(member), ") }),
            let id = line.split(separator: ",").first
        else { throw NeverHappened(description: "there is no member m\(member): \(list)") }
        try await etcdctl("move-leader", String(id), member: old)
        try await eventually("m\(member) leads", within: .seconds(30)) { try await leader() == member }
    }

    /// Writes until the quota is reached, under keys of its own.
    public func fill() async throws {
        // What an argument may hold.
        let value = String(repeating: "x", count: 120_000)
        for number in 0..<100_000 {
            do { try await etcdctl("put", "filling/\(number)", value, member: 0) } catch let error as NeverHappened {
                guard error.description.contains("space exceeded") else { throw error }
                return
            }
        }
    }

    /// Takes out what ``fill()`` wrote, and lets etcd write again.
    public func empty() async throws {
        try await etcdctl("del", "--prefix", "filling/", member: 0)
        try await compact()
        for member in ports.indices { try await etcdctl("defrag", member: member) }
        try await etcdctl("alarm", "disarm", member: 0)
    }

    /// Forgets what was overwritten and deleted. etcd does so by itself every five minutes.
    public func compact() async throws {
        let text = try await etcdctl("get", "nothing", "--write-out", "json", member: 0)
        // A member that was away may be complained about before the answer.
        let line = text.split(separator: "\n").last { $0.hasPrefix(#"{"header""#) } ?? ""
        guard let answer = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let header = answer["header"] as? [String: Any], let revision = header["revision"] as? NSNumber
        else { throw NeverHappened(description: "etcd says no revision: \(text)") }
        try await etcdctl("compact", "--physical=true", "\(revision)", member: 0)
    }

    /// Waits until all members answer.
    public func waitUntilHealthy() async throws {
        try await eventually("all members of etcd answer", within: .seconds(60)) {
            do {
                try await etcdctl("endpoint", "health")
                return true
            } catch is NeverHappened {
                return false
            }
        }
    }

    /// Which member leads the others, once one does.
    public func leader() async throws -> Int {
        var leader: Int?
        try await eventually("a member of etcd leads", within: .seconds(30)) {
            for member in ports.indices where leader == nil {
                let text = try? await etcdctl("endpoint", "status", "--write-out", "json", member: member)
                guard let answer = try? JSONSerialization.jsonObject(with: Data((text ?? "").utf8)) as? [[String: Any]],
                    let status = answer.first?["Status"] as? [String: Any], let header = status["header"] as? [String: Any],
                    let id = header["member_id"] as? NSNumber, id == status["leader"] as? NSNumber
                else { continue }
                leader = member
            }
            return leader != nil
        }
        return leader!
    }
}
