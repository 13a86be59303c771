import TallywireCluster
import TallywireCore
import TallywireEngine
import TallywireTesting

/// What a node has while it leads: its engine, the end of the log, and the sink that runs where the leader is.
final class Leading {
    var core: EngineCore?
    var appender: SteppedAppender?
    private var writer: LogWriter
    /// Positions that ride in the next entry.
    private var positions: [String: UInt64] = [:]
    private var isAppending = false
    /// What the engine has handed in while another append was under way.
    private var batch: JournalBatch?
    private var lastAppend: Duration = .zero
    /// The last event that the sink was given.
    private var position: UInt64
    private var isDelivering = false
    private var keeping: Keeping

    init(_ writer: LogWriter, positions: [String: UInt64], _ trimming: LogTrimming) {
        self.writer = writer
        keeping = Keeping(trimming)
        position = positions["sink"] ?? 0
    }

    func tick(_ node: SimulatedNode, _ simulation: Simulation) {
        deliver(node, simulation)
        keeping.tick(self, writer.term, node, simulation)
        guard core != nil, !isAppending, !positions.isEmpty, simulation.now - lastAppend > .seconds(1) else { return }
        commit(.bare(at: node.clocks), isEngines: false, node, simulation)
    }

    /// Lets the engine work, and sends what it commits.
    func pump(_ node: SimulatedNode, _ simulation: Simulation) {
        while let core {
            let next = core.step()
            if let batch = appender?.takeBatch() { self.batch = batch }
            sendBatch(node, simulation)
            node.gateway.answer(simulation)
            if next == .end { return node.engineEnded(core, simulation) }
            guard next == .step else { return }
        }
    }

    private func sendBatch(_ node: SimulatedNode, _ simulation: Simulation) {
        guard !isAppending, let batch else { return }
        self.batch = nil
        commit(batch, isEngines: true, node, simulation)
    }

    private func commit(_ batch: JournalBatch, isEngines: Bool, _ node: SimulatedNode, _ simulation: Simulation) {
        let entry = writer.entry(.batch(LogBatch(batch, positions: positions)))
        positions = [:]
        let since = simulation.now
        send(entry, node, simulation) { [self] simulation, verdict in
            switch verdict {
            case .written:
                node.commit(batch.committed(as: entry), simulation)
                node.handle(.committed(index: entry.index, since: since), simulation)
                if isEngines { appender?.finish(.success(())) }
            case .failed(let failure):
                let code: JournalError.Code = failure == .unknown ? .uncertain : .fenced
                if isEngines { appender?.finish(.failure(JournalError(code, "\(failure)"))) }
                node.handle(.fenced, simulation)
            }
            pump(node, simulation)
            node.gateway.release(node, simulation)
        }
    }

    /// Appends what the machine says about the node itself.
    func append(_ content: LogEntry.Content, _ node: SimulatedNode, _ simulation: Simulation) {
        let entry = writer.entry(content)
        send(entry, node, simulation) { simulation, verdict in
            switch verdict {
            case .written: node.handle(.appended(.success(entry)), simulation)
            case .failed(let failure): node.handle(.appended(.failure(failure)), simulation)
            }
        }
    }

    private func send(
        _ entry: LogEntry, _ node: SimulatedNode, _ simulation: Simulation,
        _ done: @escaping (Simulation, AppendVerdict) -> Void
    ) {
        isAppending = true
        lastAppend = simulation.now
        simulation.append(entry, after: writer.head, term: writer.term, from: node) { [self] simulation, verdict in
            guard node.leading === self else { return }
            isAppending = false
            if verdict == .written {
                writer.written(entry)
                keeping.trimming.wrote(StoredEntry(index: entry.index, bytes: LogStore.bytes(of: entry)), at: simulation.now)
            }
            done(simulation, verdict)
            if node.leading === self { sendBatch(node, simulation) }
        }
    }

    /// Gives the sink the next events, if no other node can have taken over.
    private func deliver(_ node: SimulatedNode, _ simulation: Simulation) {
        guard core != nil, !isDelivering, position < node.feed.head, node.machine.isSureToLead(simulation.now) else { return }
        isDelivering = true
        let range = position + 1...min(node.feed.head, position + 5)
        let duration = simulation.milliseconds(2...60)
        // The sink takes the events whatever becomes of the node meanwhile.
        simulation.after(duration / 2) { $0.record.deliver(range, $0) }
        let incarnation = node.incarnation
        simulation.after(duration) { simulation in
            node.perform(simulation, incarnation) { [self] simulation in
                guard node.leading === self else { return }
                isDelivering = false
                position = range.upperBound
                if simulation.mutation == .positionWithoutTerm {
                    node.commit(.bare(at: node.clocks, positions: ["sink": position]), simulation)
                } else {
                    positions["sink"] = position
                }
                deliver(node, simulation)
            }
        }
    }
}
