import Logging
import Synchronization
import TallywireCore
import TallywireEngine

/// One node of a cluster, running: it follows the log into its own journal, takes over from a silent leader, leads, and ends.
///
/// What is to be done when is decided by ``NodeMachine``; the node does it. Reads are answered from the node's journal and feed all the
/// time, whoever leads. Commands go through ``gateway``.
public actor ClusterNode {
    public struct Configuration: Sendable {
        /// The node's name, which no other node of the cluster has.
        public var node: String
        /// The URL at which other nodes reach this one.
        public var address: String
        /// The version of the program.
        public var version: String
        public var timing: NodeMachine.Timing
        public var engine: InventoryEngine.Configuration
        /// How many commands may wait for the leader, and for how long.
        public var forwarding: ForwardQueue.Limits
        /// How long the position of a sink waits for an entry that takes it along.
        public var positionAge: Duration
        /// How often the node flushes its journal, and reports how far it is.
        public var report: Duration
        /// How much the log keeps while this node leads.
        public var trimming: LogTrimming.Limits

        /// The bytes of events and answers with which a batch ends, so that an entry of the log stays small.
        public static let batchBytes = 512 << 10

        public init(
            node: String, address: String, version: String, timing: NodeMachine.Timing = NodeMachine.Timing(),
            engine: InventoryEngine.Configuration = InventoryEngine.Configuration(batchBytes: Self.batchBytes),
            forwarding: ForwardQueue.Limits = ForwardQueue.Limits(), positionAge: Duration = .seconds(1),
            report: Duration = .seconds(2), trimming: LogTrimming.Limits = LogTrimming.Limits()
        ) {
            self.node = node
            self.address = address
            self.version = version
            self.timing = timing
            self.engine = engine
            self.forwarding = forwarding
            self.positionAge = positionAge
            self.report = report
            self.trimming = trimming
        }
    }

    /// Why a node must not go on.
    public struct Halt: Error, CustomStringConvertible {
        public let reason: String
        /// Whether the node can go on after it has copied another node's journal.
        public let needsCopy: Bool

        public var description: String { reason }
    }

    /// What a node knows of its cluster.
    public struct Status: Sendable {
        public var role: NodeMachine.Role
        public var leader: LogSight.Leader?
        /// The last entry that the node has applied, and the last one of the log when the node looked.
        public var applied: UInt64
        public var head: UInt64
    }

    public nonisolated let configuration: Configuration
    /// The journal of this node. Whoever reads it waits for no other node.
    public nonisolated let journal: any Journal
    /// The events, as this node has them.
    public nonisolated let feed: Feed
    public nonisolated let gateway: ClusterGateway
    /// Whether this node can act for all.
    public nonisolated let window = LeaderWindow()
    /// A value whenever the node begins to lead, and `nil` whenever it ends: the newest alone. For one reader.
    public nonisolated let leaderships: AsyncStream<Leadership?>
    let newLeadership: AsyncStream<Leadership?>.Continuation

    private let executor = QueueExecutor(label: "tallywire.node")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    let log: any ReplicatedLog
    let connector: any LeaderConnector
    let logger: Logger
    let start = ContinuousClock.now
    private nonisolated let shared: Mutex<Status>
    nonisolated let health: NodeHealth
    nonisolated let view = Mutex(ClusterView())
    /// The engine of a node that leads.
    nonisolated let deciding = Mutex<InventoryEngine?>(nil)
    let (jobs, newJob) = AsyncStream.makeStream(of: (@Sendable () async -> Void).self)

    var machine: NodeMachine
    var applier: Applier
    var appends: LogAppends?
    /// What the engine hands to `appends`.
    var commits: CommitQueue?
    var positions = LeaderPositions()
    var engine: InventoryEngine?
    var isFollowing = false
    var isConnecting = false
    var connected: Term?
    var lastConnect: ContinuousClock.Instant?
    var reports: UInt64 = 0
    /// The last entry that is on disk for sure.
    var flushed: UInt64 = 0
    var isReporting = false
    var isFlushFailing = false
    var isKeepingLog = false
    var isKeepingFailing = false
    private var halt: Halt?
    private(set) var isOver = false

    /// A node over `journal`, whose epoch has to be that of the cluster. Throws what the journal throws.
    public init(
        _ configuration: Configuration, log: any ReplicatedLog, journal: any Journal, connector: any LeaderConnector,
        logger: Logger
    ) throws {
        self.configuration = configuration
        self.log = log
        self.journal = journal
        self.connector = connector
        self.logger = logger
        (leaderships, newLeadership) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        health = NodeHealth(now: start)
        let state = try journal.load()
        feed = Feed(journal: journal, head: state.seq, capacity: configuration.engine.feed)
        gateway = ClusterGateway(feed: feed, limits: configuration.forwarding)
        applier = Applier(state: state, journal: journal, feed: feed)
        machine = NodeMachine(
            node: configuration.node, address: configuration.address, version: configuration.version,
            applied: try journal.applied(), timing: configuration.timing, makeID: { TimeOrderedID.make(at: .now) })
        shared = Mutex(Status(role: .follower, leader: nil, applied: machine.applied, head: machine.applied))
    }

    public nonisolated var status: Status { shared.withLock { $0 } }

    /// Runs until ``stop()`` was called and the node has ended in order, or until the task is cancelled. Throws ``Halt`` if the node must
    /// not go on.
    public func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.runTicks() }
            for await job in jobs { group.addTask { await job() } }
            group.cancelAll()
            commits?.end()
            // Of a node that did not end in order. One of the jobs waits for that end, so it comes before the end of all jobs.
            await engine?.end()
        }
        gateway.end()
        newLeadership.finish()
        feed.close()
        if let halt { throw halt }
    }

    /// Ends the node in order: a leader decides the commands that wait, and says in the log that it leads no longer.
    public func stop() { handle(.stop) }

    /// Ends the node at once, as a process that is killed: the log says nothing, and commands that wait get no answer.
    public func abandon() { end() }

    /// Takes the commands of another node; `nil` if this node does not lead.
    public func forwardedCommands() -> ForwardedCommands? { engine.map { forwardedCommands(to: $0) } }

    func forwardedCommands(to engine: InventoryEngine) -> ForwardedCommands {
        ForwardedCommands(engine: engine, logAnswers: { [health] in health.silence(at: .now) < Self.longestSilence })
    }

    /// After this time without an answer of the log a leader takes no more commands.
    private static let longestSilence: Duration = .seconds(3)

    var now: Duration { ContinuousClock.now - start }

    /// How often the node looks at what is due.
    private static let tick = Duration.milliseconds(50)

    func runTicks() async {
        var lastReport: ContinuousClock.Instant?
        var lastKeeping = ContinuousClock.now
        while !isOver {
            handle(.tick)
            gateway.tick()
            connect()
            flushPositions()
            if lastReport.map({ ContinuousClock.now - $0 >= configuration.report }) ?? true {
                lastReport = .now
                spawn { await self.report() }
            }
            if ContinuousClock.now - lastKeeping >= configuration.trimming.period {
                lastKeeping = .now
                spawn { await self.keepLog() }
            }
            do { try await Task.sleep(for: Self.tick) } catch { return end() }
        }
    }

    func end() {
        isOver = true
        newJob.finish()
    }

    func spawn(_ job: @escaping @Sendable () async -> Void) { newJob.yield(job) }

    // MARK: The machine

    func handle(_ input: NodeMachine.Input) {
        for effect in machine.handle(input, at: now) { perform(effect) }
        window.set(until: machine.sureUntil.map { start + $0 })
        let status = Status(
            role: machine.role, leader: machine.leader, applied: machine.applied, head: max(machine.head, machine.applied))
        shared.withLock { $0 = status }
    }

    func perform(_ effect: NodeMachine.Effect) {
        switch effect {
        case .look: spawn { await self.look() }
        case .read: spawn { await self.follow() }
        case .apply(let entries): apply(entries)
        case .copy:
            halt(
                "the log no longer keeps what this node needs, since the node was away for too long: it has to copy another node's journal",
                needsCopy: true)
        case .claim(let sight, let claim): spawn { await self.claim(sight, claim) }
        case .append(let content): spawn { await self.append(content) }
        case .startEngine(let term): startEngine(term)
        case .endEngine(let isOrderly): endEngine(isOrderly)
        case .beat(let term): spawn { await self.beat(term) }
        case .stopped: end()
        case .halt(let reason): halt(reason, needsCopy: false)
        }
    }

    func halt(_ reason: String, needsCopy: Bool) {
        halt = halt ?? Halt(reason: reason, needsCopy: needsCopy)
        logger.critical("This node must not go on.", metadata: ["reason": "\(reason)"])
        end()
    }

    func look() async {
        let sight: LogSight?
        do { sight = try await log.look() } catch {
            logger.debug("The log of the cluster does not answer.", metadata: ["error": "\(error)"])
            sight = nil
        }
        if let sight { health.looked(applied: machine.applied, head: sight.head.index, at: .now) }
        handle(.looked(sight))
    }
}
