import DequeModule
import Foundation
import Logging
import Synchronization
import TallywireCore

/// The single writer: takes commands in, decides them against its state, commits what follows from them, and only then answers.
///
/// It runs on a thread of its own, which alone touches the state and appends to the journal. Commits are grouped adaptively: a batch is
/// whatever arrived while the last one was being committed, so a lone command does not wait and a flood shares its flushes.
/// Nothing is answered or published that is not on disk; when a commit fails, the state goes back to what it was and the commands of that
/// batch are refused as `unavailable`.
public final class InventoryEngine: CommandGateway {
    public struct Configuration: Sendable {
        /// Commands that may wait. Beyond it they are refused as `overloaded`.
        public var inbox: Int
        /// Commands in one commit, at most.
        public var batch: Int
        /// How much of the recent past the feed keeps in memory.
        public var feed: Feed.Capacity

        public init(inbox: Int = 65_536, batch: Int = 4_096, feed: Feed.Capacity = Feed.Capacity()) {
            self.inbox = inbox
            self.batch = batch
            self.feed = feed
        }
    }

    /// The committed events.
    public let feed: Feed
    public let journal: any Journal
    private let inbox: Inbox
    private let counters: Mutex<EngineCounters>
    private let stopped: Latch

    /// Opens the engine over `journal`, loads its state, creates the location `MAIN` in an empty one, and starts the thread.
    ///
    /// `clock` gives the time of each batch; a clock that goes back is held at the last time, so that timestamps never fall.
    /// `makeID` gives ids to commands that bring none, and must never give one twice. Both are called on the engine's thread.
    public init(
        journal: any Journal, configuration: Configuration = Configuration(), logger: Logger,
        clock: @escaping @Sendable () -> Timestamp = { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) },
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
        let counters = EngineCounters()
        self.counters = Mutex(counters)
        // The lock is never contended, since the thread alone uses the writer; it lets the compiler see that.
        let writer = Mutex(Writer(state: state, journal: journal, clock: clock, makeID: makeID))
        if state.seq == 0 { feed.publish(try writer.withLock { try $0.commit([Writer.creationOfMain]).events }) }
        let batch = configuration.batch
        let thread = Thread { [self, writer] in
            while let items = inbox.take(limit: batch) {
                writer.withLock { process(items, &$0, logger) }
            }
            feed.close()
            stopped.open()
        }
        thread.name = "tallywire.engine"
        thread.start()
    }

    public func submit(_ command: Command) async -> Outcome {
        await withCheckedContinuation { continuation in
            submit(command) { continuation.resume(returning: $0) }
        }
    }

    public func submit(_ command: Command, completion: @escaping @Sendable (Outcome) -> Void) {
        switch inbox.put(Inbox.Item(command: command, completion: completion)) {
        case .accepted: break
        case .full:
            counters.withLock { $0.overloaded += 1 }
            completion(.rejected(Rejection(.overloaded, "\(inbox.capacity) commands are waiting already: try again in a second")))
        case .closed:
            completion(.rejected(Rejection(.unavailable, "the server is shutting down: try again in a moment")))
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
    public var statistics: EngineCounters { counters.withLock { $0 } }

    private func process(_ items: Deque<Inbox.Item>, _ writer: inout Writer, _ logger: Logger) {
        do {
            let result = try writer.commit(items.lazy.map(\.command))
            feed.publish(result.events)
            counters.withLock { $0.count(result.outcomes, wroteBatch: result.wroteBatch) }
            for (item, outcome) in zip(items, result.outcomes) { item.completion(outcome) }
        } catch {
            let message = "\(error)"
            logger.error(
                "A commit failed; nothing of it was applied.", metadata: ["commands": "\(items.count)", "error": "\(message)"])
            counters.withLock {
                $0.failedCommits += 1
                $0.failure = message
            }
            let rejection = Rejection(.unavailable, "the journal cannot write, so nothing was applied: \(message)")
            for item in items { item.completion(.rejected(rejection)) }
        }
    }
}

/// What an engine counts.
public struct EngineCounters: Sendable {
    public var applied: UInt64 = 0
    public var rejected: UInt64 = 0
    public var duplicates: UInt64 = 0
    public var overloaded: UInt64 = 0
    public var commits: UInt64 = 0
    public var failedCommits: UInt64 = 0
    /// Failures since the last success.
    public var failedInARow: UInt64 = 0
    /// The last failure of a commit; `nil` again after the next success.
    public var failure: String?

    mutating func count(_ outcomes: [Outcome], wroteBatch: Bool) {
        for outcome in outcomes {
            switch outcome {
            case .applied(let receipt) where receipt.status == .duplicate: duplicates += 1
            case .applied: applied += 1
            case .rejected: rejected += 1
            }
        }
        if wroteBatch {
            commits += 1
            failedInARow = 0
            failure = nil
        }
    }
}
