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
        /// How often the node reports how far it is.
        public var report: Duration

        public init(
            node: String, address: String, version: String, timing: NodeMachine.Timing = NodeMachine.Timing(),
            engine: InventoryEngine.Configuration = InventoryEngine.Configuration(batchBytes: 512 << 10),
            forwarding: ForwardQueue.Limits = ForwardQueue.Limits(), positionAge: Duration = .seconds(1),
            report: Duration = .seconds(2)
        ) {
            self.node = node
            self.address = address
            self.version = version
            self.timing = timing
            self.engine = engine
            self.forwarding = forwarding
            self.positionAge = positionAge
            self.report = report
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

    private let executor = QueueExecutor(label: "tallywire.node")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let log: any ReplicatedLog
    private let connector: any LeaderConnector
    private let logger: Logger
    private let start = ContinuousClock.now
    private nonisolated let shared: Mutex<Status>
    private let (jobs, newJob) = AsyncStream.makeStream(of: (@Sendable () async -> Void).self)

    private var machine: NodeMachine
    private var applier: Applier
    private var appends: LogAppends?
    private var positions = LeaderPositions()
    private var engine: InventoryEngine?
    private var isFollowing = false
    private var isConnecting = false
    private var connected: Term?
    private var reports: UInt64 = 0
    private var halt: Halt?
    private var isOver = false

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
        }
        // Of a node that did not end in order. Its engine finds the node ended with its next commit.
        await engine?.end()
        gateway.end()
        feed.close()
        if let halt { throw halt }
    }

    /// Ends the node in order: a leader decides the commands that wait, and says in the log that it leads no longer.
    public func stop() { handle(.stop) }

    /// Ends the node at once, as a process that is killed: the log says nothing, and commands that wait get no answer.
    package func abandon() { end() }

    /// Takes the commands of another node; `nil` if this node does not lead.
    public func forwardedCommands() -> ForwardedCommands? { engine.map { ForwardedCommands(engine: $0) } }

    /// The journal in which a leader stores positions that every node has; `nil` if this node does not lead.
    public func leaderJournal() -> (any Journal)? { engine?.journal }

    private var now: Duration { ContinuousClock.now - start }

    /// How often the node looks at what is due.
    private static let tick = Duration.milliseconds(50)

    private func runTicks() async {
        var lastReport: ContinuousClock.Instant?
        while !isOver {
            handle(.tick)
            gateway.tick()
            connect()
            flushPositions()
            if lastReport.map({ ContinuousClock.now - $0 >= configuration.report }) ?? true {
                lastReport = .now
                report()
            }
            do { try await Task.sleep(for: Self.tick) } catch { return end() }
        }
    }

    private func end() {
        isOver = true
        newJob.finish()
    }

    private func spawn(_ job: @escaping @Sendable () async -> Void) { newJob.yield(job) }

    // MARK: The machine

    private func handle(_ input: NodeMachine.Input) {
        for effect in machine.handle(input, at: now) { perform(effect) }
        window.set(until: machine.sureUntil.map { start + $0 })
        let status = Status(
            role: machine.role, leader: machine.leader, applied: machine.applied, head: max(machine.head, machine.applied))
        shared.withLock { $0 = status }
    }

    private func perform(_ effect: NodeMachine.Effect) {
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
        case .endEngine: endEngine()
        case .beat(let term): spawn { await self.beat(term) }
        case .stopped: end()
        case .halt(let reason): halt(reason, needsCopy: false)
        }
    }

    private func halt(_ reason: String, needsCopy: Bool) {
        halt = halt ?? Halt(reason: reason, needsCopy: needsCopy)
        logger.critical("This node must not go on.", metadata: ["reason": "\(reason)"])
        end()
    }

    private func look() async {
        let sight: LogSight?
        do { sight = try await log.look() } catch {
            logger.debug("The log of the cluster does not answer.", metadata: ["error": "\(error)"])
            sight = nil
        }
        handle(.looked(sight))
    }

    // MARK: Following

    private static let (pageLimit, pageBytes) = (500, 8 << 20)

    /// Reads what this node does not have, and then follows the log for as long as another node leads.
    private func follow() async {
        do {
            while machine.role == .follower {
                let entries = try await log.entries(after: machine.applied, limit: Self.pageLimit, maxBytes: Self.pageBytes)
                handle(.received(entries))
                if entries.isEmpty { break }
            }
            guard !isFollowing, machine.role == .follower else { return }
            isFollowing = true
            defer { isFollowing = false }
            for try await entry in log.follow(after: machine.applied) {
                handle(.received([entry]))
                guard machine.role == .follower else { return }
            }
        } catch LogFailure.trimmed {
            handle(.trimmed)
        } catch {
            logger.debug("The log of the cluster cannot be read.", metadata: ["error": "\(error)"])
            handle(.readFailed)
        }
    }

    private func apply(_ entries: [LogEntry]) {
        do {
            for entry in entries { try applier.apply(entry) }
            gateway.applied()
        } catch {
            handle(
                .failed(
                    "entry \(entries.map(\.index).min() ?? 0) or one of the \(entries.count - 1) after it cannot be applied: \(error)"
                ))
        }
    }

    /// Keeps the gateway connected to the leader.
    private func connect() {
        guard engine == nil, !isConnecting else { return }
        guard let leader = machine.leader, leader.claim.node != configuration.node else {
            if gateway.isConnected { gateway.disconnect() }
            return
        }
        guard connected != leader.term || !gateway.isConnected else { return }
        isConnecting = true
        spawn { await self.connect(to: leader) }
    }

    private func connect(to leader: LogSight.Leader) async {
        do {
            try await gateway.connect(to: leader.claim, by: connector)
            connected = leader.term
        } catch {
            logger.debug("The leader cannot be reached.", metadata: ["leader": "\(leader.claim.node)", "error": "\(error)"])
        }
        isConnecting = false
        // The node may have begun to lead meanwhile, and decides itself then.
        if let engine { gateway.lead(with: engine) }
    }

    // MARK: Leading

    private func claim(_ sight: LogSight, _ claim: LeaderClaim) async {
        let term: Term?
        do { term = try await log.takeOver(sight, as: claim) } catch { return }
        if let term {
            positions = LeaderPositions()
            let writer = LogWriter(
                node: configuration.node, term: term, head: sight.head, makeID: { TimeOrderedID.make(at: .now) })
            appends = LogAppends(log: log, journal: journal, writer: writer, positions: positions)
        }
        handle(.claimed(term))
    }

    private func append(_ content: LogEntry.Content) async {
        guard let appends else { return }
        let result: Result<LogEntry, LogFailure>
        do throws(LogFailure) { result = .success(try await appends.append(content)) } catch { result = .failure(error) }
        handle(.appended(result))
    }

    private func startEngine(_ term: Term) {
        guard let appends else { return }
        let journal = LogJournal(
            journal, appends: appends, positions: positions,
            spawn: { [newJob] job in
                if case .terminated = newJob.yield(job) { false } else { true }
            },
            ended: { await self.committed($0) })
        do {
            let beginning = EngineBeginning(state: applier.giveState(), clocks: try self.journal.clocks())
            let engine = InventoryEngine(
                takingOver: beginning, journal: journal, feed: feed, configuration: configuration.engine, logger: logger)
            self.engine = engine
            logger.notice("This node leads.", metadata: ["node": "\(configuration.node)", "term": "\(term)"])
            gateway.lead(with: engine)
            spawn {
                await engine.hasEnded()
                await self.engineEnded(engine)
            }
        } catch {
            handle(.failed("the journal cannot be read: \(error)"))
        }
    }

    private func endEngine() {
        guard let engine else { return }
        spawn { await engine.end() }
    }

    private func engineEnded(_ engine: InventoryEngine) {
        logger.notice("This node leads no longer.", metadata: ["node": "\(configuration.node)"])
        applier.takeBack(engine.takeState())
        self.engine = nil
        connected = nil
        gateway.disconnect()
        handle(.engineEnded)
    }

    private func committed(_ result: Result<LogAppends.Committed, any Error>) {
        switch result {
        case .success(let committed): handle(.committed(index: committed.index, since: committed.since - start))
        case .failure(let error as JournalError) where error.code == .tooLarge: break
        case .failure(let error as LogFailure): handle(.failed("\(error)"))
        case .failure: handle(.fenced)
        }
    }

    private func beat(_ term: Term) async {
        let since = now
        do {
            try await log.beat(term: term)
            handle(.beaten(true, since: since))
        } catch LogFailure.fenced {
            handle(.fenced)
        } catch {
            handle(.beaten(false, since: since))
        }
    }

    private func flushPositions() {
        guard engine != nil, let appends, positions.areWaiting else { return }
        let age = configuration.positionAge
        spawn {
            do {
                if let committed = try await appends.commitPositions(olderThan: age) { await self.committed(.success(committed)) }
            } catch {
                await self.committed(.failure(error))
            }
        }
    }

    private func report() {
        reports += 1
        let report = NodeReport(
            node: configuration.node, address: configuration.address, version: configuration.version, applied: machine.applied,
            beat: reports)
        spawn { [log, logger] in
            do { try await log.register(report) } catch {
                logger.debug("This node could not report to the cluster.", metadata: ["error": "\(error)"])
            }
        }
    }
}
