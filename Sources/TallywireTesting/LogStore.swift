import TallywireCluster

/// What a replicated log stores, and what each request does to it in one step: the twin of the keys that a real one keeps.
///
/// A value without threads and without time. ``SimulatedLog`` puts it behind the protocol, and a simulation delivers requests to it
/// when it likes, twice or not at all.
public struct LogStore: Sendable {
    /// A way in which the store is wrong on purpose, so that a test can show that it notices.
    public enum Fault: String, CaseIterable, Sendable {
        /// An append is not compared with the leader's term.
        case ignoresLeader
        /// An append is not compared with the end of the log.
        case ignoresHead
    }

    public var fault: Fault?
    public private(set) var epoch: String?
    public private(set) var entries: [UInt64: LogEntry] = [:]
    /// The first entry that is kept.
    public private(set) var first: UInt64 = 1
    private var head = LogHead()
    private var leader: LogSight.Leader?
    /// Grows with each change.
    private var revision: UInt64 = 0
    private var pulse: UInt64 = 0
    private var reports: [String: NodeReport] = [:]

    public init() {}

    public mutating func create(epoch: String, head: LogHead) -> Bool {
        guard self.epoch == nil else { return false }
        self.epoch = epoch
        self.head = head
        first = head.index + 1
        revision += 1
        return true
    }

    /// A cluster whose first entry follows `head`, with an epoch for tests.
    public mutating func prepare(head: LogHead) { _ = create(epoch: "test-epoch", head: head) }

    public var sight: LogSight { LogSight(leader: leader, head: head, pulse: pulse) }

    /// Returns the term of `claim`, also if it was made before; `nil` if something has changed since `sight`.
    public mutating func takeOver(_ sight: LogSight, as claim: LeaderClaim) -> Term? {
        if self.sight == sight {
            revision += 1
            pulse = revision
            leader = LogSight.Leader(claim: claim, term: Term(revision))
        }
        guard let leader, leader.claim.id == claim.id else { return nil }
        return leader.term
    }

    /// Writes the entry, or says why it is not written now. The verdict is about all copies of the request.
    public mutating func append(_ entry: LogEntry, after known: LogHead, term: Term) -> AppendVerdict {
        let isLeader = leader?.term == term || fault == .ignoresLeader
        guard isLeader, head == known || fault == .ignoresHead else {
            return AppendVerdict(
                refused: entry, term: term, leader: leader?.term, head: head, idAtIndex: entries[entry.index]?.id)
        }
        entries[entry.index] = entry
        head = known.following(entry)
        revision += 1
        pulse = revision
        return .written
    }

    /// Returns whether `term` is the leader's.
    public mutating func beat(term: Term) -> Bool {
        guard leader?.term == term else { return false }
        revision += 1
        pulse = revision
        return true
    }

    public func read(after index: UInt64, limit: Int) throws(LogFailure) -> [LogEntry] {
        guard index + 1 >= first else { throw .trimmed }
        guard index < head.index else { return [] }
        return (index + 1...head.index).prefix(limit).compactMap { entries[$0] }
    }

    /// As how many bytes the store counts an entry: those of its events, which no entry has less than, and some for what is around them.
    public static func bytes(of entry: LogEntry) -> Int {
        guard case .batch(let batch) = entry.content else { return overhead }
        return batch.events.reduce(overhead) { $0 + $1.json.count }
    }

    private static let overhead = 64

    /// Begins with the first entry after `index` that is kept.
    public func stored(after index: UInt64, limit: Int) -> [StoredEntry] {
        guard index < head.index else { return [] }
        return (max(index + 1, first)..<max(index + 1, first, head.index + 1)).prefix(limit).compactMap { entries[$0] }
            .map { StoredEntry(index: $0.index, bytes: Self.bytes(of: $0)) }
    }

    public mutating func trim(before index: UInt64, term: Term) -> Bool {
        guard leader?.term == term else { return false }
        while first < min(index, head.index + 1) {
            entries[first] = nil
            first += 1
        }
        return true
    }

    public mutating func register(_ report: NodeReport) { reports[report.node] = report }
    public mutating func remove(node: String) { reports[node] = nil }
    public var nodes: [NodeReport] { reports.values.sorted { $0.node < $1.node } }
}
