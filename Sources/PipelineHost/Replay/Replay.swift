import TallywireCore

/// What somebody wants to be delivered to a sink again.
public struct ReplayRequest: Equatable, Sendable {
    public enum Selection: Equatable, Sendable {
        /// The journal's events from this one on; `nil` begins with the first that is kept.
        case events(from: UInt64?)
        /// The dead letters in the sink's file that were not delivered since.
        case deadLetters
    }

    public var selection: Selection
    /// The last event; `nil` is the sink's position, since what comes after it is delivered anyway.
    public var to: UInt64?

    public init(_ selection: Selection, to: UInt64? = nil) {
        self.selection = selection
        self.to = to
    }
}

/// A replay, and how far it has come.
public struct Replay: Equatable, Sendable {
    public enum State: String, Sendable, CaseIterable, Decodable {
        /// What a replay would do, which was not started.
        case planned
        case running
        case finished
        /// The sink did not take an event within `retry.attempts` tries, or the events cannot be read.
        case failed
        case cancelled
    }

    public internal(set) var state: State
    public let isOfDeadLetters: Bool
    /// The first and the last event that the replay is about; `nil` if there is none.
    public let range: ClosedRange<UInt64>?
    /// How many events these are, with those that the filter leaves out.
    public let events: UInt64
    /// The last event with which the replay is done; `nil` if there is none yet.
    public internal(set) var position: UInt64?
    /// Events that the sink has taken.
    public internal(set) var delivered: UInt64 = 0
    /// Events that the entry's `events` and `where` leave out.
    public internal(set) var filtered: UInt64 = 0
    /// Events that the sink will never take. They are dead letters, or stay dead letters.
    public internal(set) var refused: UInt64 = 0
    public internal(set) var startedAt: Timestamp
    public internal(set) var endedAt: Timestamp?
    public internal(set) var lastError: String?

    public init(state: State, isOfDeadLetters: Bool, range: ClosedRange<UInt64>?, events: UInt64, at now: Timestamp) {
        self.state = state
        self.isOfDeadLetters = isOfDeadLetters
        self.range = range
        self.events = events
        startedAt = now
    }

    mutating func end(_ state: State, at now: Timestamp) {
        self.state = state
        endedAt = now
    }
}

/// Why a replay was not begun.
public enum ReplayRefusal: Error, Equatable, Sendable {
    case unknownSink
    /// The sink runs on another node of the cluster.
    case elsewhere
    /// The sink's clients connect to the server and ask for earlier events themselves.
    case notDurable
    /// Another replay of this sink runs.
    case running
    /// There is no replay that could be cancelled.
    case none
    /// The other side wants no more events, for this reason.
    case disabled(String)
    /// The sink has ended: the server stops, or has taken the sink out.
    case stopped
    /// The first wanted event lies after the sink's position.
    case ahead(from: UInt64, position: UInt64)
    /// The last wanted event lies before the first.
    case empty(from: UInt64, to: UInt64)
    /// The first wanted event is no longer kept; `first` is the first that is.
    case pruned(from: UInt64, first: UInt64)
    /// The file of dead letters cannot be read.
    case unreadable(String)
}
