import TallywireCore
import TallywireEngine

/// Commits what a leader decides: first to the log, then to the journal of its own node. One batch at a time, in order.
///
/// The actor has a thread of its own, since the journal's part waits for a disk.
actor LogAppends {
    /// What became of a batch that is committed.
    struct Committed: Sendable {
        let index: UInt64
        /// When the entry was handed to the log for the first time.
        let since: ContinuousClock.Instant
    }

    private let executor = QueueExecutor(label: "tallywire.log")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let log: any ReplicatedLog
    private let journal: any Journal
    private let positions: LeaderPositions
    var writer: LogWriter
    /// What of the log can be deleted.
    var trimming: LogTrimming
    private let start = ContinuousClock.now
    private let turn = Turn()
    /// Why nothing is committed any more.
    private var end: JournalError?
    private var lastAppend: ContinuousClock.Instant?

    init(
        log: any ReplicatedLog, journal: any Journal, writer: LogWriter, positions: LeaderPositions, limits: LogTrimming.Limits
    ) {
        trimming = LogTrimming(limits, after: writer.head.index)
        self.log = log
        self.journal = journal
        self.writer = writer
        self.positions = positions
    }

    /// Appends what the node says about itself, and returns the entry.
    func append(_ content: LogEntry.Content) async throws(LogFailure) -> LogEntry {
        let entry = writer.entry(content)
        written(entry, bytes: try await log.append(entry, after: writer.head, term: writer.term))
        return entry
    }

    private func written(_ entry: LogEntry, bytes: Int) {
        writer.written(entry)
        trimming.wrote(StoredEntry(index: entry.index, bytes: bytes), at: now)
    }

    var now: Duration { ContinuousClock.now - start }

    /// Commits a batch. Throws ``JournalError``: `fenced` and `tooLarge` say that nothing of it is anywhere, `uncertain` that nobody can
    /// say. Throws `LogFailure.broken` if the node must not go on.
    func commit(_ batch: JournalBatch) async throws -> Committed {
        try await turn.take { try await write(batch) }
    }

    /// Commits what is handed in, until nothing is any more. `ended` is what the node has to know of each commit.
    func serve(_ commits: CommitQueue, ended: @Sendable (Result<Committed, any Error>) async -> Void) async {
        while let request = await commits.next() {
            do {
                let committed = try await commit(request.batch)
                // A caller waits for its answer, and the node can learn of a commit after it.
                request.outcome.set(.success(()))
                await ended(.success(committed))
            } catch {
                // Of a failure the node learns first: what follows is then refused. What cannot be stored here is in the log, so
                // nobody can say here what became of the commands.
                await ended(.failure(error))
                request.outcome.set(.failure(error is LogFailure ? JournalError(.uncertain, "\(error)") : error))
            }
        }
    }

    /// Commits the positions that wait, if nothing was committed for `age`.
    func commitPositions(olderThan age: Duration) async throws -> Committed? {
        try await turn.take {
            guard end == nil, positions.areWaiting, lastAppend.map({ ContinuousClock.now - $0 >= age }) ?? true else { return nil }
            return try await write(.bare(at: try journal.clocks()))
        }
    }

    private func write(_ batch: JournalBatch) async throws -> Committed {
        if let end { throw end }
        let riding = positions.take()
        let entry = writer.entry(.batch(LogBatch(batch, positions: riding)))
        let since = ContinuousClock.now
        lastAppend = since
        let bytes: Int
        do {
            bytes = try await log.append(entry, after: writer.head, term: writer.term)
        } catch .tooLarge(let bytes, let limit) {
            positions.putBack(riding)
            throw JournalError(
                .tooLarge, "one change has \(bytes) bytes in the log of the cluster, which takes \(limit): split it into several")
        } catch {
            end = JournalError(.fenced, "\(LogFailure.fenced)")
            switch error {
            case .fenced, .trimmed, .tooLarge: throw JournalError(.fenced, "\(error)")
            case .unknown, .cancelled: throw JournalError(.uncertain, "\(error)")
            case .broken: throw error
            }
        }
        written(entry, bytes: bytes)
        do {
            try journal.append(batch.committed(as: entry))
        } catch {
            // The commands are applied, and this node cannot tell anybody: the other nodes do.
            end = JournalError(.fenced, "this node cannot store what is in the log")
            throw LogFailure.broken("entry \(entry.index) is in the log, and this node's journal cannot store it: \(error)")
        }
        positions.written(riding)
        return Committed(index: entry.index, since: since)
    }
}
