import TallywireCore

/// A moment of a journal: what is true then includes every event up to one, and none after it.
public enum JournalMoment: Equatable, Sendable {
    /// Right after this event.
    case seq(UInt64)
    /// After the last event that bears this time or an earlier one.
    case time(Timestamp)
}

/// Why a journal cannot say what was true at a moment.
public enum PastError: Error, Equatable, Sendable {
    /// The moment is after the last event.
    case notYet(last: UInt64)
    /// Events after the moment are no longer kept.
    case notKept(oldest: OldestMoment)
    /// More than ``/TallywireCore/Limits/eventsPerPast`` events would have to be read.
    case tooFar(oldest: OldestMoment)
}

/// The oldest moment of which a journal can say what was true.
public struct OldestMoment: Equatable, Sendable {
    /// The last event of the moment.
    public let seq: UInt64
    /// The time that this event bears; `nil` if an earlier version deleted it.
    public let timestamp: Timestamp?

    public init(seq: UInt64, timestamp: Timestamp?) {
        self.seq = seq
        self.timestamp = timestamp
    }
}
