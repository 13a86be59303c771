/// The short log that several nodes share: who may write to it, in which order its entries stand, and what each of them is.
///
/// An implementation stands over a system that agrees on each write among several machines. Everything that a cluster guarantees
/// rests on this protocol, and nothing rests on a clock.
///
/// ## Who calls what
/// A node calls ``look()`` all the time, ``takeOver(_:as:)`` when the leader is silent, and ``append(_:after:term:)`` once it leads:
/// one append at a time. ``beat(term:)`` may run beside an append. All other methods may be called from any task at any time.
///
/// ## What an implementation guarantees
/// - **Fence.** ``append(_:after:term:)`` writes an entry only while `term` is the term of the leader, and only right after the entry
///   that the caller names as the last one. Both are compared in the step that writes. So an entry of an earlier leader is refused,
///   however late it arrives, and no entry is written twice.
/// - **Order.** The indexes of entries are contiguous. Every reader sees the same entries under the same indexes.
/// - **Durability.** An entry for which ``append(_:after:term:)`` returned is on the disks of a majority of the machines.
/// - **Linearizable reads.** ``look()`` and ``entries(after:limit:maxBytes:)`` include every append that had returned when the read
///   began.
/// - **Definite failures.** An error of type ``LogFailure`` says what is true of the entry from now on; see there. A method that only
///   reads throws any error when the log cannot be reached, and the caller asks again.
public protocol ReplicatedLog: Sendable {
    /// The epoch of the cluster, which is created once and never changes; `nil` in a log that belongs to no cluster yet.
    func epoch() async throws -> String?

    /// Makes a cluster of a log that has none: stores its epoch, and the position from which its entries continue. The first entry
    /// gets the index `head.index + 1`. Returns false, and changes nothing, if there is a cluster already.
    func create(epoch: String, head: LogHead) async throws -> Bool

    /// Who leads, and where the log ends. In a log that belongs to no cluster the head is that of an empty log.
    func look() async throws -> LogSight

    /// Makes `claim` the leader if nothing has changed since `sight`: neither the leader, nor the head, nor the leader's last sign of
    /// life. Returns the new term; `nil` if something had changed.
    ///
    /// The method tries until it knows, however long that takes. A claim is recognised by its id, so that a claim that was written by
    /// an earlier try counts as made.
    func takeOver(_ sight: LogSight, as claim: LeaderClaim) async throws(CancellationError) -> Term?

    /// Writes `entry` with the index `head.index + 1`, if `term` is the leader's and `head` is the end of the log.
    ///
    /// The method tries until it knows what became of the entry, however long that takes: a lost answer says nothing about an entry.
    /// Returns as how many bytes the entry is stored. Throws ``LogFailure``.
    @discardableResult
    nonisolated(nonsending) func append(_ entry: LogEntry, after head: LogHead, term: Term) async throws(LogFailure) -> Int

    /// Entries after `index`, in order: at most `limit`, and after the first at most `maxBytes` of what they are stored as. Throws
    /// ``LogFailure/trimmed`` if entries after `index` are no longer kept.
    func entries(after index: UInt64, limit: Int, maxBytes: Int) async throws -> [LogEntry]

    /// The entries after `index`, and those that follow, as they are written. An entry may come twice. The sequence ends with an
    /// error when the connection is lost, or with ``LogFailure/trimmed``; the caller begins it again.
    func follow(after index: UInt64) -> AsyncThrowingStream<LogEntry, any Error>

    /// A sign of life of the leader, which appends nothing at the moment. Throws ``LogFailure/fenced`` once another leads; any other
    /// error says nothing.
    func beat(term: Term) async throws

    /// Which entries after `index` the log keeps, and as how many bytes, in order: at most `limit`. It begins with the first that is kept,
    /// and is empty only if none after `index` is. For a leader, which learns what was there before its term.
    func stored(after index: UInt64, limit: Int) async throws -> [StoredEntry]

    /// Deletes the entries before `index`, and what the log keeps of them elsewhere. Throws ``LogFailure/fenced`` once another leads.
    func trim(before index: UInt64, term: Term) async throws

    /// Stores what a node says about itself, under the name of the node.
    func register(_ report: NodeReport) async throws

    /// What all nodes said about themselves last, in the order of their names.
    func nodes() async throws -> [NodeReport]

    /// Forgets what the node of this name said. The log no longer waits for that node.
    func remove(node: String) async throws
}

/// The right to write to the log. Each takeover gives a higher term.
public struct Term: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let number: UInt64

    public init(_ number: UInt64) {
        self.number = number
    }

    public static func < (a: Term, b: Term) -> Bool { a.number < b.number }

    public var description: String { "\(number)" }
}

/// Where the log ends.
public struct LogHead: Hashable, Sendable {
    /// The index of the last entry; 0 in an empty log.
    public var index: UInt64
    /// The `seq` of the last event in the log.
    public var seq: UInt64

    public init(index: UInt64 = 0, seq: UInt64 = 0) {
        self.index = index
        self.seq = seq
    }

    /// The head after `entry`, which follows this one.
    public func following(_ entry: LogEntry) -> LogHead { LogHead(index: entry.index, seq: entry.lastSeq) }
}

/// Who wants to lead.
public struct LeaderClaim: Hashable, Sendable {
    /// The name of the node.
    public var node: String
    /// The URL at which other nodes reach the node.
    public var address: String
    /// The id of this claim alone: another start of the same node makes another claim.
    public var id: String

    public init(node: String, address: String, id: String) {
        self.node = node
        self.address = address
        self.id = id
    }
}

/// What a node sees of the log at one moment.
public struct LogSight: Equatable, Sendable {
    /// Who leads, and the term of that; `nil` before the first takeover.
    public var leader: Leader?
    public var head: LogHead
    /// A number that grows with each sign of life of the leader: with its entries, its beats and its takeover.
    public var pulse: UInt64

    public struct Leader: Equatable, Sendable {
        public var claim: LeaderClaim
        public var term: Term

        public init(claim: LeaderClaim, term: Term) {
            self.claim = claim
            self.term = term
        }
    }

    public init(leader: Leader? = nil, head: LogHead = LogHead(), pulse: UInt64 = 0) {
        self.leader = leader
        self.head = head
        self.pulse = pulse
    }
}
