import DequeModule
import Foundation
import Logging
import Synchronization
import TallywireCore

/// The single writer: takes commands in, decides them against its state, commits what follows from them, and only then answers.
///
/// It runs on a thread of its own, which alone touches the state. Commits are grouped adaptively: a batch is whatever arrived while the
/// last one was being committed, so a lone command does not wait and a flood shares its flushes. Under a flood the next batch is decided
/// and encoded while the last one is being committed on a second thread, so that a second core is of use.
/// Nothing is answered or published that is not on disk; when a commit fails, the state goes back to what it was, the commands of that
/// batch are refused as `unavailable`, and those that were decided on top of them are decided anew.
public final class InventoryEngine: CommandGateway {
    public struct Configuration: Sendable {
        /// Commands that may wait to be decided. Beyond it they are refused as `overloaded`.
        public var inbox: Int
        /// Commands in one commit, at most. While it goes on, as many more may be decided already.
        public var batch: Int
        /// How much of the recent past the feed keeps in memory.
        public var feed: Feed.Capacity
        /// When movements may have happened.
        public var times: TimeRules
        /// Where the writer notes what it decides, so that a crash tells; `nil` for nowhere.
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

    /// Opens the engine over `journal`, loads its state, creates the location `MAIN` in an empty one, and starts the thread.
    ///
    /// `clock` gives the machine's time, which events bear: a step back of up to 5 seconds is waited out, a larger one is followed and
    /// reported. `uptime` never falls; it measures what passes while the engine runs. `makeID` gives ids to commands that bring none, and must
    /// never give one twice.
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
        // The lock is never contended, since the thread alone uses the loop; it lets the compiler see that.
        let loop = Mutex(
            EngineLoop(
                writer: writer, inbox: inbox, journal: journal, appender: Appender(journal: journal) { inbox.ring() }, feed: feed,
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
            lane?.refuseAtTheWriter()
            submission.cut(at: 0, Rejection(.unavailable, "the server is shutting down: try again in a moment"))
        }
    }

    /// Takes nothing more in, decides what is waiting, closes the feed and returns when the thread has ended. The journal stays open.
    public func stop() async {
        inbox.close()
        await stopped.wait()
    }

    /// How many commands wait, and how many may.
    public var waiting: (count: Int, capacity: Int) { (inbox.count, inbox.capacity) }

    /// What the engine did since it started.
    public var statistics: EngineCounters {
        var counters = recorder.counters
        counters.clockSteps = clock.steps
        return counters
    }

    /// The time that has passed: what ``Journal/prune(_:protected:now:)`` measures ages by.
    public var passedTime: Timestamp { clock.passed() }

    /// A clock that never falls, of this process.
    public static let uptime: @Sendable () -> Duration = {
        let start = ContinuousClock.now
        return { ContinuousClock.now - start }
    }()
}
