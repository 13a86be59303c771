import TallywireCluster
import TallywireTesting

/// What a leader does for the log beside its appends, as the program does it: measures what was there, and trims.
final class Keeping {
    var trimming: LogTrimming
    private var isBusy = false
    private var last: Duration = .zero

    init(_ trimming: LogTrimming) { self.trimming = trimming }

    func tick(_ leading: Leading, _ term: Term, _ node: SimulatedNode, _ simulation: Simulation) {
        guard !isBusy, simulation.now - last >= trimming.limits.period else { return }
        last = simulation.now
        isBusy = true
        simulation.ask(node, { $0.nodes }) { [self] simulation, reports in
            guard node.leading === leading, let reports else { return isBusy = false }
            measure(reports, term, node, simulation)
        }
    }

    private func measure(_ reports: [NodeReport], _ term: Term, _ node: SimulatedNode, _ simulation: Simulation) {
        guard let index = trimming.unmeasured else { return trim(reports, term, node, simulation) }
        simulation.ask(node, { $0.stored(after: index, limit: 20) }) { [self] simulation, page in
            guard let page else { return isBusy = false }
            trimming.measured(page, at: simulation.now)
            measure(reports, term, node, simulation)
        }
    }

    private func trim(_ reports: [NodeReport], _ term: Term, _ node: SimulatedNode, _ simulation: Simulation) {
        guard let end = trimming.end(reports, at: simulation.now) else { return isBusy = false }
        simulation.note("\(node.name) trims the log before entry \(end)")
        simulation.ask(node, { $0.trim(before: end, term: term) }) { [self] _, isLeader in
            isBusy = false
            if isLeader == true { trimming.trimmed(before: end) }
        }
    }
}
