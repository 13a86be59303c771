/// What one node of a cluster does next: it follows the log, takes over from a leader that is silent, leads, and ends.
///
/// A value that reads no clock and does no I/O: it takes what happened, with the time at which it happened, and gives what is to be
/// done. So a simulation can try any order of events. ``ClusterNode`` does in reality what the machine says.
///
/// ## Safety and time
/// Nothing that the machine decides by time can do harm. A takeover succeeds only if the log has not changed since the node saw it,
/// and an entry of a leader that was replaced is refused. Time decides only how soon a node asks.
public struct NodeMachine: Sendable {
    /// How long a node waits for what.
    public struct Timing: Equatable, Sendable {
        /// The time between two looks at the log.
        public var look: Duration
        /// How long a leader has to be silent before another node takes over.
        public var silence: Duration
        /// How many looks in a row have to show the same, at least.
        public var looks: Int
        /// After this time without an entry a leader gives a sign of life.
        public var beat: Duration
        /// How much earlier than others take over a leader stops to deliver for the cluster.
        public var margin: Duration

        public init(
            look: Duration = .milliseconds(200), silence: Duration = .milliseconds(1_200), looks: Int = 3,
            beat: Duration = .milliseconds(300), margin: Duration = .milliseconds(300)
        ) {
            self.look = look
            self.silence = silence
            self.looks = looks
            self.beat = beat
            self.margin = margin
        }
    }

    /// What a node is in its cluster.
    public enum Role: Equatable, Sendable {
        case follower
        /// The node has asked to lead.
        case candidate(LeaderClaim)
        /// The node leads: it may write, and says so with its first entry.
        case beginning(Term)
        /// The node leads, and its engine runs.
        case leader(Term)
        /// The engine ends: by order, or since another node leads.
        case resigning(Term, isOrderly: Bool)
        /// The node says in the log that it leads no longer.
        case ending(Term)
        case stopped
        /// The node must not go on.
        case halted(String)
    }

    /// Something that happened.
    public enum Input: Sendable {
        /// Time passed. A machine needs one at least every ``Timing/look``.
        case tick
        /// The answer to ``Effect/look``; `nil` if the log did not answer.
        case looked(LogSight?)
        /// Entries that were read or followed, in order. They may be old, and they may begin too late.
        case received([LogEntry])
        /// The answer to ``Effect/read(after:)`` was not entries: the log did not answer.
        case readFailed
        /// The log no longer keeps what this node needs.
        case trimmed
        /// The journal is a copy of another node's, which has applied the entries up to this one.
        case copied(applied: UInt64)
        /// The answer to ``Effect/claim(_:as:)``.
        case claimed(Term?)
        /// The answer to ``Effect/append(_:)``.
        case appended(Result<LogEntry, LogFailure>)
        /// The engine's entry with this index is in the log and in the journal. It was handed in at this time.
        case committed(index: UInt64, since: Duration)
        /// The answer to ``Effect/beat(_:)``; `false` if the log did not answer.
        case beaten(Bool, since: Duration)
        /// Another node leads, as an answer of the log says.
        case fenced
        /// The engine has ended. Every command that it took in has its outcome, and the state is that of the last applied entry.
        case engineEnded
        /// An entry did not fit, or the journal could not store one.
        case failed(String)
        /// The server is to end.
        case stop
    }

    /// Something to do.
    public enum Effect: Equatable, Sendable {
        /// Look at the log, and say what it showed.
        case look
        /// Read the entries after this one, and say which they are. Then follow.
        case read(after: UInt64)
        /// Apply these entries, at once and in order, or say ``Input/failed(_:)``.
        case apply([LogEntry])
        /// Copy another node's journal, and say when that is done.
        case copy
        case claim(LogSight, as: LeaderClaim)
        /// Append an entry with this content, and say what became of it.
        case append(LogEntry.Content)
        /// Start the engine, from the state of the last applied entry.
        case startEngine(Term)
        /// End the engine, and say when that is done. With `isOrderly`, after it has decided the commands that wait.
        case endEngine(isOrderly: Bool)
        case beat(Term)
        /// The node has stopped, or must not go on.
        case stopped
        case halt(String)
    }

    public let node: String
    let address: String
    let version: String
    let timing: Timing
    let makeID: @Sendable () -> String

    public internal(set) var role = Role.follower
    /// The last entry that this node has applied.
    public internal(set) var applied: UInt64
    /// Who leads, as far as this node knows.
    public internal(set) var leader: LogSight.Leader?
    /// Where the log ended when this node looked last.
    public internal(set) var head: UInt64
    /// The end of a term that the log tells: nobody has to wait for that leader's silence.
    var endedTerm: Term?

    var watch = Watch()
    var isReading = false
    var isCopying = false
    var isStopping = false
    /// When the log last said that this node leads: the time at which the node had asked.
    var confirmed: Duration = .zero
    /// When this node last wrote something, or asked to.
    var lastPulse: Duration = .zero
    var isBeating = false

    /// What the node saw of the leader, and since when.
    struct Watch {
        var sight: LogSight?
        var since: Duration = .zero
        var looks = 0
        var lastLook: Duration = .zero
        var isLooking = false
        /// The last applied entry when the node asked.
        var applied: UInt64 = 0
    }

    /// A node whose journal has the entries up to `applied`. `makeID` makes the ids of claims, which must be unique.
    public init(
        node: String, address: String, version: String, applied: UInt64, timing: Timing = Timing(),
        makeID: @escaping @Sendable () -> String
    ) {
        self.node = node
        self.address = address
        self.version = version
        self.applied = applied
        self.timing = timing
        self.makeID = makeID
        head = applied
    }

    /// The term in which this node may write; `nil` while another node leads, or nobody.
    public var term: Term? {
        switch role {
        case .beginning(let term), .leader(let term), .resigning(let term, _), .ending(let term): term
        default: nil
        }
    }

    /// Until when no other node can have taken over, as far as time tells; `nil` if this node does not lead. What is done outside of the
    /// log for all nodes, such as a delivery, is done only before. At worst two nodes deliver the same, once.
    public var sureUntil: Duration? {
        guard case .leader = role else { return nil }
        return confirmed + timing.silence - timing.margin
    }

    /// Whether `now` is before ``sureUntil``.
    public func isSureToLead(_ now: Duration) -> Bool { sureUntil.map { now < $0 } == true }

    /// Takes what happened at the time `now`, which never falls, and returns what is to be done, in this order.
    public mutating func handle(_ input: Input, at now: Duration) -> [Effect] {
        switch role {
        case .stopped, .halted: return []
        default: break
        }
        switch input {
        case .tick: return tick(now)
        case .looked(let sight): return looked(sight, now)
        case .received(let entries): return received(entries)
        case .readFailed:
            isReading = false
            return []
        case .trimmed: return trimmed()
        case .copied(let index):
            isCopying = false
            applied = index
            return [read()]
        case .claimed(let term): return claimed(term, now)
        case .appended(let result): return appended(result, now)
        case .committed(let index, let since):
            applied = max(applied, index)
            confirmed = max(confirmed, since)
            lastPulse = max(lastPulse, since)
            return []
        case .beaten(let isConfirmed, let since):
            isBeating = false
            if isConfirmed { confirmed = max(confirmed, since) }
            return []
        case .fenced:
            isBeating = false
            return fenced()
        case .engineEnded: return engineEnded()
        case .failed(let reason): return halt(reason)
        case .stop: return stop()
        }
    }

    mutating func halt(_ reason: String) -> [Effect] {
        let isLeading = if case .leader = role { true } else { false }
        role = .halted(reason)
        return (isLeading ? [.endEngine(isOrderly: false)] : []) + [.halt(reason)]
    }
}
