/// What is true of an entry that was not acknowledged, or of entries that cannot be read.
public enum LogFailure: Error, Equatable, Sendable {
    /// Another node leads. The entry is not in the log, and never will be.
    case fenced
    /// Another node leads, and what stood in the entry's place is no longer kept: nobody can say whether that was this entry.
    case unknown
    /// The entry is too large for the log. It is not in the log.
    case tooLarge(bytes: Int, limit: Int)
    /// The entries that were asked for are no longer kept. A node that needs them copies another node's journal.
    case trimmed
    /// What the log holds contradicts what every node relies on, such as two entries under one index. No node may go on.
    case broken(String)
    /// The task was cancelled before it was known what became of the entry.
    case cancelled
}

extension LogFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .fenced: "another node leads now, so the entry was refused"
        case .unknown: "another node leads now, and the log no longer keeps what would say whether the entry was written"
        case .tooLarge(let bytes, let limit): "the entry has \(bytes) bytes, and the log takes at most \(limit)"
        case .trimmed: "the log no longer keeps these entries: the node has to copy another node's journal"
        case .broken(let what): "the log contradicts itself: \(what)"
        case .cancelled: "the server ended before it was known what became of the entry"
        }
    }
}

/// Decides what an answer of the log says about an append, for every implementation alike.
public enum AppendVerdict: Equatable, Sendable {
    /// The entry is in the log.
    case written
    /// The entry is not in the log and never will be, or nobody can say.
    case failed(LogFailure)

    /// What the log holds when it refuses an append: the leader's term, the end of the log, and the id of the entry that stands at the
    /// index of the append. All three are read in the step that refused.
    ///
    /// The entry may have been written by an earlier copy of the same request, whose answer was lost. So a refusal alone says nothing
    /// about it. What stands at its index does: no other copy can be written from now on, since each compares the same two values.
    public init(refused entry: LogEntry, term: Term, leader: Term?, head: LogHead, idAtIndex: String?) {
        if idAtIndex == entry.id {
            self = .written
        } else if let idAtIndex {
            self =
                leader == term
                ? .failed(.broken("entry \(entry.index) is “\(idAtIndex)”, and the leader of term \(term) wrote “\(entry.id)”"))
                : .failed(.fenced)
        } else if head.index < entry.index {
            self =
                leader == term
                ? .failed(
                    .broken("the log ends with entry \(head.index), and the leader of term \(term) knows entry \(entry.index - 1)"))
                : .failed(.fenced)
        } else {
            // Deleted since. Only this leader writes in its term, so then it was this entry.
            self = leader == term ? .written : .failed(.unknown)
        }
    }
}
