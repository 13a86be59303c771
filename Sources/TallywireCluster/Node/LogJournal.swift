import Foundation
import Synchronization
import TallywireEngine

/// The journal that a leader's engine writes to: a batch is committed when it is in the log of the cluster, and then in the journal of
/// the leader's node. Everything is read from the node's journal.
///
/// Cursors of this journal are positions of the cluster: they ride in the next entry, and every node has them then.
public final class LogJournal: JournalWrapper {
    public let wrapped: any Journal
    private let appends: LogAppends
    private let positions: LeaderPositions
    /// Runs something asynchronous as a part of the node; `false` if the node has ended.
    private let spawn: @Sendable (@escaping @Sendable () async -> Void) -> Bool
    /// What the node has to know of a commit.
    private let ended: @Sendable (Result<LogAppends.Committed, any Error>) async -> Void

    init(
        _ journal: any Journal, appends: LogAppends, positions: LeaderPositions,
        spawn: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Bool,
        ended: @escaping @Sendable (Result<LogAppends.Committed, any Error>) async -> Void
    ) {
        wrapped = journal
        self.appends = appends
        self.positions = positions
        self.spawn = spawn
        self.ended = ended
    }

    /// Blocks the engine's thread until the batch is committed, or until it is known that it is not.
    public func append(_ batch: JournalBatch) throws {
        let outcome = CommitOutcome()
        let isRunning = spawn { [self] in
            let committed: Result<LogAppends.Committed, any Error>
            do { committed = .success(try await appends.commit(batch)) } catch { committed = .failure(error) }
            await ended(committed)
            outcome.set(committed.map { _ in }.mapError(Self.forTheEngine))
        }
        guard isRunning else { throw JournalError(.fenced, "this node has ended") }
        try outcome.wait()
    }

    /// What cannot be stored here is in the log, so nobody can say here what became of the commands.
    private static func forTheEngine(_ error: any Error) -> any Error {
        error is LogFailure ? JournalError(.uncertain, "\(error)") : error
    }

    public func cursor(of name: String) async throws -> UInt64? {
        if let pending = positions.pending(name) { return pending }
        return try await wrapped.cursor(of: name)
    }

    public func storeCursor(_ seq: UInt64, of name: String) async throws { positions.set(seq, of: name) }

    /// The journal belongs to the node, which goes on.
    public func close() throws {}
}

/// What became of a commit, for the thread that waits for it.
private final class CommitOutcome: Sendable {
    private let result = Mutex<Result<Void, any Error>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    func set(_ result: Result<Void, any Error>) {
        self.result.withLock { $0 = result }
        done.signal()
    }

    func wait() throws {
        done.wait()
        try result.withLock { $0 }?.get()
    }
}
