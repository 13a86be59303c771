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
        /// The most bytes of events and answers in one commit, before a command that has more by itself.
        public var batchBytes: Int
        /// How much of the recent past the feed keeps in memory.
        public var feed: Feed.Capacity
        /// Which times movements may bear.
        public var times: TimeRules
        /// Where the writer notes the command that it decides, so that the file names it after a crash; `nil` for nowhere.
        public var handling: HandlingNote.Slot?
        /// What may stand against taking commands in; `nil` for nothing.
        public var gate: WriteGate?

        public init(
            inbox: Int = 65_536, batch: Int = 4_096, batchBytes: Int = .max, feed: Feed.Capacity = Feed.Capacity(),
            times: TimeRules = TimeRules(),
            handling: HandlingNote.Slot? = nil
        ) {
            self.handling = handling
            self.times = times
            self.inbox = inbox
            self.batch = batch
            self.batchBytes = batchBytes
            self.feed = feed
        }
    }

    /// The committed events.
    public let feed: Feed
    public let journal: any Journal
    private let core: EngineCore
    private let stopped: Latch

    /// Opens the engine over `journal`, loads the state, creates the location `MAIN` in an empty journal, ends the reservations
    /// whose time is over, and starts the thread.
    ///
    /// `clock` gives the machine's time, which events bear. A step back of up to 5 seconds is waited out; a larger one is followed
    /// and reported. `uptime` never falls and measures the time that passes while the engine runs. `makeID` makes ids for commands
    /// without one, and must never return the same id twice.
    public convenience init(
        journal: any Journal, configuration: Configuration = Configuration(), logger: Logger,
        clock: @escaping @Sendable () -> Timestamp = { .now },
        uptime: @escaping @Sendable () -> Duration = InventoryEngine.uptime,
        makeID: @escaping @Sendable (Timestamp) -> String = { TimeOrderedID.make(at: $0) }
    ) throws {
        let beginning = try EngineBeginning(loading: journal)
        let feed = Feed(journal: journal, head: beginning.state.seq, capacity: configuration.feed)
        self.init(
            beginning, journal: journal, feed: feed, configuration: configuration, commitsAside: false, logger: logger,
            clock: clock,
            uptime: uptime, makeID: makeID)
        try core.prepare(publishingTo: feed)
        start()
    }

    /// Goes on from `beginning`, as the writer that this node has become: the journal and the feed were there before, and are there
    /// after the engine. Nothing is committed before the first command.
    package convenience init(
        takingOver beginning: consuming EngineBeginning, journal: any Journal, feed: Feed, configuration: Configuration,
        logger: Logger, clock: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        self.init(
            beginning, journal: journal, feed: feed, configuration: configuration, commitsAside: true, logger: logger, clock: clock,
            uptime: InventoryEngine.uptime, makeID: { TimeOrderedID.make(at: $0) })
        start()
    }

    private init(
        _ beginning: consuming EngineBeginning, journal: any Journal, feed: Feed, configuration: Configuration, commitsAside: Bool,
        logger: Logger, clock: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> Duration,
        makeID: @escaping @Sendable (Timestamp) -> String
    ) {
        self.journal = journal
        self.feed = feed
        stopped = Latch()
        core = EngineCore(
            beginning, journal: journal, feed: feed, configuration: configuration, commitsAside: commitsAside, logger: logger,
            clock: clock, uptime: uptime, makeID: makeID
        ) { Appender(journal: journal, whenDone: $0) }
    }

    private func start() {
        let (core, stopped) = (core, stopped)
        let thread = Thread {
            core.run()
            stopped.open()
        }
        thread.name = "tallywire.engine"
        thread.start()
    }

    public func submit(_ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void) {
        core.submit(commands, in: lane, completion: completion)
    }

    /// Returns when the engine's thread has begun another turn, which proves that the thread is alive: neither ended by a mistake nor
    /// held up, such as by a disk that does not respond. Does not return while the thread is held up. Returns at once after ``stop()``.
    public func takeTurn() async {
        await withCheckedContinuation { continuation in core.inbox.atNextTurn { continuation.resume() } }
    }

    /// Takes no more commands in, decides those that wait, ends the feed, and returns when the thread has ended. The journal
    /// stays open.
    public func stop() async {
        await end()
        feed.close()
    }

    /// The same, but the feed goes on: another node publishes to it from now on.
    package func end() async {
        core.close()
        await stopped.wait()
    }

    /// Returns when the thread has ended, because the engine was stopped or because another node writes.
    package func hasEnded() async { await stopped.wait() }

    /// The state after the last committed event, once the thread has ended. The engine gives it away, so it is for one caller.
    package func takeState() -> InventoryState { core.takeState() }

    /// How many commands wait, and how many may wait.
    public var waiting: (count: Int, capacity: Int) { (core.inbox.count, core.inbox.capacity) }

    /// What the engine did since it started.
    public var statistics: EngineCounters { core.counters }

    /// The time that has passed, which is the `now` of ``Journal/prune(_:protected:now:)``.
    public var passedTime: Timestamp { core.clock.passed() }

    /// A clock of this process that never falls.
    public static let uptime: @Sendable () -> Duration = {
        let start = ContinuousClock.now
        return { ContinuousClock.now - start }
    }()
}
