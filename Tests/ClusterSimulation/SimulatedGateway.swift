import Synchronization
import TallywireCluster
import TallywireCore
import TallywireEngine

/// The commands that one node takes: its queue, its connection to the leader, and what it does with commands of other nodes while it
/// leads.
final class SimulatedGateway {
    /// A connection between two nodes: what is sent arrives in order, or the connection is lost with all that is under way.
    final class Link: Sendable {
        let target: String
        /// The start of the target to which the connection is.
        let incarnation: Int
        private let state = Mutex((isOpen: true, arrivals: [Duration.zero, .zero]))

        init(to target: SimulatedNode) {
            self.target = target.name
            incarnation = target.incarnation
        }

        var isOpen: Bool { state.withLock { $0.isOpen } }
        func close() { state.withLock { $0.isOpen = false } }

        /// The time at which something arrives that takes until `time` by itself.
        func arrival(_ time: Duration, back: Bool) -> Duration {
            state.withLock { state in
                state.arrivals[back ? 1 : 0] = max(state.arrivals[back ? 1 : 0], time)
                return state.arrivals[back ? 1 : 0]
            }
        }
    }

    private typealias Answer = (
        link: Link, from: SimulatedNode, incarnation: Int, ticket: UInt64, session: UInt64, outcomes: [Outcome]
    )

    private struct Pending {
        let completion: (Simulation, [Outcome]?) -> Void
    }

    /// What the engine has answered, until it is sent back.
    private final class Outbox: Sendable {
        private let answers = Mutex<[(ticket: UInt64, session: UInt64, link: ObjectIdentifier, outcomes: [Outcome])]>([])

        func put(_ ticket: UInt64, _ session: UInt64, _ link: ObjectIdentifier, _ outcomes: [Outcome]) {
            answers.withLock { $0.append((ticket, session, link, outcomes)) }
        }

        func take() -> [(ticket: UInt64, session: UInt64, link: ObjectIdentifier, outcomes: [Outcome])] {
            answers.withLock { answers in
                defer { answers = [] }
                return answers
            }
        }
    }

    private var queue: ForwardQueue
    private var link: Link?
    private var nextTicket: UInt64 = 0
    private var pending: [UInt64: Pending] = [:]
    /// Outcomes that wait until this node has applied what they are about.
    private var held: [(seq: UInt64, ticket: UInt64, outcomes: [Outcome])] = []
    private let nonces: IDs

    // What this node does for others while it leads.
    private let outbox = Outbox()
    private var lanes: [String: CommandLane] = [:]
    private var links: [ObjectIdentifier: (link: Link, node: SimulatedNode, incarnation: Int)] = [:]

    init(_ name: String, _ incarnation: Int, patience: Duration) {
        queue = ForwardQueue(limits: .init(capacity: 40, inFlight: 12, patience: patience))
        nonces = IDs("nonce-\(name)-\(incarnation)")
    }

    /// Hands in commands. The completion gets `nil` if the node's process ends.
    func submit(
        _ commands: [Command], in lane: CommandLane, _ node: SimulatedNode, _ simulation: Simulation,
        _ completion: @escaping (Simulation, [Outcome]?) -> Void
    ) {
        nextTicket += 1
        pending[nextTicket] = Pending(completion: completion)
        let marked = commands.map { command in
            var command = command
            command.nonce = simulation.mutation == .nonceIgnored ? nil : nonces.next()
            return command
        }
        handle(.submitted(ticket: nextTicket, marked, lane: lane), node, simulation)
    }

    func tick(_ node: SimulatedNode, _ simulation: Simulation) {
        handle(.tick, node, simulation)
        let leader = node.machine.leader?.claim.node
        if let link,
            !link.isOpen || isLost(link, simulation) || link.target != leader || simulation.isTroubled && simulation.chance(80)
        {
            link.close()
            self.link = nil
            handle(.disconnected, node, simulation)
        }
        guard link == nil, let leader, let target = simulation.nodes.first(where: { $0.name == leader }), target.isUp else {
            return
        }
        guard target === node || !target.isCut && !node.isCut else { return }
        link = Link(to: target)
        handle(.connected, node, simulation)
    }

    /// Whether the process at the other end has ended.
    private func isLost(_ link: Link, _ simulation: Simulation) -> Bool {
        simulation.nodes.contains { $0.name == link.target && (!$0.isUp || $0.incarnation != link.incarnation) }
    }

    /// The process has ended: who waits for it gets nothing.
    func lose(_ simulation: Simulation) {
        link?.close()
        let lost = pending
        pending = [:]
        for call in lost.sorted(by: { $0.key < $1.key }).map(\.value) {
            simulation.after(.milliseconds(20)) { call.completion($0, nil) }
        }
    }

    private func handle(_ input: ForwardQueue.Input, _ node: SimulatedNode, _ simulation: Simulation) {
        for effect in queue.handle(input, at: simulation.now) {
            switch effect {
            case .send(let session, let submissions): send(session, submissions, node, simulation)
            case .complete(let ticket, let outcomes):
                held.append((outcomes.compactMap { $0.receipt?.seq }.max() ?? 0, ticket, outcomes))
            }
        }
        release(node, simulation)
    }

    /// Gives callers the outcomes that are true on this node by now.
    func release(_ node: SimulatedNode, _ simulation: Simulation) {
        let ready = held.filter { $0.seq <= node.feed.head }
        held.removeAll { $0.seq <= node.feed.head }
        for outcome in ready { pending.removeValue(forKey: outcome.ticket)?.completion(simulation, outcome.outcomes) }
    }

    private func send(
        _ session: UInt64, _ submissions: [ForwardQueue.Submission], _ node: SimulatedNode, _ simulation: Simulation
    ) {
        guard let link, let target = simulation.nodes.first(where: { $0.name == link.target }) else { return }
        let delay = target === node ? .zero : simulation.milliseconds(1...6)
        let origin = node.incarnation
        simulation.at(link.arrival(simulation.now + delay, back: false)) { simulation in
            guard link.isOpen else { return }
            guard target.isUp, target.incarnation == link.incarnation, target === node || !target.isCut && !node.isCut else {
                return link.close()
            }
            target.perform(simulation, link.incarnation) { simulation in
                target.gateway.take(session, submissions, link, from: node, origin, target, simulation)
            }
        }
    }

    /// Takes commands of another node, if this one leads.
    private func take(
        _ session: UInt64, _ submissions: [ForwardQueue.Submission], _ link: Link, from: SimulatedNode, _ incarnation: Int,
        _ node: SimulatedNode, _ simulation: Simulation
    ) {
        guard let core = node.leading?.core else { return link.close() }
        let key = "\(from.name)/\(incarnation)/\(session)"
        let lane = lanes[key] ?? CommandLane()
        lanes[key] = lane
        links[ObjectIdentifier(link)] = (link, from, incarnation)
        let (outbox, id) = (outbox, ObjectIdentifier(link))
        for submission in submissions {
            simulation.note(
                "\(node.name) takes \(submission.commands.compactMap(\.id)) of \(key)\(lane.isBroken ? ", which is broken" : "")")
            core.submit(submission.commands, in: lane) { outbox.put(submission.ticket, session, id, $0) }
        }
        node.leading?.pump(node, simulation)
        answer(simulation)
    }

    /// Sends back what the engine has answered.
    func answer(_ simulation: Simulation) {
        for answer in outbox.take() {
            guard let (link, from, incarnation) = links[answer.link] else { continue }
            let isLocal = from.gateway === self
            let delay = isLocal ? .zero : simulation.milliseconds(1...6)
            simulation.at(link.arrival(simulation.now + delay, back: true)) { simulation in
                guard link.isOpen else { return }
                guard isLocal || !from.isCut else { return link.close() }
                from.perform(simulation, incarnation) { simulation in
                    from.gateway.handle(
                        .answered(ticket: answer.ticket, session: answer.session, answer.outcomes), from, simulation)
                }
            }
        }
    }
}
