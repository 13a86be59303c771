import DequeModule
import Logging
import TallywireCore

/// What the engine's thread does: it decides what comes in, has it committed, and only then publishes and answers it.
///
/// While a batch is being committed on the other thread, the next one is decided here, from what arrives meanwhile. A few commands behind
/// which nothing waits are committed right here, since waking the other thread would only make them wait longer; where there are many, more
/// are on their way.
struct EngineLoop: ~Copyable {
    /// How many commands are worth a change of threads: to have them committed there, or to decide them ahead of the end of a commit.
    private static let share = 64
    /// How many are decided before it is looked whether the other thread is free: it should not wait for all that has come.
    private static let slice = 128

    private(set) var writer: Writer
    private let inbox: Inbox
    private let appender: any BatchAppender
    private let journal: any Journal
    private let feed: Feed
    private let recorder: EngineRecorder
    private let limit: Int
    private let logger: Logger
    /// What is being committed on the other thread.
    private var committing: DecidedBatch?
    /// What is committed next.
    private var gathered = DecidedBatch()

    /// `appender` commits what the loop does not commit itself; it rings `inbox` when it has a result.
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
        /// Wait until so many commands have come, or the appender is done with a batch.
        case wait(for: Int)
        /// The inbox is closed and everything in it is answered.
        case end
    }

    /// Goes on until the inbox is closed and everything in it is answered.
    mutating func run() {
        while true {
            switch step() {
            case .step: break
            case .wait(let count): inbox.wait(for: count)
            case .end: return appender.close()
            }
        }
    }

    /// Decides one slice of what is there, has it committed if nothing else is being committed, and answers what is committed. It waits for
    /// nothing but a commit on this thread.
    mutating func step() -> Next {
        let finished = takeFinished()
        let (isEmpty, isClosed) = gather()
        let isWorthIt = finished != nil || !isEmpty || gathered.items.count >= Self.share
        if committing == nil, gathered.hasRows, isWorthIt { commitOnOtherThread() }
        // Only now, so that the disk does not wait for those who are told.
        if let finished { settle(finished) }
        if committing == nil, !gathered.isEmpty { commitHere() }
        if committing != nil { return .wait(for: gathered.items.count < limit ? Self.share : .max) }
        if !isEmpty { return .step }
        return isClosed ? .end : .wait(for: 1)
    }

    /// The batch that the other thread has committed. If it could not, everything since is taken back and decided again without it.
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
            // Before the others are decided anew: none of them may overtake what is refused here.
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

    private func refuse(_ batch: DecidedBatch, _ error: any Error) {
        let message = "\(error)"
        let isUncertain = (error as? JournalError)?.code == .uncertain
        logger.error(
            isUncertain
                ? "A commit failed; whether it is there after a restart is not known."
                : "A commit failed; nothing of it was applied.",
            metadata: ["commands": "\(batch.items.count)", "error": "\(message)"])
        recorder.failed(message)
        let rejection = Rejection(
            .unavailable,
            isUncertain
                ? "the journal cannot write, and whether this was applied shows after a restart; ask again with the same id: \(message)"
                : "the journal cannot write, so nothing was applied: \(message)")
        for item in batch.items { item.lane?.refuseAtTheWriter() }
        batch.answer(with: .rejected(rejection))
    }
}
