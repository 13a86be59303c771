import ClusterHTTP
import EtcdLog
import Foundation
import Logging
import PipelineHost
import TallywireCluster
import TallywireCommands

/// Copies the journal of another node to where this node has its own.
struct JournalCopying {
    private let path: String
    private let folder: String
    /// The name of this node, which is not asked.
    private let node: String
    private let log: EtcdLog
    private let peers: PeerClient
    private let logger: Logger

    init(
        _ configuration: PipelineConfiguration, _ settings: ClusterSettings, log: EtcdLog, peers: PeerClient, logger: Logger
    ) {
        path = configuration.journal.path
        folder = configuration.dataDirectory
        node = settings.node
        self.log = log
        self.peers = peers
        self.logger = logger
    }

    /// Copies the journal of the first node that gives it. The file at the journal's path must not be open. Throws ``Failure`` with what
    /// each node said if none gives it.
    func run() async throws {
        let part = path + Self.suffix
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        var problems: [String] = []
        for address in try await addresses() {
            logger.notice("This node copies the journal of another one.", metadata: ["from": "\(address)"])
            do {
                let bytes = try await peers.fetchJournal(of: address, to: part)
                logger.notice("The journal is copied.", metadata: ["from": "\(address)", "bytes": "\(bytes)"])
                try put(part)
                return
            } catch {
                problems.append("\(address): \(error)")
            }
        }
        throw Failure(
            "error: this node needs a copy of another node's journal, and none gave one: "
                + (problems.isEmpty
                    ? "no other node has reported to etcd yet, so start one that has a journal" : problems.joined(separator: "; ")))
    }

    private static let suffix = ".copy"

    /// Where the other nodes are, in the order in which they are asked: one that follows before the one that leads, and of those that follow
    /// the one that has most first.
    private func addresses() async throws -> [String] {
        let leader = try await log.look().leader?.claim.node
        return try await log.nodes().filter { $0.node != node }
            .sorted { ($0.node == leader ? 1 : 0, $1.applied) < ($1.node == leader ? 1 : 0, $0.applied) }.map(\.address)
    }

    private func put(_ copy: String) throws {
        // The copy has no write-ahead log, and the one of the old file must not be taken for its own.
        for suffix in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
        guard rename(copy, path) == 0 else {
            throw Failure("error: \(copy) cannot become \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Removes what an earlier start has left behind.
    func removeOldCopies() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasSuffix(Self.suffix) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}
