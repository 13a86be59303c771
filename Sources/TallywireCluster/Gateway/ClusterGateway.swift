import Synchronization
import TallywireCore
import TallywireEngine

/// Takes the commands of one node, and has them decided where the leader is: here or elsewhere.
///
/// An outcome is given when this node has applied it itself, so that its caller reads here what was written. Whoever leads meanwhile,
/// each command is applied at most once. An outcome that cannot be known in time is rejected as `unknown`.
public final class ClusterGateway: CommandGateway {
    fileprivate enum Route {
        case here(ForwardedCommands)
        case there(any LeaderLink)
    }

    fileprivate struct State {
        var queue: ForwardQueue
        var route: Route?
        /// Grows with each change of the route, so that answers of an earlier one are told apart.
        var routes: UInt64 = 0
        var completions: [UInt64: @Sendable ([Outcome]) -> Void] = [:]
        var nextTicket: UInt64 = 0
        /// What is to be done, in order, with the route for which it was meant; and whether somebody does it.
        var effects: [(route: UInt64, effect: ForwardQueue.Effect)] = []
        var isBusy = false
        /// Outcomes that wait until this node has the event.
        var held: [(seq: UInt64, ticket: UInt64, outcomes: [Outcome])] = []
    }

    private let state: Mutex<State>
    private let feed: Feed
    private let start = ContinuousClock.now
    private let makeID: @Sendable () -> String

    /// `makeID` makes ids and nonces of commands, which must be unique.
    public init(
        feed: Feed, limits: ForwardQueue.Limits = ForwardQueue.Limits(),
        makeID: @escaping @Sendable () -> String = { TimeOrderedID.make(at: .now) }
    ) {
        self.feed = feed
        self.makeID = makeID
        state = Mutex(State(queue: ForwardQueue(limits: limits)))
    }

    /// How many commands have no outcome yet, and how many may.
    public var waiting: (count: Int, capacity: Int) { state.withLock { $0.queue.load } }

    public func submit(
        _ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void
    ) {
        guard !commands.isEmpty else { return completion([]) }
        let marked = commands.map { command in
            var command = command
            if command.id == nil {
                command.id = makeID()
                // Such an id is unique in the whole journal.
                command.device = nil
            }
            command.nonce = makeID()
            return command
        }
        change { state in
            state.nextTicket += 1
            state.completions[state.nextTicket] = completion
            state.handle(.submitted(ticket: state.nextTicket, marked, lane: lane), at: now)
        }
    }

    // MARK: Where the leader is

    /// From now on the engine of this node decides.
    func lead(with commands: ForwardedCommands) { set(.here(commands)) }

    /// From now on the leader at the other end of `link` decides. Its answers go to the function that `link` was made with.
    private func set(_ route: Route?) {
        change { state in
            if case .there(let link)? = state.route { link.close() }
            state.route = route
            state.routes += 1
            state.handle(route == nil ? .disconnected : .connected, at: now)
        }
    }

    /// Nobody is known who decides.
    func disconnect() { set(nil) }

    /// Connects to another leader. Throws if that does not succeed; the route stays as it is then.
    func connect(to leader: LeaderClaim, by connector: any LeaderConnector) async throws {
        let inbound = Inbound(self)
        let link = try await connector.connect(to: leader) { inbound.received($0) }
        inbound.begin(set(link))
    }

    private func set(_ link: any LeaderLink) -> UInt64 {
        set(.there(link))
        return state.withLock { $0.routes }
    }

    /// What comes over one connection: nothing counts before the connection is the route.
    private final class Inbound: Sendable {
        private struct State {
            var route: UInt64?
            var early: [ForwardedAnswer?] = []
        }

        private let gateway: ClusterGateway
        private let state = Mutex(State())

        init(_ gateway: ClusterGateway) { self.gateway = gateway }

        func begin(_ route: UInt64) {
            let early = state.withLock { state in
                state.route = route
                defer { state.early = [] }
                return state.early
            }
            for answer in early { gateway.received(answer, over: route) }
        }

        func received(_ answer: ForwardedAnswer?) {
            let route = state.withLock { state in
                if state.route == nil { state.early.append(answer) }
                return state.route
            }
            if let route { gateway.received(answer, over: route) }
        }
    }

    private func received(_ answer: ForwardedAnswer?, over route: UInt64) {
        change { state in
            if let answer {
                state.handle(.answered(ticket: answer.ticket, session: answer.session, answer.outcomes), at: now)
            } else if state.routes == route {
                state.route = nil
                state.handle(.disconnected, at: now)
            }
        }
    }

    /// Whether commands can be sent at the moment.
    var isConnected: Bool { state.withLock { $0.route != nil } }

    /// Time has passed.
    func tick() { change { $0.handle(.tick, at: now) } }

    /// The node has ended: who waits is told what is known, and what comes later is refused.
    func end() {
        set(nil)
        change { state in
            state.handle(.ended, at: now)
            // What this node will never have is true all the same.
            for index in state.held.indices { state.held[index].seq = 0 }
        }
    }

    /// The node has applied entries.
    func applied() { change { _ in } }

    private var now: Duration { ContinuousClock.now - start }

    // MARK: Doing

    /// Changes the state, and does what follows from it, in order. If somebody does so already, that one does this too.
    private func change(_ body: (inout State) -> Void) {
        let isMine = state.withLock { state in
            body(&state)
            defer { state.isBusy = true }
            return !state.isBusy
        }
        guard isMine else { return }
        while let (effects, route, ready) = next() {
            for effect in effects { perform(effect, route) }
            for (completion, outcomes) in ready { completion(outcomes) }
        }
    }

    private typealias Ready = [(completion: @Sendable ([Outcome]) -> Void, outcomes: [Outcome])]

    private func next() -> (effects: [ForwardQueue.Effect], route: Route?, ready: Ready)? {
        let head = feed.head
        return state.withLock { state in
            let ready = state.takeReady(upTo: head)
            guard !state.effects.isEmpty || !ready.isEmpty else {
                state.isBusy = false
                return nil
            }
            // What was meant for an earlier route is sent in a new session. A part of an old one would overtake the rest of it.
            let effects = state.effects.filter { effect in
                if case .send = effect.effect { effect.route == state.routes } else { true }
            }
            state.effects = []
            return (effects.map(\.effect), state.route, ready)
        }
    }

    private func perform(_ effect: ForwardQueue.Effect, _ route: Route?) {
        switch (effect, route) {
        case (.send(let session, let submissions), .here(let commands)?):
            for submission in submissions {
                commands.take(submission.commands, ticket: submission.ticket, session: session) { [self] answer in
                    change { $0.handle(.answered(ticket: answer.ticket, session: answer.session, answer.outcomes), at: now) }
                }
            }
        case (.send(let session, let submissions), .there(let link)?): link.send(submissions, session: session)
        // The next route has a session of its own.
        case (.send, nil): break
        case (.complete(let ticket, let outcomes), _):
            let seq = outcomes.compactMap { $0.receipt?.seq }.max() ?? 0
            state.withLock { $0.held.append((seq, ticket, outcomes)) }
        }
    }
}

extension ClusterGateway.State {
    fileprivate mutating func handle(_ input: ForwardQueue.Input, at now: Duration) {
        effects += queue.handle(input, at: now).map { (routes, $0) }
    }

    /// Takes the outcomes that are true on this node by now, in the order in which they came.
    fileprivate mutating func takeReady(
        upTo head: UInt64
    ) -> [(completion: @Sendable ([Outcome]) -> Void, outcomes: [Outcome])] {
        guard held.contains(where: { $0.seq <= head }) else { return [] }
        let ready = held.filter { $0.seq <= head }
        held.removeAll { $0.seq <= head }
        return ready.compactMap { outcome in
            completions.removeValue(forKey: outcome.ticket).map { ($0, outcome.outcomes) }
        }
    }
}
