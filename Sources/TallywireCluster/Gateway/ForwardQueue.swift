import DequeModule
import TallywireCore
import TallywireEngine

/// The commands of one node on their way to the leader, whichever node that is: they reach it in their order, and what a lost
/// connection or a change of the leader leaves open is sent again.
///
/// A value that reads no clock and does no I/O, like ``NodeMachine``.
///
/// ## How nothing is applied twice
/// Every command gets an id and a nonce before it is sent for the first time. The leader stores both with the answer. A copy of the
/// command gets that answer, whichever node leads by then.
///
/// ## How order is kept
/// Commands go out in one *session* at a time. A leader that refuses one command of a session refuses all that follow in it, so that
/// none overtakes another. The queue then opens a new session, and sends everything that has no answer yet, in order.
public struct ForwardQueue: Sendable {
    public struct Limits: Equatable, Sendable {
        /// How many commands wait for their outcome. Further ones are refused as `overloaded`.
        public var capacity: Int
        /// How many of them are sent at a time.
        public var inFlight: Int
        /// How long a command may be without an outcome.
        public var patience: Duration

        public init(capacity: Int = 65_536, inFlight: Int = 4_096, patience: Duration = .seconds(10)) {
            self.capacity = capacity
            self.inFlight = inFlight
            self.patience = patience
        }
    }

    /// Commands that were handed in together. They are sent, and answered, together.
    public struct Submission: Sendable {
        public let ticket: UInt64
        public let commands: [Command]
        public let lane: CommandLane?
        fileprivate let deadline: Duration
        /// How many copies were sent of which nobody said that they were not applied.
        fileprivate var openCopies = 0
    }

    public enum Input: Sendable {
        /// Commands of a caller, with ids and nonces. The ticket is new.
        case submitted(ticket: UInt64, [Command], lane: CommandLane?)
        /// Another node leads, or the connection to the leader is there again: from now on commands go there.
        case connected
        /// There is no leader, or the connection to it is lost.
        case disconnected
        case answered(ticket: UInt64, session: UInt64, [Outcome])
        case tick
        /// This node sends nothing more.
        case ended
    }

    public enum Effect: Sendable {
        /// Send these in one session, in order, after those that were sent in the session before.
        case send(session: UInt64, [Submission])
        /// The outcomes of a submission, in the order of its commands.
        case complete(ticket: UInt64, [Outcome])
    }

    private let limits: Limits
    private var waiting: Deque<Submission> = []
    private var count = 0
    private var session: UInt64 = 0
    /// How many of `waiting` were sent in this session, and how many commands they are. They are the first ones.
    private var sent = (submissions: 0, commands: 0)
    private var isConnected = false
    /// Whether the leader refused something in this session.
    private var isBroken = false
    private var hasEnded = false

    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Whether every command has its outcome.
    public var isEmpty: Bool { waiting.isEmpty }
    /// How many commands have no outcome yet, and how many may.
    public var load: (count: Int, capacity: Int) { (count, limits.capacity) }

    /// Takes what happened at the time `now`, which never falls, and returns what is to be done, in this order.
    public mutating func handle(_ input: Input, at now: Duration) -> [Effect] {
        switch input {
        case .submitted(let ticket, let commands, let lane): return submitted(ticket, commands, lane, now)
        case .connected:
            isConnected = true
            return openSession(now)
        case .disconnected:
            isConnected = false
            return []
        case .answered(let ticket, let session, let outcomes): return answered(ticket, session, outcomes, now)
        case .tick:
            let late = giveUp(now)
            return late + (isConnected ? (isBroken ? openSession(now) : send()) : [])
        case .ended:
            hasEnded = true
            isConnected = false
            return giveUp { _ in true }
        }
    }

    private mutating func submitted(
        _ ticket: UInt64, _ commands: [Command], _ lane: CommandLane?, _ now: Duration
    ) -> [Effect] {
        if lane?.isBroken == true {
            return [.complete(ticket: ticket, Self.all(commands, Self.behindUnknown))]
        }
        if hasEnded {
            lane?.refuse()
            return [.complete(ticket: ticket, Self.all(commands, Self.noLeader))]
        }
        guard count + commands.count <= limits.capacity else {
            lane?.refuse()
            let full = Rejection(.overloaded, "\(count) commands are waiting already: try again in a second")
            return [.complete(ticket: ticket, Self.all(commands, full))]
        }
        count += commands.count
        waiting.append(Submission(ticket: ticket, commands: commands, lane: lane, deadline: now + limits.patience))
        return isConnected && !isBroken ? send() : []
    }

    private mutating func openSession(_ now: Duration) -> [Effect] {
        session += 1
        isBroken = false
        sent = (0, 0)
        return send()
    }

    /// Sends what has not been sent in this session, as far as it may be under way at the same time.
    private mutating func send() -> [Effect] {
        let first = sent.submissions
        while sent.submissions < waiting.count {
            let size = waiting[sent.submissions].commands.count
            guard sent.commands == 0 || sent.commands + size <= limits.inFlight else { break }
            waiting[sent.submissions].openCopies += 1
            sent.submissions += 1
            sent.commands += size
        }
        return first == sent.submissions ? [] : [.send(session: session, Array(waiting[first..<sent.submissions]))]
    }

    private mutating func answered(
        _ ticket: UInt64, _ session: UInt64, _ outcomes: [Outcome], _ now: Duration
    ) -> [Effect] {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return [] }
        let codes = Set(outcomes.compactMap { $0.rejection?.code })
        if codes.contains(.unknown) || codes.contains(.unavailable) {
            if !codes.contains(.unknown) { waiting[index].openCopies -= 1 }
            if session == self.session { isBroken = true }
            return []
        }
        // Whoever answers has stored the answer, so it counts in whichever session it comes.
        if codes.contains(.overloaded) {
            waiting[index].lane?.refuse()
            if session == self.session { isBroken = true }
        }
        remove(index)
        return [.complete(ticket: ticket, outcomes)] + (isConnected && !isBroken ? send() : [])
    }

    private mutating func remove(_ index: Int) {
        let submission = waiting.remove(at: index)
        count -= submission.commands.count
        if index < sent.submissions { sent = (sent.submissions - 1, sent.commands - submission.commands.count) }
    }

    /// Answers what has waited for too long, with all that follows it in its lane.
    private mutating func giveUp(_ now: Duration) -> [Effect] {
        guard waiting.first.map({ $0.deadline <= now }) == true else { return [] }
        return giveUp { $0.deadline <= now }
    }

    private mutating func giveUp(where isOver: (Submission) -> Bool) -> [Effect] {
        var effects: [Effect] = []
        for submission in waiting where isOver(submission) { submission.lane?.refuse() }
        var index = 0
        while index < waiting.count {
            let submission = waiting[index]
            guard isOver(submission) || submission.lane?.isBroken == true else {
                index += 1
                continue
            }
            let rejection = submission.openCopies > 0 ? Self.undecided : Self.noLeader
            effects.append(.complete(ticket: submission.ticket, Self.all(submission.commands, rejection)))
            remove(index)
        }
        return effects
    }

    private static func all(_ commands: [Command], _ rejection: Rejection) -> [Outcome] {
        Array(repeating: .rejected(rejection), count: commands.count)
    }

    private static let undecided = Rejection(
        .unknown, "no node said in time whether this was applied: ask again with the same id")
    private static let noLeader = Rejection(
        .unavailable, "no node of the cluster takes commands at the moment, so nothing was applied: try again in a moment")
    private static let behindUnknown = Rejection(
        .unavailable,
        "what was handed in before this has no answer yet, so nothing of this was applied: hand both in again, in order")
}
