import Logging
import Synchronization
import TallywireCore

/// From where an engine goes on.
public struct EngineBeginning: Sendable {
    /// The state after the last committed event. The engine changes it from now on, so nobody else may keep a copy: a copy that is
    /// shared would be made whole at the next change.
    public var state: InventoryState
    public var clocks: JournalClocks

    public init(state: InventoryState, clocks: JournalClocks) {
        self.state = state
        self.clocks = clocks
    }

    /// What `journal` has stored.
    public init(loading journal: any Journal) throws {
        self.init(state: try journal.load(), clocks: try journal.clocks())
    }
}

/// An engine without a thread of its own: whoever owns it steps its loop. ``InventoryEngine`` gives it a thread, and a simulation
/// steps it by hand.
package final class EngineCore: CommandGateway {
    let inbox: Inbox
    let clock: EngineClock
    private let recorder = EngineRecorder()
    private let gate: WriteGate?
    /// Contended by nobody, since one thread steps the loop. `Mutex` is used only to hold a `~Copyable` value in a class.
    private let loop: Mutex<EngineLoop>

    /// - Parameters:
    ///   - appender: makes what commits batches beside the loop. It calls the closure that it is given when a result is there.
    ///   - commitsAside: whether every batch goes to the appender, because a commit waits for other machines.
    package init(
        _ beginning: consuming EngineBeginning, journal: any Journal, feed: Feed, configuration: InventoryEngine.Configuration,
        commitsAside: Bool, logger: Logger, clock: @escaping @Sendable () -> Timestamp,
        uptime: @escaping @Sendable () -> Duration, makeID: @escaping @Sendable (Timestamp) -> String,
        appender: (_ whenDone: @escaping @Sendable () -> Void) -> any BatchAppender
    ) {
        gate = configuration.gate
        let inbox = Inbox(capacity: configuration.inbox)
        self.inbox = inbox
        let clock = EngineClock(beginning.clocks, wall: clock, uptime: uptime, logger: logger)
        self.clock = clock
        let writer = Writer(
            state: beginning.state, journal: journal, clock: clock, times: configuration.times, handling: configuration.handling,
            logger: logger, makeID: makeID)
        loop = Mutex(
            EngineLoop(
                writer: writer, inbox: inbox, journal: journal, appender: appender { inbox.wakeUp() }, feed: feed,
                limits: EngineLoop.Limits(commands: configuration.batch, bytes: configuration.batchBytes),
                commitsAside: commitsAside, recorder: recorder, logger: logger))
    }

    /// Commits what has to be in the journal before anybody is served: the location `MAIN` in an empty journal, and the end of the
    /// reservations whose time was over while no server ran.
    package func prepare(publishingTo feed: Feed) throws {
        try loop.withLock { loop in
            if feed.head == 0 { feed.publish(try loop.writer.createMain()) }
            while let ended = try loop.writer.commitExpiries() { feed.publish(ended) }
        }
    }

    /// Does the work that is there, and says whether there is more. Waits for a commit only without `commitsAside`.
    package func step() -> EngineLoop.Next { loop.withLock { $0.step() } }

    /// Steps until the inbox is closed and every command in it has its outcome, or until another node writes.
    func run() { loop.withLock { $0.run() } }

    package func submit(
        _ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void
    ) {
        guard !commands.isEmpty else { return completion([]) }
        let submission = Submission(commands, in: lane, completion: completion)
        if let reason = gate?.reason {
            lane?.refuseAtWriter()
            return submission.cut(at: 0, Rejection(.unavailable, reason))
        }
        let full = Rejection(.overloaded, "\(inbox.capacity) commands are waiting already: try again in a second")
        switch inbox.put(submission, overload: full) {
        case .accepted: break
        case .cut(let count): recorder.overloaded(count)
        case .closed:
            lane?.refuseAtWriter()
            submission.cut(at: 0, Rejection(.unavailable, "this server takes no commands at the moment: try again in a moment"))
        }
    }

    /// Takes no more commands in; those that wait are still decided.
    package func close() { inbox.close() }

    /// The state after the last committed event. For the time after the loop's end, and only once: the core gives it away.
    package func takeState() -> InventoryState { loop.withLock { $0.writer.takeState() } }

    package var counters: EngineCounters {
        var counters = recorder.counters
        counters.clockSteps = clock.steps
        return counters
    }
}
