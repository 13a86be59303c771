import TallywireCluster
import TallywireCore
import TallywireTesting

/// The store of the log, and what lies between it and the nodes.
struct Network {
    var store = LogStore()
    /// Whether the store answers nobody, as while its machines elect a leader.
    var isStoreDown = false

    init(_ mutation: Simulation.Mutation?) {
        switch mutation {
        case .noLeaderCompare: store.fault = .ignoresLeader
        case .noHeadCompare: store.fault = .ignoresHead
        default: break
        }
    }
}

extension Simulation {
    /// How long a node waits for an answer of the store.
    private static let patience = Duration.seconds(1)

    /// Sends a request to the store, which may arrive late, twice or not at all, and gives the node the answer, or `nil` if there was
    /// none in time.
    func ask<Answer>(
        _ node: SimulatedNode, _ request: @escaping (inout LogStore) -> Answer,
        _ answered: @escaping (Simulation, Answer?) -> Void
    ) {
        var isOver = false
        let incarnation = node.incarnation
        func finish(_ simulation: Simulation, _ answer: Answer?) {
            guard !isOver else { return }
            isOver = true
            node.perform(simulation, incarnation) { answered($0, answer) }
        }
        func arrive(_ simulation: Simulation) {
            guard !simulation.network.isStoreDown else { return }
            let answer = simulation.reach(request)
            if simulation.isTroubled && simulation.chance(30) || node.isCut {
                simulation.outcome.lostAnswers += 1
            } else {
                simulation.after(simulation.milliseconds(1...8)) { finish($0, answer) }
            }
        }
        after(Self.patience) { finish($0, nil) }
        guard !node.isCut else { return }
        if isTroubled && chance(40) {
            after(milliseconds(100...5_000), arrive)
        } else if !isTroubled || !chance(60) {
            after(milliseconds(1...8), arrive)
        }
        if isTroubled && chance(40) { after(milliseconds(50...6_000), arrive) }
    }

    /// Lets the store take a request, and sends what it wrote to the nodes, which follow the log.
    private func reach<Answer>(_ request: (inout LogStore) -> Answer) -> Answer {
        let before = network.store
        let answer = request(&network.store)
        let head = network.store.sight.head
        if head != before.sight.head || network.store.entries[head.index]?.id != before.entries[head.index]?.id,
            let entry = network.store.entries[head.index]
        {
            record.wrote(entry, self)
            for node in nodes { follow(entry, to: node) }
        }
        if network.store.sight.leader != before.sight.leader { outcome.terms += 1 }
        return answer
    }

    private func follow(_ entry: LogEntry, to node: SimulatedNode) {
        let incarnation = node.incarnation
        func send(_ delay: Duration) {
            after(delay) { simulation in
                guard !node.isCut else { return }
                node.perform(simulation, incarnation) { node.handle(.received([entry]), $0) }
            }
        }
        guard !isTroubled || !chance(20) else { return }
        send(milliseconds(1...12))
        if isTroubled && chance(20) { send(milliseconds(20...2_000)) }
    }

    /// Sends an append until it is known what became of it.
    func append(
        _ entry: LogEntry, after head: LogHead, term: Term, from node: SimulatedNode,
        _ done: @escaping (Simulation, AppendVerdict) -> Void
    ) {
        ask(node, { $0.append(entry, after: head, term: term) }) { simulation, verdict in
            if let verdict { return done(simulation, verdict) }
            guard simulation.mutation == .readInsteadOfRetry else {
                return simulation.append(entry, after: head, term: term, from: node, done)
            }
            simulation.ask(node, { $0.entries[entry.index]?.id }) { simulation, id in
                done(simulation, id == .some(entry.id) ? .written : .failed(.fenced))
            }
        }
    }

    /// Sends a claim until it is known what became of it.
    func claim(
        _ sight: LogSight, as claim: LeaderClaim, from node: SimulatedNode, _ done: @escaping (Simulation, Term?) -> Void
    ) {
        ask(node, { $0.takeOver(sight, as: claim) }) { simulation, answer in
            if let answer { done(simulation, answer) } else { simulation.claim(sight, as: claim, from: node, done) }
        }
    }
}
