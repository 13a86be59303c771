import EtcdLog
import Logging
import PipelineHost
import SQLiteJournal
import TallywireCluster
import TallywireCommands
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The journal of a node: its own one if that is of the cluster and new enough, and otherwise a copy of another node's.
struct NodeJournal {
    private let configuration: PipelineConfiguration
    private let settings: ClusterSettings
    private let log: EtcdLog
    private let copying: JournalCopying
    private let logger: Logger

    init(
        _ configuration: PipelineConfiguration, _ settings: ClusterSettings, log: EtcdLog, copying: JournalCopying, logger: Logger
    ) {
        self.configuration = configuration
        self.settings = settings
        self.log = log
        self.copying = copying
        self.logger = logger
    }

    /// Opens the journal. Throws ``Failure`` if the journal here is of another epoch than the cluster, or if there is none here and none
    /// can be copied.
    func open() async throws -> SQLiteJournal {
        copying.removeOldCopies()
        let known = SQLiteJournal.epoch(at: configuration.journal.path)
        let epoch = try await clusterEpoch(known: known)
        guard let known else {
            try await copying.run()
            return try journal(of: epoch)
        }
        guard known == epoch else {
            throw Failure(
                "error: the journal \(configuration.journal.path) has the epoch \(known), and the cluster “\(settings.site)” has \(epoch): "
                    + "it is the journal of another cluster or of a single server. Give this node an empty folder, and it copies another node"
            )
        }
        let own = try journal(of: epoch)
        guard try await isTooOld(own) else { return own }
        return try await replace(own, epoch)
    }

    private func journal(of epoch: String) throws -> SQLiteJournal {
        try SQLiteJournal(
            path: configuration.journal.path,
            configuration: .init(
                keepAnswers: configuration.engineConfiguration.times.answers,
                maximumAnswers: configuration.journal.idempotency.maximum, epoch: epoch, durability: .normal),
            logger: logger)
    }

    // MARK: The epoch

    private static let patience: Duration = .seconds(5)

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

    // MARK: A journal that is too old

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
        try await copying.run()
        let new = try journal(of: epoch)
        let positionsOfNew = NodePositions(new, node: settings.node)
        for (name, position) in positions { try await positionsOfNew.storeCursor(position, of: name) }
        return new
    }
}
