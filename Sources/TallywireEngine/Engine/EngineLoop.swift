import DequeModule
import Logging
import TallywireCore

/// The work of the engine's thread: it decides commands, has them committed, and only then publishes their events and gives callers
/// their outcomes.
///
/// While the other thread commits a batch, this thread decides the next one from the commands that arrive meanwhile. A few commands
/// with none waiting after them are committed on this thread, since waking the other thread would only delay them. Under load, more
/// commands are already on their way.
package struct EngineLoop: ~Copyable {
    /// How many commands are worth a change of threads: to have them committed on the other thread, or to decide them before the
    /// commit under way ends.
    private static let share = 64
    /// How many commands are decided before the loop checks whether the other thread is free. The other thread should not idle
    /// until all commands are decided.
    private static let slice = 128

    /// How much one commit holds.
    struct Limits {
        /// Commands.
        var commands: Int
        /// Bytes of events and answers. A batch ends once it has that many, so a single command may have more.
        var bytes = Int.max
    }

    var writer: Writer
    private let inbox: Inbox
    private let appender: any BatchAppender
    private let journal: any Journal
    private let feed: Feed
    private let recorder: EngineRecorder
    private let limits: Limits
    private let commitsAside: Bool
    private let logger: Logger
    /// The batch that the other thread is committing.
    private var committing: DecidedBatch?
    /// The batch that is committed next.
    private var gathered = DecidedBatch()
    /// Commands that were taken from the inbox and found no room in the batch.
    private var taken: Deque<Inbox.Item> = []
    /// How many of `taken` are committed each by itself, since together they were too large.
    private var alone = 0
    /// Whether another node writes, so that nothing is decided here any more.
    private var isFenced = false

    /// `appender` commits the batches that the loop does not commit itself, which with `commitsAside` is all of them. The appender
    /// rings `inbox` when it has a result.
    init(
        writer: consuming Writer, inbox: Inbox, journal: any Journal, appender: any BatchAppender, feed: Feed, limits: Limits,
        commitsAside: Bool = false, recorder: EngineRecorder, logger: Logger
    ) {
        self.writer = writer
        self.inbox = inbox
        self.journal = journal
        self.feed = feed
        self.limits = limits
        self.commitsAside = commitsAside
        self.logger = logger
        self.recorder = recorder
        self.appender = appender
    }

    /// What the loop does after a ``step()``.
    package enum Next: Equatable {
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
        if isFenced { return handBack() }
        // Before the commands: what ends now is theirs to have.
        let hasExpired = writer.expireReservations(into: &gathered, after: committing, upTo: limits.bytes)
        let (isEmpty, isClosed) = gather()
        let isWorthIt = finished != nil || !isEmpty || gathered.items.count >= Self.share || hasExpired
        if committing == nil, gathered.hasRows, isWorthIt { commitOnOtherThread() }
        // Only now, so that the disk does not wait while callers get their outcomes.
        if let finished { settle(finished) }
        if committing == nil, gathered.hasRows || !gathered.isEmpty { commitHere() }
        if isFenced { return handBack() }
        if committing != nil { return .wait(for: isFull ? .max : Self.share) }
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
            // They are decided again after this: none of them may overtake a command that is refused here.
            taken.prepend(contentsOf: items)
            refuse(batch, error)
            return nil
        }
    }

    /// Whether nothing more fits into the batch that is gathered.
    private var isFull: Bool {
        gathered.items.count >= (alone > 0 ? 1 : limits.commands) || gathered.bytes >= limits.bytes
    }

    private mutating func gather() -> (isEmpty: Bool, isClosed: Bool) {
        let room = min(Self.slice, limits.commands - gathered.items.count) - taken.count
        let (items, isEmpty, isClosed) = inbox.take(limit: max(0, room))
        taken.append(contentsOf: items)
        if !taken.isEmpty, !isFull { writer.lookAtClock() }
        while !isFull, let item = taken.popFirst() { writer.decide(item, into: &gathered, after: committing) }
        return (isEmpty && taken.isEmpty, isClosed)
    }

    /// Gives back what was not committed: another node decides it, or has decided it.
    private mutating func handBack() -> Next {
        inbox.close()
        writer.undoGathered()
        var items = Deque(gathered.items) + taken
        gathered = DecidedBatch()
        taken = []
        repeat { items += inbox.take(limit: .max).items } while inbox.count > 0
        for item in items {
            item.lane?.refuseAtWriter()
            item.submission.answer(CollectionOfOne(.rejected(Self.otherWriter)))
        }
        return .end
    }

    private static let otherWriter = Rejection(
        .unavailable, "another node writes now, so nothing was applied here: hand this in again")

    private mutating func takeGathered() -> DecidedBatch {
        writer.complete(&gathered)
        alone = max(0, alone - gathered.items.count)
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
        if commitsAside { return commitOnOtherThread() }
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
        let code = (error as? JournalError)?.code
        let isUncertain = code == .uncertain
        writer.postponeExpiry()
        if code == .tooLarge, batch.items.count > 1 {
            alone = batch.items.count
            return taken.prepend(contentsOf: batch.items)
        }
        isFenced = code == .fenced
        logger.log(
            level: isFenced ? .notice : .error,
            isUncertain
                ? "A commit failed. Whether its commands are applied shows after a restart: callers ask again with the same ids."
                : "A commit failed. None of its commands is applied, and their callers were told so.",
            metadata: ["commands": "\(batch.items.count)", "error": "\(message)"])
        recorder.failed(message)
        let rejection =
            switch code {
            case .uncertain:
                Rejection(.unknown, "nobody can say now whether this was applied; ask again with the same id: \(message)")
            case .tooLarge: Rejection(.tooLarge, message)
            case .fenced: Self.otherWriter
            default: Rejection(.unavailable, "the journal cannot write, so nothing was applied: \(message)")
            }
        for item in batch.items { item.lane?.refuseAtWriter() }
        batch.answer(with: .rejected(rejection))
    }
}
