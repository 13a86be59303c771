import ClusterSimulation
import Logging
import Synchronization
import TallywireCluster
import TallywireCore
import TallywireEngine
import TallywireTesting

/// Nodes over one log in memory, in this process, with connections that a test can cut.
final class Cluster: Sendable {
    static let epoch = "cluster-epoch"

    let shared = SimulatedLog.Shared()
    let connections = Connections()

    init() async throws {
        let base = try Self.base()
        guard try await SimulatedLog(shared).create(epoch: Self.epoch, head: LogHead(index: 0, seq: try base.load().seq)) else {
            throw Refused()
        }
    }

    struct Refused: Error {}

    /// The journal of which the cluster is made.
    static func base() throws -> InMemoryJournal {
        try Base(epoch: epoch, variants: .single(NewVariant(sku: "A", name: "A"))).journal
    }

    /// A node over a journal of its own, not running yet.
    func node(
        _ name: String, over journal: any Journal, trimming: LogTrimming.Limits = LogTrimming.Limits(),
        log: (any ReplicatedLog)? = nil
    ) throws -> ClusterNode {
        let logger = Logger(label: name) { _ in SwiftLogNoOpLogHandler() }
        let node = try ClusterNode(
            ClusterNode.Configuration(
                node: name, address: name, version: "1",
                timing: NodeMachine.Timing(look: .milliseconds(60), silence: .milliseconds(400), beat: .milliseconds(100)),
                forwarding: ForwardQueue.Limits(patience: .seconds(20)), positionAge: .milliseconds(100),
                report: .milliseconds(50), trimming: trimming),
            log: log ?? SimulatedLog(shared), journal: journal, connector: connections, logger: logger)
        connections.add(node)
        return node
    }
}

/// Connections between nodes of one process.
final class Connections: LeaderConnector {
    struct NotLeading: Error {}

    private let nodes = Mutex<[String: ClusterNode]>([:])
    private let links = Mutex<[Link]>([])

    func add(_ node: ClusterNode) { nodes.withLock { $0[node.configuration.node] = node } }

    /// Loses all connections, with all that is under way.
    func cut() {
        let lost = links.withLock { links in
            defer { links = [] }
            return links
        }
        for link in lost { link.lose() }
    }

    func connect(
        to leader: LeaderClaim, received: @escaping @Sendable (ForwardedAnswer?) -> Void
    ) async throws -> any LeaderLink {
        guard let node = nodes.withLock({ $0[leader.node] }), let commands = await node.forwardedCommands() else {
            throw NotLeading()
        }
        let link = Link(commands, received)
        links.withLock { $0.append(link) }
        return link
    }

    private final class Link: LeaderLink {
        private let commands: ForwardedCommands
        private let received: Mutex<(@Sendable (ForwardedAnswer?) -> Void)?>

        init(_ commands: ForwardedCommands, _ received: @escaping @Sendable (ForwardedAnswer?) -> Void) {
            self.commands = commands
            self.received = Mutex(received)
        }

        func send(_ submissions: [ForwardQueue.Submission], session: UInt64) {
            guard received.withLock({ $0 }) != nil else { return }
            for submission in submissions {
                commands.take(submission.commands, ticket: submission.ticket, session: session) { [self] answer in
                    received.withLock { $0 }?(answer)
                }
            }
        }

        func close() { received.withLock { $0 = nil } }

        func lose() {
            let received = received.withLock { received in
                defer { received = nil }
                return received
            }
            received?(nil)
        }
    }
}
