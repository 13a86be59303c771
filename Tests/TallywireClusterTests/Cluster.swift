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

    /// The journal of which the cluster is made: with the location MAIN, and with a product.
    static func base() throws -> InMemoryJournal {
        let journal = InMemoryJournal(epoch: epoch)
        let feed = Feed(journal: journal, head: 0)
        let logger = Logger(label: "base") { _ in SwiftLogNoOpLogHandler() }
        let core = EngineCore(
            try EngineBeginning(loading: journal), journal: journal, feed: feed, configuration: .init(), commitsAside: false,
            logger: logger, clock: { Timestamp(milliseconds: 1_700_000_000_000) }, uptime: { .zero }, makeID: { _ in "base" }
        ) { _ in NoAppender() }
        try core.prepare(publishingTo: feed)
        core.submit(
            [
                Command(
                    id: "thing", source: "test",
                    action: .createProduct(NewProduct(name: "Thing", content: .single(NewVariant(sku: "A", name: "A")))))
            ], in: nil
        ) { _ in }
        while core.step() == .step {}
        return journal
    }

    /// A node over a journal of its own, not running yet.
    func node(_ name: String, over journal: any Journal) throws -> ClusterNode {
        let logger = Logger(label: name) { _ in SwiftLogNoOpLogHandler() }
        let node = try ClusterNode(
            ClusterNode.Configuration(
                node: name, address: name, version: "1",
                timing: NodeMachine.Timing(look: .milliseconds(60), silence: .milliseconds(400), beat: .milliseconds(100)),
                forwarding: ForwardQueue.Limits(patience: .seconds(20)), positionAge: .milliseconds(100)),
            log: SimulatedLog(shared), journal: journal, connector: connections, logger: logger)
        connections.add(node)
        return node
    }
}

private final class NoAppender: BatchAppender {
    func start(_ batch: JournalBatch) { preconditionFailure("nothing is committed aside") }
    func takeResult() -> Result<Void, any Error>? { nil }
    func close() {}
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
