import Synchronization
import TallywireCluster
import TallywireCore
import TallywireEngine
import TallywireTesting

/// One node: the program's machine, engine and queue over a journal in memory, in a process that may end, pause or be cut off.
final class SimulatedNode {
    let name: String
    let clock = SimulatedClock()
    private var journal: InMemoryJournal
    private(set) var feed: Feed
    var machine: NodeMachine
    private var applier: Applier
    var leading: Leading?
    var gateway: SimulatedGateway
    /// Grows with each start. What is under way to an earlier one is lost.
    private(set) var incarnation = 0
    private(set) var isUp = false
    private var isPaused = false
    private var deferred: [(Simulation) -> Void] = []
    /// Whether nothing passes between this node and anybody else.
    var isCut = false
    /// How far the node's clock is ahead.
    var ahead: Duration = .zero
    private var reports: UInt64 = 0
    private var lastReport: Duration = .zero

    init(_ name: String, base: InMemoryJournal, in simulation: Simulation) throws {
        self.name = name
        journal = try base.losing(lastBatches: 0)
        (feed, machine, applier) = try Self.parts(name, journal, 0)
        gateway = SimulatedGateway(name, 0, patience: simulation.patience)
    }

    private static func parts(
        _ name: String, _ journal: InMemoryJournal, _ incarnation: Int
    ) throws -> (Feed, NodeMachine, Applier) {
        let state = try journal.load()
        let feed = Feed(journal: journal, head: state.seq)
        let ids = IDs("claim-\(name)-\(incarnation)")
        let machine = NodeMachine(
            node: name, address: "http://\(name)", version: "1", applied: try journal.applied(), makeID: { ids.next() })
        return (feed, machine, Applier(state: state, journal: journal, feed: feed))
    }

    /// Opens a journal, as a start finds it.
    private func open(_ journal: InMemoryJournal) throws {
        self.journal = journal
        (feed, machine, applier) = try Self.parts(name, journal, incarnation)
    }

    /// How far sinks have come, as this node's journal says.
    var positions: [String: UInt64] { journal.allCursors }

    var events: [EventEnvelope] { journal.allEvents }

    func events(_ range: ClosedRange<UInt64>) throws -> [EventEnvelope] { try journal.events(range) ?? [] }

    func loadedState() throws -> InventoryState { try journal.load() }

    func isFollowing(upTo index: Int) -> Bool { isUp && machine.applied == UInt64(index) }

    // MARK: The process

    func start(_ simulation: Simulation) {
        incarnation += 1
        isUp = true
        isPaused = false
        leading = nil
        gateway = SimulatedGateway(name, incarnation, patience: simulation.patience)
        tick(simulation)
    }

    /// Ends the process; a power cut also loses the last `lost` transactions of the journal.
    func crash(_ simulation: Simulation, losing lost: Int) {
        guard isUp else { return }
        simulation.note("\(name) ends and loses \(lost) transactions")
        isUp = false
        leading = nil
        deferred = []
        gateway.lose(simulation)
        incarnation += 1
        do { try open(try journal.losing(lastBatches: min(lost, Int(machine.applied)))) } catch {
            simulation.fault("node \(name) cannot open its journal: \(error)")
        }
    }

    func pause(_ simulation: Simulation) {
        simulation.note("\(name) pauses")
        isPaused = isUp
    }

    func resume(_ simulation: Simulation) {
        guard isPaused else { return }
        isPaused = false
        simulation.note("\(name) goes on")
        let actions = deferred
        deferred = []
        for action in actions { action(simulation) }
    }

    /// Does something in the node's process, once it runs, unless the process has ended since.
    func perform(_ simulation: Simulation, _ incarnation: Int, _ action: @escaping (Simulation) -> Void) {
        guard isUp, incarnation == self.incarnation else { return }
        if isPaused { return deferred.append { [self] in perform($0, incarnation, action) } }
        clock.set(simulation.now, ahead: ahead)
        action(simulation)
    }

    private func tick(_ simulation: Simulation) {
        let incarnation = incarnation
        simulation.after(.milliseconds(50)) { [self] simulation in
            perform(simulation, incarnation) { [self] simulation in
                handle(.tick, simulation)
                leading?.tick(self, simulation)
                report(simulation)
                gateway.tick(self, simulation)
                tick(simulation)
            }
        }
    }

    /// Says how far this node is, and what of that no power cut takes.
    private func report(_ simulation: Simulation) {
        guard simulation.now - lastReport >= .milliseconds(300) else { return }
        lastReport = simulation.now
        reports += 1
        do {
            let report = NodeReport(
                node: name, address: "http://\(name)", version: "1", applied: machine.applied,
                flushed: try simulation.mutation == .flushedIsApplied ? journal.applied() : journal.flushNow(), beat: reports)
            simulation.ask(self, { $0.register(report) }) { _, _ in }
        } catch {
            simulation.fault("node \(name) cannot flush its journal: \(error)")
        }
    }

    // MARK: The machine

    func handle(_ input: NodeMachine.Input, _ simulation: Simulation) {
        guard isUp else { return }
        for effect in machine.handle(input, at: simulation.now) { perform(effect, simulation) }
        leading?.pump(self, simulation)
    }

    private func perform(_ effect: NodeMachine.Effect, _ simulation: Simulation) {
        let now = simulation.now
        switch effect {
        case .look: simulation.ask(self, { $0.sight }) { [self] in handle(.looked($1), $0) }
        case .read(let index): read(after: index, simulation)
        case .apply(let entries): apply(entries, simulation)
        case .copy: copy(simulation)
        case .claim(let sight, let claim):
            simulation.claim(sight, as: claim, from: self) { [self] simulation, term in
                if let term {
                    leading = Leading(
                        LogWriter(of: self, term, sight.head), positions: positions,
                        LogTrimming(simulation.trimming, after: sight.head.index))
                }
                handle(.claimed(term), simulation)
            }
        case .append(let content): leading?.append(content, self, simulation)
        case .startEngine: startEngine(simulation)
        case .endEngine: leading?.core?.close()
        case .beat(let term):
            simulation.ask(self, { $0.beat(term: term) }) { [self] simulation, isLeader in
                handle(isLeader == false ? .fenced : .beaten(isLeader == true, since: now), simulation)
            }
        case .stopped:
            crash(simulation, losing: 0)
            simulation.after(.milliseconds(500)) { [self] in if !isUp { start($0) } }
        case .halt(let reason):
            if !isDamaged { simulation.fault("node \(name) halts: \(reason)") }
            isDamaged = false
            crash(simulation, losing: 0)
            simulation.after(.milliseconds(300)) { [self] in if !isUp { start($0) } }
        }
    }

    /// Whether an entry was damaged on its way to this node, so that the node has to halt.
    private var isDamaged = false

    private func read(after index: UInt64, _ simulation: Simulation) {
        simulation.ask(self, { store in Result { () throws(LogFailure) in try store.read(after: index, limit: 50) } }) {
            [self] simulation, result in
            switch result {
            case .success(let entries): handle(.received(entries), simulation)
            case .failure: handle(.trimmed, simulation)
            case nil: handle(.readFailed, simulation)
            }
        }
    }

    private func apply(_ entries: [LogEntry], _ simulation: Simulation) {
        for entry in entries {
            var entry = entry
            if simulation.isTroubled, simulation.chance(500), case .batch(var batch) = entry.content, !batch.events.isEmpty {
                isDamaged = true
                batch.events[0].json = Array(batch.events[0].json.dropLast(5))
                entry.content = .batch(batch)
            }
            do { try applier.apply(entry) } catch {
                if simulation.mutation == .skippedFold { continue }
                return handle(.failed("\(error)"), simulation)
            }
        }
        gateway.release(self, simulation)
    }

    /// Copies the journal of another node that runs.
    private func copy(_ simulation: Simulation) {
        let incarnation = incarnation
        simulation.after(simulation.milliseconds(30...400)) { [self] simulation in
            perform(simulation, incarnation) { [self] simulation in
                let others = simulation.nodes.filter { $0.name != name && $0.isUp && $0.machine.applied > machine.applied }
                guard !isCut, let peer = others.filter({ !$0.isCut }).randomElement(using: &simulation.random) else {
                    return copy(simulation)
                }
                simulation.outcome.copies += 1
                let own = machine
                do {
                    // A copy is on disk when it is opened.
                    let copy = try peer.journal.losing(lastBatches: 0)
                    _ = try copy.flushNow()
                    try open(copy)
                } catch {
                    simulation.fault("a copy cannot be opened: \(error)")
                }
                let applied = machine.applied
                machine = own
                handle(.copied(applied: applied), simulation)
            }
        }
    }

    // MARK: Leading

    private func startEngine(_ simulation: Simulation) {
        guard let leading else { return }
        do {
            var clocks = try journal.clocks()
            if simulation.mutation == .timeFromNothing { clocks.lastEvent = nil }
            let beginning = EngineBeginning(state: applier.giveState(), clocks: clocks)
            let (clock, ids, appender) = (clock, IDs("made-\(name)-\(incarnation)"), SteppedAppender())
            leading.appender = appender
            leading.core = EngineCore(
                beginning, journal: journal, feed: feed, configuration: .init(inbox: 64, batch: 8, batchBytes: 8_000),
                commitsAside: true, logger: quiet, clock: { clock.wall }, uptime: { clock.uptime }, makeID: { _ in ids.next() }
            ) { _ in appender }
        } catch {
            simulation.fault("node \(name) cannot begin to lead: \(error)")
        }
    }

    /// The engine has ended, and gives back the state.
    func engineEnded(_ core: EngineCore, _ simulation: Simulation) {
        applier.takeBack(core.takeState())
        leading?.core = nil
        handle(.engineEnded, simulation)
    }

    var clocks: JournalClocks { (try? journal.clocks()) ?? JournalClocks() }

    /// Stores in the journal what is in the log.
    func commit(_ batch: JournalBatch, _ simulation: Simulation) {
        do { try journal.append(batch) } catch { simulation.fault("node \(name) cannot store an entry: \(error)") }
    }

}

extension LogWriter {
    fileprivate init(of node: SimulatedNode, _ term: Term, _ head: LogHead) {
        let ids = IDs("entry-\(node.name)-\(node.incarnation)-\(term)")
        self.init(node: node.name, term: term, head: head, makeID: { ids.next() })
    }
}

/// Takes the engine's batches, and gives the results when the log has answered.
final class SteppedAppender: BatchAppender {
    private let batch = Mutex<JournalBatch?>(nil)
    private let result = Mutex<Result<Void, any Error>?>(nil)

    func start(_ batch: JournalBatch) { self.batch.withLock { $0 = batch } }
    func takeResult() -> Result<Void, any Error>? { result.withLock { $0.take() } }
    func close() {}

    func takeBatch() -> JournalBatch? { batch.withLock { $0.take() } }
    func finish(_ result: Result<Void, any Error>) { self.result.withLock { $0 = result } }
}
