import DequeModule

/// Decides which entries a leader deletes from the log.
///
/// A value that reads no clock and does no I/O, so that a simulation can try any order of events. An entry may go in two cases:
/// - It is old, and every node that is registered has it on its disk, as ``NodeReport/flushed`` says. A node that was away for long still
///   holds the log: its report stays until somebody removes the node.
/// - The log has more than ``Limits/bytes``, and one node has the entry on its disk. A node that needs it copies another node's journal.
///
/// So an entry that is on no disk of a node is never deleted: after a power cut of all nodes the log brings it back.
///
/// A leader knows as how many bytes its own entries are stored. Entries from before its term have to be measured; until that is done,
/// nothing is deleted. The value takes some 30 bytes of memory for each entry that the log keeps.
public struct LogTrimming: Sendable {
    /// How much the log keeps.
    public struct Limits: Equatable, Sendable {
        /// The time between two looks at what may go.
        public var period: Duration
        /// How long an entry is kept that every node has: since the leader wrote it, or since it began to lead. A node that restarts
        /// within this time reads the log, and copies nothing.
        public var age: Duration
        /// The most bytes of entries; see ``StoredEntry/bytes``. The log has more for as long as a ``period`` lasts, and what no node has
        /// on its disk.
        public var bytes: Int

        public init(period: Duration = .seconds(10), age: Duration = .seconds(600), bytes: Int = 256 << 20) {
            self.period = period
            self.age = age
            self.bytes = bytes
        }
    }

    private struct Kept {
        let entry: StoredEntry
        let since: Duration
    }

    public let limits: Limits
    /// The last entry of before the leader's term, and the last one up to which those are measured.
    private let head: UInt64
    private var position: UInt64 = 0
    /// What the log keeps, in order, as far as it is measured; and what the leader has written until it is.
    private var kept: Deque<Kept> = []
    private var written: [Kept] = []
    /// The bytes of all of `kept`.
    private var bytes = 0

    /// For a leader whose first entry follows the entry `head`.
    public init(_ limits: Limits, after head: UInt64) {
        self.limits = limits
        self.head = head
    }

    /// After which entry the log has to be measured; `nil` if everything is.
    public var unmeasured: UInt64? { position < head ? position : nil }

    /// Takes what the log keeps after ``unmeasured``: from its first entry there, without a gap. Nothing stands for a log that keeps
    /// nothing there.
    public mutating func measured(_ page: [StoredEntry], at now: Duration) {
        let older = page.prefix { $0.index <= head }
        for entry in older { keep(Kept(entry: entry, since: now)) }
        position = older.count < page.count || page.isEmpty ? head : older.last?.index ?? head
        guard unmeasured == nil else { return }
        for entry in written { keep(entry) }
        written = []
    }

    /// The leader has written an entry.
    public mutating func wrote(_ entry: StoredEntry, at now: Duration) {
        let entry = Kept(entry: entry, since: now)
        if unmeasured == nil { keep(entry) } else { written.append(entry) }
    }

    private mutating func keep(_ entry: Kept) {
        kept.append(entry)
        bytes += entry.entry.bytes
    }

    /// Before which entry the log can be trimmed; `nil` if nothing can go.
    public func end(_ reports: [NodeReport], at now: Duration) -> UInt64? {
        guard unmeasured == nil, let everywhere = reports.map(\.flushed).min(), let somewhere = reports.map(\.flushed).max() else {
            return nil
        }
        var (end, left) = (UInt64?.none, bytes)
        for item in kept {
            let isOld = now - item.since >= limits.age && item.entry.index <= everywhere
            guard isOld || left > limits.bytes && item.entry.index <= somewhere else { break }
            left -= item.entry.bytes
            end = item.entry.index + 1
        }
        return end
    }

    /// The log was trimmed before the entry `end`.
    public mutating func trimmed(before end: UInt64) {
        while let first = kept.first, first.entry.index < end {
            bytes -= first.entry.bytes
            kept.removeFirst()
        }
    }
}
