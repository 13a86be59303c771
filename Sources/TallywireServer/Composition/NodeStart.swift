import ClusterHTTP
import EtcdLog
import Foundation
import Logging
import PipelineHost
import SQLiteJournal
import TallywireCluster
import TallywireCommands
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Opens what a node of a cluster needs: the log, and a journal of the cluster, which is copied from another node if there is none here or
/// if the one here is too old.
struct NodeStart {
    let configuration: PipelineConfiguration
    let settings: ClusterSettings
    let log: EtcdLog
    let peers: PeerClient
    let logger: Logger

    init(_ configuration: PipelineConfiguration, _ settings: ClusterSettings, logger: Logger) throws {
        self.configuration = configuration
        self.settings = settings
        self.logger = logger
        do {
            log = try EtcdLog(settings.etcd)
        } catch {
            throw Failure("error: cluster: \(error)")
        }
        do {
            peers = try PeerClient(settings)
        } catch {
            throw Failure("error: cluster.tls: a file cannot be read as PEM: \(error)")
        }
    }

    /// Opens the node. Whatever was opened is closed again if that fails.
    func open(engine: InventoryEngine.Configuration) async throws -> NodeCore {
        do {
            let journal = try await openJournal()
            do {
                return try core(journal, engine)
            } catch {
                try journal.close()
                throw error
            }
        } catch {
            await log.shutdown()
            try? await peers.shutdown()
            throw error
        }
    }

    private func core(_ journal: SQLiteJournal, _ engine: InventoryEngine.Configuration) throws -> NodeCore {
        var engine = engine
        engine.batchBytes = ClusterNode.Configuration.batchBytes
        let node = try ClusterNode(
            .init(node: settings.node, address: settings.address(in: configuration), version: tallywireVersion, engine: engine),
            log: log, journal: journal, connector: HTTPLeaderConnector(peers, logger: logger), logger: logger)
        return NodeCore(node: node, journal: journal, log: log, peers: peers, settings: settings)
    }

    // MARK: The journal

    private func openJournal() async throws -> SQLiteJournal {
        let path = configuration.journal.path
        removeOldCopies()
        let known = SQLiteJournal.epoch(at: path)
        let epoch = try await clusterEpoch(known: known)
        guard let known else {
            try await copyJournal()
            return try journal(of: epoch)
        }
        guard known == epoch else {
            throw Failure(
                "error: the journal \(path) has the epoch \(known), and the cluster “\(settings.site)” has \(epoch): it is the journal of "
                    + "another cluster or of a single server. Give this node an empty folder, and it copies another node")
        }
        let own = try journal(of: epoch)
        guard try await isTooOld(own) else { return own }
        return try await replace(own, epoch)
    }

    /// The epoch of the cluster. Where the log cannot be reached, a node that has a journal believes it: it can be read meanwhile.
    private func clusterEpoch(known: String?) async throws -> String {
        let end = ContinuousClock.now + Self.patience
        while true {
            do {
                guard let epoch = try await log.epoch() else {
                    throw Failure(
                        "error: there is no cluster “\(settings.site)” in etcd yet: make one of the journal of one node with `tallywire cluster init`, there"
                    )
                }
                return epoch
            } catch let failure as Failure {
                throw failure
            } catch {
                if ContinuousClock.now < end {
                    try await Task.sleep(for: .milliseconds(200))
                    continue
                }
                guard let known else {
                    throw Failure("error: etcd cannot be reached, and this node has no journal yet: \(error)")
                }
                logger.warning(
                    "etcd cannot be reached. This node serves what it has, and takes no commands until etcd answers.",
                    metadata: ["error": "\(error)"])
                return known
            }
        }
    }

    private static let patience: Duration = .seconds(5)

    private func journal(of epoch: String) throws -> SQLiteJournal {
        try SQLiteJournal(
            path: configuration.journal.path,
            configuration: .init(
                keepAnswers: configuration.engineConfiguration.times.answers,
                maximumAnswers: configuration.journal.idempotency.maximum, epoch: epoch, durability: .normal),
            logger: logger)
    }

    /// Whether the log no longer has what follows the journal.
    private func isTooOld(_ journal: SQLiteJournal) async throws -> Bool {
        do {
            _ = try await log.entries(after: try journal.applied(), limit: 1, maxBytes: 1)
            return false
        } catch LogFailure.trimmed {
            return true
        } catch {
            // A log that cannot be read now is read again and again once the node runs.
            return false
        }
    }

    /// Puts a copy of another node's journal in the place of one that is too old, with the positions that only this node has.
    private func replace(_ old: SQLiteJournal, _ epoch: String) async throws -> SQLiteJournal {
        logger.notice("This node was away for longer than the log is kept. It copies another node's journal.")
        let own = NodePositions(old, node: settings.node)
        var positions: [String: UInt64] = [:]
        for sink in configuration.sinks where sink.placement == .each && sink.mode == .durable {
            positions[sink.name] = try await own.cursor(of: sink.name)
        }
        try old.close()
        try await copyJournal()
        let new = try journal(of: epoch)
        let positionsOfNew = NodePositions(new, node: settings.node)
        for (name, position) in positions { try await positionsOfNew.storeCursor(position, of: name) }
        return new
    }

    // MARK: Copying

    /// Copies the journal of another node, of those that have most: one that follows before the one that leads.
    private func copyJournal() async throws {
        let path = configuration.journal.path
        let part = path + Self.copySuffix
        try FileManager.default.createDirectory(
            atPath: configuration.dataDirectory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        var problems: [String] = []
        for address in try await peerAddresses() {
            logger.notice("This node copies the journal of another one.", metadata: ["from": "\(address)"])
            do {
                let bytes = try await peers.fetchJournal(of: address, to: part)
                logger.notice("The journal is copied.", metadata: ["from": "\(address)", "bytes": "\(bytes)"])
                try Self.put(part, inPlaceOf: path)
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

    private static let copySuffix = ".copy"

    private func peerAddresses() async throws -> [String] {
        let leader = try await log.look().leader?.claim.node
        return try await log.nodes().filter { $0.node != settings.node }
            .sorted { ($0.node == leader ? 1 : 0, $1.applied) < ($1.node == leader ? 1 : 0, $0.applied) }.map(\.address)
    }

    /// Removes what an earlier start has left behind.
    private func removeOldCopies() {
        let folder = configuration.dataDirectory
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasSuffix(Self.copySuffix) || name.hasPrefix("copy-") && name.hasSuffix(".db") {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    private static func put(_ copy: String, inPlaceOf path: String) throws {
        // The copy has no write-ahead log, and the one of the old file must not be taken for its own.
        for suffix in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
        guard rename(copy, path) == 0 else {
            throw Failure("error: \(copy) cannot become \(path): \(String(cString: strerror(errno)))")
        }
    }
}

extension ClusterSettings {
    var etcd: EtcdConfiguration {
        EtcdConfiguration(
            endpoints: endpoints, site: site,
            tls: tls.map { .init(authority: $0.ca, certificate: $0.certificate, key: $0.key) })
    }

    /// The URL at which other nodes reach this one.
    func address(in configuration: PipelineConfiguration) -> String {
        if let address { return address }
        let http = configuration.http
        return Server.Address(host: http.host, port: http.port, scheme: http.tls == nil ? "http" : "https").url
    }
}
