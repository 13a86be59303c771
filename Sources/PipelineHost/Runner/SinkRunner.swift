import Backoff
import Foundation
import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Runs one sink: reads the feed from the sink's position, filters, delivers, retries, stores the position, and counts.
///
/// A sink that fails or hangs holds up only its own position in the journal.
public final class SinkRunner: Sendable {
    /// A sink as the configuration describes it.
    public struct Definition: Sendable {
        public var name: String
        public var plugin: String
        public var mode: SinkMode
        public var sink: any Sink
        public var filter: EventFilter
        public var retry: Backoff
        /// How often one batch is tried before its events become dead letters; `nil` never gives up.
        public var attempts: Int?
        /// How often an event is offered that the other side refuses, before it becomes a dead letter.
        public var rejectAfter: Int
        public var deadLetters: DeadLetterFile
        /// The file that the sink may keep for itself.
        public var file: SourceFile?
        public var placement: Placement
        /// Makes the sink anew, since one that was stopped does not start again; `nil` for a sink that does.
        public var make: (@Sendable () throws -> any Sink)?

        public init(
            name: String, plugin: String, mode: SinkMode, sink: any Sink, filter: EventFilter = EventFilter(),
            retry: Backoff = Backoff(), attempts: Int? = nil, rejectAfter: Int = 3, deadLetters: DeadLetterFile,
            file: SourceFile? = nil, placement: Placement = .each, make: (@Sendable () throws -> any Sink)? = nil
        ) {
            self.placement = placement
            self.make = make
            self.name = name
            self.plugin = plugin
            self.mode = mode
            self.sink = sink
            self.filter = filter
            self.retry = retry
            self.attempts = attempts
            self.rejectAfter = rejectAfter
            self.deadLetters = deadLetters
            self.file = file
        }

        func remade() throws -> Self {
            var copy = self
            copy.sink = try make?() ?? sink
            return copy
        }
    }

    /// The most events that a sink is given at once.
    private static let batchLimit = 1_000

    public let definition: Definition
    let feed: Feed
    let journal: any Journal
    private let gateway: (any CommandGateway)?
    private let displays: DisplayRegistry
    let logger: Logger
    private let version: String
    private let ahead: AheadPolicy
    let clock: @Sendable () -> Timestamp
    let sleep: @Sendable (Duration) async throws -> Void
    let progress: Mutex<SinkProgress>
    /// One delivery at a time, of current events or of a replay.
    let turn = Turn()
    let replays = ReplayQueue()
    let stopper = Stopper()
    /// Opens when the sink was started, or could not be started at the first try.
    let firstTry = Latch()
    /// Whether this runner never runs, since another node of the cluster leads.
    let isStandby: Bool
    /// Whether this process may deliver at this moment.
    private let isOwner: @Sendable () -> Bool
    /// The last tries to deliver; none for a live sink, which delivers to nobody in particular.
    public let deliveries = DeliveryLog()

    /// A runner of the sink. `ahead` is for the sink's clients. A delivery waits until `isOwner` is true. `sleep` is how the runner
    /// pauses; it throws when the task is cancelled.
    public init(
        _ definition: Definition, feed: Feed, journal: any Journal, gateway: (any CommandGateway)? = nil,
        displays: DisplayRegistry = DisplayRegistry(), logger: Logger, version: String, ahead: AheadPolicy = .anotherJournal,
        isStandby: Bool = false, isOwner: @escaping @Sendable () -> Bool = { true }, clock: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.definition = definition
        self.feed = feed
        self.journal = journal
        self.gateway = gateway
        self.displays = displays
        var logger = logger
        logger[metadataKey: "sink"] = "\(definition.name)"
        self.logger = logger
        self.version = version
        self.ahead = ahead
        self.isStandby = isStandby
        self.isOwner = isOwner
        self.clock = clock
        self.sleep = sleep
        // A durable sink protects every event until its position is read from the journal.
        progress = Mutex(SinkProgress(position: definition.mode == .durable ? 0 : feed.head, isStandby: isStandby))
    }

    /// The last event with which the sink is done.
    public var position: UInt64 { progress.withLock { $0.position } }

    /// Runs until the feed has ended and every event in it is delivered, until ``retire(within:)``, or until the task is cancelled. Then
    /// stops the sink.
    public func run() async {
        await stopper.run { await self.work() }
        await definition.sink.stop()
        progress.withLock { $0.hasStopped() }
        firstTry.open()
        stopper.end()
    }

    /// Ends the sink between two deliveries, once it has what is committed by now. A sink that fails, or that does not get so far in
    /// `limit`, ends at once and keeps its position. A delivery that is under way then has at least `grace`. Returns once the sink has
    /// stopped.
    public func retire(within limit: Duration, grace: Duration = .seconds(1)) async {
        let (goal, end) = (feed.head, ContinuousClock.now + limit)
        // Rare enough to look again and again: the position has no one who tells of its changes, since it changes with every batch.
        while position < goal, ContinuousClock.now < end, progress.withLock({ $0.state == .running }) {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
        }
        let rest = progress.withLock { $0.state == .running } ? max(grace, ContinuousClock.now.duration(to: end)) : .zero
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.turn.take { self.stopper.stop() } }
            group.addTask {
                try? await Task.sleep(for: rest)
                self.stopper.stop()
            }
            await group.next()
            group.cancelAll()
        }
        await stopper.hasEnded()
    }

    private func work() async {
        do {
            try await begin()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.definition.sink.attend() }
                group.addTask { await self.deliverReplays() }
                defer { group.cancelAll() }
                try await deliverAll()
            }
        } catch is CancellationError {
            // The runner was cancelled at shutdown: events that are not delivered stay in the journal.
        } catch {
            logger.error(
                "The sink's runner ended, so the sink gets no more events. Restart the server, and report this.",
                metadata: ["error": "\(error)"])
            note(error)
        }
    }

    /// Notes that the feed is about to end: the sink now catches up for the last time.
    public func drain() { progress.withLock { $0.isDraining() } }

    /// Returns the sink's state, position and counters.
    public func report() -> PipelineStatus.SinkReport {
        let progress = progress.withLock { $0 }
        // What another node delivers is no lag of this one.
        let head = isStandby ? progress.position : feed.head
        let counters = progress.counters(head: head)
        var lag = 0.0
        if counters.pending > 0, let oldest = feed.timestamp(of: progress.position + 1) ?? progress.lastTimestamp {
            lag = max(0, Double(clock().milliseconds - oldest.milliseconds) / 1000)
        }
        var report = PipelineStatus.SinkReport(
            name: definition.name, plugin: definition.plugin, mode: definition.mode, state: progress.state,
            position: progress.position,
            lagEvents: counters.pending, lagSeconds: lag, counters: counters, lastError: progress.lastError,
            lastErrorAt: progress.lastErrorAt)
        report.metrics = (definition.sink as? any MeteredSink)?.sinkMetrics ?? []
        report.replay = replays.current
        return report
    }

    // MARK: Beginning

    /// Waits until this process may deliver. A leader that cannot reach the log for a moment goes on then; one that was replaced is
    /// stopped here. It looks again and again, since the window is a time that passes and tells nobody.
    func untilOwner() async throws {
        while !isOwner() { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// Finds the sink's position and starts the sink. Tries again until both succeed.
    private func begin() async throws {
        var hasPosition = false
        while true {
            do {
                let cursor = definition.mode == .durable ? try await journal.cursor(of: definition.name) : nil
                let range = try await journal.range()
                let head = feed.head
                // A sink that could not start keeps the position with which it began: events that retention deletes meanwhile count
                // as dropped.
                switch (definition.mode, cursor) {
                case (.live, _): progress.withLock { $0.begin(at: head) }
                case (.durable, _) where hasPosition: break
                case (.durable, let cursor?): progress.withLock { $0.begin(at: min(cursor, head)) }
                case (.durable, nil): progress.withLock { $0.begin(at: range.first - 1) }
                }
                hasPosition = true
                try await definition.sink.start(
                    SinkContext(
                        name: definition.name, logger: logger, epoch: journal.epoch, previous: journal.previous, cursor: cursor,
                        head: head, stock: journal, history: feed, file: definition.file, version: version,
                        filter: definition.filter, displays: displays,
                        reporter: Reporter(source: definition.name, gateway: gateway), deliveries: deliveries, ahead: ahead,
                        now: clock))
                progress.withLock { $0.isRunning() }
                firstTry.open()
                return
            } catch {
                firstTry.open()
                try await pause(after: error, what: "The sink could not start. The server tries again after a pause.")
            }
        }
    }

    // MARK: Reading

    private func deliverAll() async throws {
        var ahead: [EventEnvelope]?
        while !Task.isCancelled {
            var events = ahead
            if events == nil { events = try await read() }
            guard let events, let last = events.last else { break }
            async let next = readAhead(of: last.seq)
            do {
                try await turn.take {
                    try stopper.checkStop()
                    try await deliver(events)
                }
            } catch SinkError.disabled(let reason) {
                return await rest(because: reason)
            }
            ahead = await next
        }
    }

    /// Delivers nothing until the feed has ended, and keeps the position: the events stay in the journal for the next start.
    private func rest(because reason: String) async {
        logger.error(
            "The sink is disabled, so it gets no more events. What it was not sent stays in the journal.",
            metadata: ["reason": "\(reason)"])
        progress.withLock { $0.disable(reason, at: clock()) }
        var seen = feed.head
        // An error of the journal ends the waiting for the end only.
        while let last = (try? await feed.next(after: seen, limit: Self.batchLimit))??.last { seen = last.seq }
    }

    /// Reads the events after `seq` if they fill a whole batch, so that a sink that is behind does not wait for the journal between
    /// batches. A smaller batch is better read later, when it has grown. An error here is ignored: it shows again when these events
    /// are read in turn.
    private func readAhead(of seq: UInt64) async -> [EventEnvelope]? {
        guard feed.head >= seq + UInt64(Self.batchLimit) else { return nil }
        return try? await feed.next(after: seq, limit: Self.batchLimit)
    }

    private func read() async throws -> [EventEnvelope]? {
        while true {
            do {
                return try await feed.next(after: position, limit: Self.batchLimit)
            } catch let error as JournalError where error.code == .pruned {
                let first = try await journal.range().first
                let lost = first - 1 - position
                logger.error("The journal's hard limit deleted events that this sink had not read.", metadata: ["lost": "\(lost)"])
                progress.withLock {
                    $0.lose(through: first - 1)
                    $0.fail("\(lost) events were lost to the journal's hard limit", at: clock())
                }
            } catch {
                try await pause(
                    after: error,
                    what: "The sink's events could not be read from the journal. The server tries again after a pause.")
            }
        }
    }

    // MARK: Failing

    /// Notes the error and pauses, at least for `least`.
    func pause(after error: any Error, least: Duration? = nil, what: Logger.Message) async throws {
        if error is CancellationError || Task.isCancelled { throw CancellationError() }
        let failures = note(error)
        let pause = max(definition.retry.pause(afterFailures: failures), least ?? .zero)
        // Logged at powers of two only: a broker that is away all night must not fill the disk with log lines.
        if failures.nonzeroBitCount == 1 {
            logger.warning(what, metadata: ["error": "\(error)", "failures": "\(failures)"])
        }
        try await sleep(pause)
    }

    @discardableResult
    func note(_ error: any Error) -> Int {
        let now = clock()
        return progress.withLock {
            $0.fail("\(error)", at: now)
            return $0.failures
        }
    }
}
