import TallywireCore
import TallywireEngine

/// Applies the entries of the log on a node that follows: folds the events, stores what they lead to, and publishes them.
///
/// Used by one thread or task at a time.
public struct Applier: Sendable {
    /// The state after the last applied entry. A node that begins to lead gives it to its engine, and gets it back.
    public private(set) var state: InventoryState
    private let journal: any Journal
    private let feed: Feed

    public init(state: InventoryState, journal: any Journal, feed: Feed) {
        self.state = state
        self.journal = journal
        self.feed = feed
    }

    /// Gives the state away. Nothing can be applied until ``takeBack(_:)``.
    public mutating func giveState() -> InventoryState {
        defer { state = InventoryState() }
        return state
    }

    public mutating func takeBack(_ state: InventoryState) { self.state = state }

    /// Why an entry cannot be applied, for people.
    public struct Failure: Error, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// Applies the next entry. Throws if an event does not fit, if this program does not know what it is, or if the journal cannot store
    /// it; the node must not go on then. The error names the entry.
    public mutating func apply(_ entry: LogEntry) throws {
        do {
            try applyNext(entry)
        } catch {
            throw Failure(description: "entry \(entry.index) cannot be applied: \(error)")
        }
    }

    private mutating func applyNext(_ entry: LogEntry) throws {
        var events: [EventEnvelope] = []
        switch entry.content {
        case .began, .ended: try journal.append(.bare(at: try journal.clocks(), logIndex: entry.index))
        case .batch(let batch):
            events = try EntryEvents.read(batch.events, from: state.seq + 1)
            for event in events { try state.fold(try event.event()) }
            try journal.append(
                JournalBatch(
                    events: events, answers: batch.answers, reversals: batch.reversals, changes: state.changes,
                    serials: batch.serials, timestamp: batch.timestamp, clockOffset: batch.clockOffset, positions: batch.positions,
                    logIndex: entry.index))
            state.forgetChanges()
        }
        guard state.seq == entry.lastSeq else {
            throw LogFailure.broken("it ends with event \(entry.lastSeq), and this node has event \(state.seq)")
        }
        feed.publish(events)
    }
}
