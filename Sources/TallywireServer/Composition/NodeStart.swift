import ClusterHTTP
import EtcdLog
import Logging
import PipelineHost
import SQLiteJournal
import TallywireCluster
import TallywireCommands
import TallywireEngine

/// Opens what a node of a cluster needs: the log, the connections to the other nodes, and a journal of the cluster.
struct NodeStart {
    let configuration: PipelineConfiguration
    let settings: ClusterSettings
    let log: EtcdLog
    let peers: PeerClient
    let logger: Logger

    /// Prepares connections, and opens none. Throws ``Failure`` for what cannot be used as it is configured.
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
            let copying = JournalCopying(configuration, settings, log: log, peers: peers, logger: logger)
            let journal = try await NodeJournal(configuration, settings, log: log, copying: copying, logger: logger).open()
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
}
