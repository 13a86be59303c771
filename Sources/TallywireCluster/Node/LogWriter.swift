import TallywireCore
import TallywireEngine

/// Makes the entries of a leader, one after another, from what its engine commits.
public struct LogWriter: Sendable {
    public let node: String
    public let term: Term
    /// The end of the log, as this leader knows it. No other node moves it in this leader's term.
    public private(set) var head: LogHead
    /// The format of the entries that are made from now on.
    public var format: UInt16
    private let makeID: @Sendable () -> String

    public init(
        node: String, term: Term, head: LogHead, format: UInt16 = LogEntry.newestFormat, makeID: @escaping @Sendable () -> String
    ) {
        self.format = format
        self.node = node
        self.term = term
        self.head = head
        self.makeID = makeID
    }

    /// The next entry. It counts once ``written(_:)`` is called.
    public func entry(_ content: LogEntry.Content) -> LogEntry {
        var lastSeq = head.seq
        if case .batch(let batch) = content { lastSeq += UInt64(batch.events.count) }
        return LogEntry(
            format: format, index: head.index + 1, term: term, node: node, id: makeID(), lastSeq: lastSeq, content: content)
    }

    /// `entry` is in the log.
    public mutating func written(_ entry: LogEntry) { head = head.following(entry) }
}

extension LogBatch {
    /// What of a journal's batch goes into the log, with the positions that are written along.
    public init(_ batch: JournalBatch, positions: [String: UInt64] = [:]) {
        // Written once, for the log and for the leader's own journal.
        var writer = JSONWriter()
        self.init(
            events: batch.events.map { LogEvent($0) }, answers: batch.answers.map { $0.stored(using: &writer) },
            reversals: batch.reversals, serials: batch.serials,
            positions: positions, timestamp: batch.timestamp, clockOffset: batch.clockOffset)
    }
}

extension JournalBatch {
    /// A batch without events and answers, at the time of the last batch: no time passed that counts.
    public static func bare(at clocks: JournalClocks, positions: [String: UInt64] = [:], logIndex: UInt64? = nil) -> JournalBatch {
        JournalBatch(
            changes: StateChanges(before: .init(), after: .init(), touchesCatalogue: false),
            timestamp: Timestamp(milliseconds: clocks.mark?.passed ?? 0), clockOffset: clocks.mark?.offset ?? 0,
            positions: positions, logIndex: logIndex)
    }

    /// This batch as the leader stores it in its own journal, once it is the entry `entry` of the log: with the entry's answers, which
    /// are written already.
    public func committed(as entry: LogEntry) -> JournalBatch {
        var batch = self
        batch.logIndex = entry.index
        if case .batch(let logged) = entry.content { (batch.positions, batch.answers) = (logged.positions, logged.answers) }
        return batch
    }
}

extension LogEvent {
    init(_ event: EventEnvelope) {
        self.init(
            json: event.json, alertLocation: event.location == event.subject.location ? nil : event.location,
            defaultVariant: event.subject.variant)
    }
}
