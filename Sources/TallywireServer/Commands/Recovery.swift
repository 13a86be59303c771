import EtcdLog
import Logging
import PipelineHost
import SQLiteJournal
import TallywireCluster
import TallywireCommands
import TallywireCore
import TallywireEngine

/// How a node's journal becomes the beginning of a new log.
///
/// What the log has is deleted before the journal changes. A recovery that is interrupted can be begun again at any point: it finds either
/// the old log, or none.
struct Recovery {
    private let log: EtcdLog
    private let cluster: ClusterSettings
    private let settings: PipelineConfiguration
    /// The epoch of the journal, and where it ends.
    private let epoch: String
    private let end: LogHead
    /// The epoch of the log, and where it ends; `nil` if etcd has none.
    private let stored: (epoch: String, head: LogHead)?

    /// Reads the journal and the log. Throws ``Failure`` if there is no journal.
    init(_ log: EtcdLog, _ cluster: ClusterSettings, _ settings: PipelineConfiguration) async throws {
        (self.log, self.cluster, self.settings) = (log, cluster, settings)
        guard let epoch = SQLiteJournal.epoch(at: settings.journal.path) else {
            throw Failure("error: there is no journal \(settings.journal.path), so there is nothing to begin with")
        }
        self.epoch = epoch
        let journal = try Self.open(settings, epoch: epoch)
        do {
            end = LogHead(index: try journal.applied(), seq: try await journal.range().last)
        } catch {
            try journal.close()
            throw error
        }
        try journal.close()
        stored = if let known = try await log.epoch() { (known, try await log.look().head) } else { nil }
    }

    private static func open(_ settings: PipelineConfiguration, epoch: String? = nil, known: [JournalWitness] = []) throws
        -> SQLiteJournal
    {
        try SQLiteJournal(
            path: settings.journal.path,
            configuration: .init(
                keepAnswers: settings.engineConfiguration.times.answers,
                maximumAnswers: settings.journal.idempotency.maximum, known: known, epoch: epoch),
            // The command itself says what becomes of the epoch.
            logger: Logger(label: "tallywire", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Throws ``Failure`` if the log needs no recovery, is another cluster's, or is in use.
    func checkLog() async throws {
        if let stored {
            guard stored.epoch == epoch else {
                throw Failure(
                    "error: the journal \(settings.journal.path) has the epoch \(epoch), and the cluster “\(cluster.site)” has \(stored.epoch): it is the journal of another cluster, and cannot go on with this one"
                )
            }
            guard stored.head.index < end.index else {
                throw Failure(
                    "error: the log ends with entry \(stored.head.index), and this journal with entry \(end.index), so nothing of this journal is missing there. Look for a node that has more"
                )
            }
        }
        let before = try await log.nodes()
        try await Task.sleep(for: NodeReport.twoReports)
        let running = try await log.nodes().filter { $0.isAlive(since: before) }.map(\.node)
        guard running.isEmpty else {
            throw Failure(
                "error: nodes of the cluster run: \(running.joined(separator: ", ")). Stop the servers of all nodes first")
        }
    }

    /// What the journal has, for people who look for the longest one.
    var report: String {
        let log =
            stored.map { "The log in etcd ends with entry \($0.head.index), event \($0.head.seq)." }
            ?? "etcd has no log of the cluster “\(cluster.site)”."
        return """
            This journal, \(settings.journal.path), ends with entry \(end.index), event \(end.seq), epoch \(epoch). \(log)
            Nothing was changed. Run this on each node, and then with --begin on the one whose journal ends with the highest entry.
            """
    }

    /// Begins a new log after the journal's last entry. Returns what to do next.
    func begin(keepingEpoch: Bool) async throws -> String {
        if let stored, try await !log.erase(epoch: stored.epoch) {
            throw Failure("error: somebody else has changed the log at this moment")
        }
        // The log that is lost may have had the event that follows the journal.
        let lost = JournalWitness(name: "the log that is lost", epoch: epoch, seq: end.seq + 1)
        let journal = try Self.open(settings, epoch: keepingEpoch ? epoch : nil, known: [lost])
        do {
            guard try await log.create(epoch: journal.epoch, head: end) else {
                throw Failure("error: somebody else has made a cluster “\(cluster.site)” at this moment")
            }
        } catch {
            try journal.close()
            throw error
        }
        try journal.close()
        let others =
            keepingEpoch
            ? "The other nodes keep their journals. One that has more than this one does not start: give it an empty folder."
            : "Then start the others with empty folders: each copies a node that runs."
        return """
            The cluster “\(cluster.site)” goes on after entry \(end.index), event \(end.seq), with the epoch \(journal.epoch)\(keepingEpoch ? "" : ", before \(epoch)").
            Start this node first. \(others)
            """
    }
}
