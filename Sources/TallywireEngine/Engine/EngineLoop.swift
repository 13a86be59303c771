import DequeModule
import Logging
import TallywireCore

/// The work of the engine's thread: it decides commands, has them committed, and only then publishes their events and gives callers
/// their outcomes.
///
/// While the other thread commits a batch, this thread decides the next one from the commands that arrive meanwhile. A few commands
/// with none waiting after them are committed on this thread, since waking the other thread would only delay them. Under load, more
/// commands are already on their way.
struct EngineLoop: ~Copyable {
    /// How many commands are worth a change of threads: to have them committed on the other thread, or to decide them before the
    /// commit under way ends.
    private static let share = 64
    /// How many commands are decided before the loop checks whether the other thread is free. The other thread should not idle
    /// until all commands are decided.
    private static let slice = 128

    private(set) var writer: Writer
    private let inbox: Inbox
    private let appender: any BatchAppender
    private let journal: any Journal
    private let feed: Feed
    private let recorder: EngineRecorder
    private let limit: Int
    private let logger: Logger
    /// The batch that the other thread is committing.
    private var committing: DecidedBatch?
    /// The batch that is committed next.
    private var gathered = DecidedBatch()

    /// `appender` commits the batches that the loop does not commit itself. The appender rings `inbox` when it has a result.
    init(
        writer: consuming Writer, inbox: Inbox, journal: any Journal, appender: any BatchAppender, feed: Feed, limit: Int,
        recorder: EngineRecorder, logger: Logger
    ) {
        self.writer = writer
        self.inbox = inbox
        self.journal = journal
        self.feed = feed
        self.limit = limit
        self.logger = logger
        self.recorder = recorder
        self.appender = appender
    }

    /// What the loop does after a ``step()``.
    enum Next: Equatable {
        case step
        /// Wait until so many commands are in the inbox, or the appender is done with a batch.
        case wait(for: Int)
        /// The inbox is closed, and every command in it has its outcome.
        case end
    }

    /// Runs until the inbox is closed and every command in it has its outcome.
    mutating func run() {
        while true {
            switch step() {
            case .step: break
            case .wait(let count): inbox.wait(for: count, atMost: writer.untilExpiry())
            case .end: return appender.close()
            }
        }
    }

    /// Decides one slice of the waiting commands, has it committed if no other commit is under way, and gives the outcomes of
    /// committed batches to their callers. The only wait in a step is a commit on this thread.
    mutating func step() -> Next {
        let finished = takeFinished()
        // Before the commands: what ends now is theirs to have.
        let hasExpired = writer.expireReservations(into: &gathered, after: committing)
        let (isEmpty, isClosed) = gather()
        let isWorthIt = finished != nil || !isEmpty || gathered.items.count >= Self.share || hasExpired
        if committing == nil, gathered.hasRows, isWorthIt { commitOnOtherThread() }
        // Only now, so that the disk does not wait while callers get their outcomes.
        if let finished { settle(finished) }
        if committing == nil, gathered.hasRows || !gathered.isEmpty { commitHere() }
        if committing != nil { return .wait(for: gathered.items.count < limit ? Self.share : .max) }
        if !isEmpty { return .step }
        return isClosed ? .end : .wait(for: 1)
    }

    /// The batch that the other thread has committed. If that commit failed, every later decision is undone and made again without
    /// that batch.
    private mutating func takeFinished() -> DecidedBatch? {
        guard let batch = committing, let result = appender.takeResult() else { return nil }
        committing = nil
        switch result {
        case .success: return batch
        case .failure(let error):
            let items = gathered.items
            writer.undoGathered()
            writer.undo(batch)
            gathered = DecidedBatch()
            // Before the other commands are decided again: none of them may overtake a command that is refused here.
            refuse(batch, error)
            for item in items { writer.decide(item, into: &gathered, after: nil) }
            return nil
        }
    }

    private mutating func gather() -> (isEmpty: Bool, isClosed: Bool) {
        let (items, isEmpty, isClosed) = inbox.take(limit: min(Self.slice, limit - gathered.items.count))
        if !items.isEmpty { writer.lookAtClock() }
        for item in items { writer.decide(item, into: &gathered, after: committing) }
        return (isEmpty, isClosed)
    }

    private mutating func takeGathered() -> DecidedBatch {
        writer.complete(&gathered)
        defer { gathered = DecidedBatch() }
        return gathered
    }

    private mutating func commitOnOtherThread() {
        let batch = takeGathered()
        guard let rows = batch.rows(writer.clock.mark) else { return settle(batch) }
        committing = batch
        appender.start(rows)
    }

    private mutating func commitHere() {
        let batch = takeGathered()
        guard let rows = batch.rows(writer.clock.mark) else { return settle(batch) }
        do {
            try journal.append(rows)
            settle(batch)
        } catch {
            writer.undo(batch)
            refuse(batch, error)
        }
    }

    private func settle(_ batch: DecidedBatch) {
        feed.publish(batch.events)
        recorder.settled(batch.outcomes, wroteBatch: batch.hasRows)
        batch.answer()
    }

    private mutating func refuse(_ batch: DecidedBatch, _ error: any Error) {
        let message = "\(error)"
        let isUncertain = (error as? JournalError)?.code == .uncertain
        writer.postponeExpiry()
        logger.error(
            isUncertain
                ? "A commit failed. Whether its commands are applied shows after a restart: callers ask again with the same ids."
                : "A commit failed. None of its commands is applied, and their callers were told so.",
            metadata: ["commands": "\(batch.items.count)", "error": "\(message)"])
        recorder.failed(message)
        let rejection = Rejection(
            isUncertain ? .unknown : .unavailable,
            isUncertain
                ? "the journal cannot write, and whether this was applied shows after a restart; ask again with the same id: \(message)"
                : "the journal cannot write, so nothing was applied: \(message)")
        for item in batch.items { item.lane?.refuseAtWriter() }
        batch.answer(with: .rejected(rejection))
    }
}
