import TallywireEngine

/// The journal that a leader's engine writes to: a batch is committed when it is in the log of the cluster, and then in the journal of
/// the leader's node. Everything is read from the node's journal.
///
/// Cursors of this journal are positions of the cluster: they ride in the next entry, and every node has them then.
public final class LogJournal: JournalWrapper {
    public let wrapped: any Journal
    private let commits: CommitQueue
    private let positions: LeaderPositions

    init(_ journal: any Journal, commits: CommitQueue, positions: LeaderPositions) {
        wrapped = journal
        self.commits = commits
        self.positions = positions
    }

    /// Blocks the engine's thread until the batch is committed, or until it is known that it is not.
    public func append(_ batch: JournalBatch) throws { try commits.commit(batch) }

    public func cursor(of name: String) async throws -> UInt64? {
        if let pending = positions.pending(name) { return pending }
        return try await wrapped.cursor(of: name)
    }

    public func storeCursor(_ seq: UInt64, of name: String) async throws { positions.set(seq, of: name) }

    /// The journal belongs to the node, which goes on.
    public func close() throws {}
}
