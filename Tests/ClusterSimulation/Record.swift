import TallywireCluster
import TallywireCore
import TallywireEngine
import TallywireTesting

/// What was true at some moment, for everybody and for ever: the entries that were written, and their events.
struct Record {
    struct Event {
        let json: [UInt8]
        let event: TallywireCore.Event
    }

    private(set) var entries: [(id: String, at: Duration)] = []
    private(set) var events: [Event] = []
    /// The term of the last event.
    private var lastTerm: Term?
    /// The last event that the sink has.
    private(set) var delivered = 0

    mutating func begin(with events: [EventEnvelope]) {
        for event in events { if let body = try? event.event() { self.events.append(Event(json: event.json, event: body)) } }
        delivered = events.count
    }

    /// The store has written an entry.
    mutating func wrote(_ entry: LogEntry, _ simulation: Simulation) {
        guard entry.index == UInt64(entries.count + 1) else {
            return simulation.fault("entry \(entry.index) of \(entry.node) was written after entry \(entries.count)")
        }
        entries.append((entry.id, simulation.now))
        guard case .batch(let batch) = entry.content else {
            return simulation.note("entry \(entry.index) of \(entry.node) in term \(entry.term): \(entry.content)")
        }
        simulation.note("entry \(entry.index) of \(entry.node) in term \(entry.term): \(batch.answers.map(\.id))")
        for event in batch.events {
            guard let body = try? TallywireCore.Event(json: event.json, defaultVariant: event.defaultVariant) else {
                return simulation.fault("an event of entry \(entry.index) cannot be read")
            }
            guard body.seq == UInt64(events.count + 1) else {
                return simulation.fault("event \(body.seq) of entry \(entry.index) follows event \(events.count)")
            }
            // A step of more than five seconds since the last reading of a clock is followed. A new leader waits out a smaller one.
            if let last = events.last?.event.timestamp, entry.term != lastTerm, body.timestamp < last,
                !last.isLater(than: body.timestamp, by: .seconds(4))
            {
                simulation.fault("event \(body.seq) bears \(body.timestamp), and the one before \(last)")
            }
            events.append(Event(json: event.json, event: body))
            lastTerm = entry.term
        }
    }

    /// The sink takes events. It ignores what it has.
    mutating func deliver(_ range: ClosedRange<UInt64>, _ simulation: Simulation) {
        for seq in range where seq > delivered {
            guard seq == delivered + 1 else {
                return simulation.fault("the sink has event \(delivered) and is given \(seq)")
            }
            delivered = Int(seq)
        }
    }
}

extension Simulation {
    /// Compares at the end what was promised with what is there.
    func check() {
        guard outcome.faults.isEmpty else { return }
        outcome.events = record.events.count
        outcome.entries = record.entries.count
        outcome.trimmed = Int(network.store.first) - 1
        guard isQuietAtEnd else { return fault("not everything is answered and equal: \(description)") }
        if outcome.recovery > .seconds(3) { fault("the first entry after the last fault came after \(outcome.recovery)") }
        checkCommands()
        do {
            var state = InventoryState()
            for event in record.events { try state.fold(event.event) }
            for node in nodes { compare(try node.loadedState(), state, node) }
        } catch {
            fault("the events cannot be folded: \(error)")
        }
    }

    private func checkCommands() {
        var seqs: [String: [UInt64]] = [:]
        var order: [String: [String]] = [:]
        for event in record.events.map(\.event) {
            guard case .inventoryUpdated(let update) = event.body else { continue }
            let id = update.movementID
            if seqs[id] == nil { order[update.source, default: []].append(id) }
            seqs[id, default: []].append(event.seq)
        }
        for caller in callers {
            for (id, seq) in caller.applied where seq != nil && seqs[id]?.last != seq {
                fault("\(id) was answered with event \(seq ?? 0), and the log has \(seqs[id] ?? [])")
            }
            for id in caller.notApplied where seqs[id] != nil { fault("\(id) was refused, and the log has it") }
            let applied = caller.applied.map(\.id).filter { seqs[$0] != nil }
            let logged = order[caller.name, default: []]
            if let (has, wanted) = zip(logged, applied).first(where: { $0 != $1 }) {
                fault("\(caller.name)'s \(has) stands in the log where \(wanted) belongs")
            } else if logged.count != applied.count {
                fault("\(caller.name) knows \(applied.count) applied commands, and the log has \(logged.count)")
            }
        }
        for (id, seqs) in seqs where seqs.count > 1 && Set(seqs).count != Int(seqs.last! - seqs.first! + 1) {
            fault("\(id) was applied twice: \(seqs)")
        }
    }

    private func compare(_ state: InventoryState, _ folded: InventoryState, _ node: SimulatedNode) {
        if state.seq != folded.seq || state.variants != folded.variants || state.products != folded.products {
            fault("the stock of \(node.name) is not what its events lead to")
        }
        let bytes = node.events.map(\.json)
        if bytes != record.events.map(\.json) { fault("the events of \(node.name) are not those of the log") }
    }

    private var description: String {
        let nodes = nodes.map { "\($0.name) \($0.isUp ? "\($0.machine.role)" : "down") \($0.machine.applied) \($0.positions)" }
        return "entries \(record.entries.count), events \(record.events.count), delivered \(record.delivered), "
            + "readers \(readers.map(\.position)), callers \(callers.map(\.isDone)), \(nodes)"
    }
}
