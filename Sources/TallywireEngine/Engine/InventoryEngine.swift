import DequeModule
import Foundation
import Logging
import Synchronization
import TallywireCore

/// The single writer: takes commands in, decides them against its state, commits their events, and only then gives callers their
/// outcomes.
///
/// The engine runs on a thread of its own, which alone touches the state. Commits are grouped adaptively: a batch holds the
/// commands that arrived during the commit before it. So a lone command does not wait, and commands under load share one flush.
/// Under load the engine decides and encodes the next batch while a second thread commits the last one, so that a second core is of
/// use.
///
/// No outcome is given and no event published before it is on disk. When a commit fails, the state goes back to what it was, the
/// commands of that batch are refused as `unavailable`, and those that were decided after them are decided again.
public final class InventoryEngine: CommandGateway {
    public struct Configuration: Sendable {
        /// How many commands may wait to be decided. Further ones are refused as `overloaded`.
        public var inbox: Int
        /// The most commands in one commit. During a commit, as many more may be decided ahead.
        public var batch: Int
        /// How much of the recent past the feed keeps in memory.
        public var feed: Feed.Capacity
        /// Which times movements may bear.
        public var times: TimeRules
        /// Where the writer notes the command that it decides, so that the file names it after a crash; `nil` for nowhere.
        public var handling: HandlingNote.Slot?

        public init(
            inbox: Int = 65_536, batch: Int = 4_096, feed: Feed.Capacity = Feed.Capacity(), times: TimeRules = TimeRules(),
            handling: HandlingNote.Slot? = nil
        ) {
            self.handling = handling
            self.times = times
            self.inbox = inbox
            self.batch = batch
            self.feed = feed
        }
    }

    /// The committed events.
    public let feed: Feed
    public let journal: any Journal
    private let inbox: Inbox
    private let recorder: EngineRecorder
    private let stopped: Latch
    private let clock: EngineClock

    /// Opens the engine over `journal`, loads the state, creates the location `MAIN` in an empty journal, ends the reservations
    /// whose time is over, and starts the thread.
    ///
    /// `clock` gives the machine's time, which events bear. A step back of up to 5 seconds is waited out; a larger one is followed
    /// and reported. `uptime` never falls and measures the time that passes while the engine runs. `makeID` makes ids for commands
    /// without one, and must never return the same id twice.
    public init(
        journal: any Journal, configuration: Configuration = Configuration(), logger: Logger,
        clock: @escaping @Sendable () -> Timestamp = { .now },
        uptime: @escaping @Sendable () -> Duration = InventoryEngine.uptime,
        makeID: @escaping @Sendable (Timestamp) -> String = { TimeOrderedID.make(at: $0) }
    ) throws {
        let state = try journal.load()
        let feed = Feed(journal: journal, head: state.seq, capacity: configuration.feed)
        self.journal = journal
        self.feed = feed
        let inbox = Inbox(capacity: configuration.inbox)
        self.inbox = inbox
        let stopped = Latch()
        self.stopped = stopped
        let recorder = EngineRecorder()
        self.recorder = recorder
        let clock = EngineClock(try journal.clocks(), wall: clock, uptime: uptime, logger: logger)
        self.clock = clock
        var writer = Writer(
            state: state, journal: journal, clock: clock, times: configuration.times, handling: configuration.handling,
            logger: logger, makeID: makeID)
        if state.seq == 0 { feed.publish(try writer.createMain()) }
        // What ended while the server did not run has ended before anybody is served.
        while let ended = try writer.commitExpiries() { feed.publish(ended) }
        // The lock is never contended, since only the thread uses the loop. `Mutex` is used only to move a `~Copyable` value into a
        // `@Sendable` closure.
        let loop = Mutex(
            EngineLoop(
                writer: writer, inbox: inbox, journal: journal, appender: Appender(journal: journal) { inbox.wakeUp() }, feed: feed,
                limit: configuration.batch, recorder: recorder, logger: logger))
        let thread = Thread {
            loop.withLock { $0.run() }
            feed.close()
            stopped.open()
        }
        thread.name = "tallywire.engine"
        thread.start()
    }

    public func submit(_ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void) {
        guard !commands.isEmpty else { return completion([]) }
        let submission = Submission(commands, in: lane, completion: completion)
        let full = Rejection(.overloaded, "\(inbox.capacity) commands are waiting already: try again in a second")
        switch inbox.put(submission, overload: full) {
        case .accepted: break
        case .cut(let count): recorder.overloaded(count)
        case .closed:
            lane?.refuseAtWriter()
            submission.cut(at: 0, Rejection(.unavailable, "the server is shutting down: try again in a moment"))
        }
    }

    /// Takes no more commands in, decides those that wait, closes the feed, and returns when the thread has ended. The journal
    /// stays open.
    public func stop() async {
        inbox.close()
        await stopped.wait()
    }

    /// How many commands wait, and how many may wait.
    public var waiting: (count: Int, capacity: Int) { (inbox.count, inbox.capacity) }

    /// What the engine did since it started.
    public var statistics: EngineCounters {
        var counters = recorder.counters
        counters.clockSteps = clock.steps
        return counters
    }

    /// The time that has passed, which is the `now` of ``Journal/prune(_:protected:now:)``.
    public var passedTime: Timestamp { clock.passed() }

    /// A clock of this process that never falls.
    public static let uptime: @Sendable () -> Duration = {
        let start = ContinuousClock.now
        return { ContinuousClock.now - start }
    }()
}
