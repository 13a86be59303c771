import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// All sources and sinks around one engine, running.
///
/// The order at shutdown is the order of the data. ``runSources()`` is cancelled first. Then the engine is stopped, which ends the
/// feed. ``runSinks()`` returns by itself once each sink has taken the remaining events.
public final class Pipeline: PipelineObserver {
    private let engine: InventoryEngine
    private let makeSource: @Sendable (SourceRunner.Definition, [TopicUse]) -> SourceRunner
    private let makeSink: @Sendable (SinkRunner.Definition) -> SinkRunner
    private let members: Mutex<Members>
    private let logger: Logger
    /// The sources' devices and the sinks' displays.
    public let devices: DeviceRegistry
    public let displays: DisplayRegistry
    /// The runners that begin, also those that a reload adds.
    private let (sourcesToRun, newSource) = AsyncStream.makeStream(of: SourceRunner.self)
    private let (sinksToRun, newSink) = AsyncStream.makeStream(of: SinkRunner.self)

    /// What runs, in the order of plugins.json.
    private struct Members {
        var sources: [SourceRunner]
        var sinks: [SinkRunner]
        var retention: Retention
        /// Whether the end has begun, so that nothing more starts.
        var isEnding = false
    }

    public init(
        engine: InventoryEngine, sources: [SourceRunner.Definition], sinks: [SinkRunner.Definition], defaultLocation: String,
        topics: [TopicUse] = [], setAside: SetAside? = nil, sourceFolder: String? = nil, retention: Retention = Retention(),
        logger: Logger, version: String, ahead: AheadPolicy = .anotherJournal,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.engine = engine
        self.logger = logger
        let (devices, displays) = (DeviceRegistry(), DisplayRegistry())
        (self.devices, self.displays) = (devices, displays)
        makeSource = { definition, topics in
            SourceRunner(
                definition, gateway: engine, journal: engine.journal, defaultLocation: defaultLocation, logger: logger,
                version: version, devices: devices, topics: topics, setAside: setAside, folder: sourceFolder, clock: clock)
        }
        makeSink = { definition in
            SinkRunner(
                definition, feed: engine.feed, journal: engine.journal, gateway: engine, displays: displays, logger: logger,
                version: version, ahead: ahead, clock: clock)
        }
        let (makeSource, makeSink) = (makeSource, makeSink)
        let runners = (sources.map { makeSource($0, topics) }, sinks.map(makeSink))
        members = Mutex(Members(sources: runners.0, sinks: runners.1, retention: retention))
        for source in runners.0 { newSource.yield(source) }
        for sink in runners.1 { newSink.yield(sink) }
    }

    private var sources: [SourceRunner] { members.withLock { $0.sources } }
    private var sinks: [SinkRunner] { members.withLock { $0.sinks } }

    /// Runs all sources until the task is cancelled.
    public func runSources() async {
        await withTaskGroup(of: Void.self) { group in
            for await source in sourcesToRun { group.addTask { await source.run() } }
        }
    }

    /// Runs all sinks until ``drain()`` was called, the feed has ended and each sink has taken the remaining events, or until the task is
    /// cancelled.
    public func runSinks() async {
        await withTaskGroup(of: Void.self) { group in
            for await sink in sinksToRun { group.addTask { await sink.run() } }
        }
    }

    /// Tells the sinks that the feed is about to end.
    public func drain() {
        let sinks = members.withLock { members in
            members.isEnding = true
            return members.sinks
        }
        newSource.finish()
        newSink.finish()
        for sink in sinks { sink.drain() }
    }

    // MARK: Reloading

    /// What changes while the pipeline runs. An entry that is in `stopped` and in `started` is replaced.
    public struct Change: Sendable {
        public var stopped: Set<String>
        public var sources: [SourceRunner.Definition]
        public var sinks: [SinkRunner.Definition]
        /// The topics of all entries after the change.
        public var topics: [TopicUse]
        /// The names of all entries after the change, in their order.
        public var order: [String]

        public init(
            stopped: Set<String>, sources: [SourceRunner.Definition], sinks: [SinkRunner.Definition], topics: [TopicUse],
            order: [String]
        ) {
            self.stopped = stopped
            self.sources = sources
            self.sinks = sinks
            self.topics = topics
            self.order = order
        }
    }

    /// Ends what has to end, and then starts what has to start. All others go on untouched. A sink ends between two deliveries, within
    /// `limit`, and the one in its place goes on from its position.
    ///
    /// Returns false, and starts nothing, once the end of the server has begun. For one caller at a time.
    public func apply(_ change: Change, within limit: Duration) async -> Bool {
        let (oldSources, oldSinks) = members.withLock { members in
            (
                members.sources.filter { change.stopped.contains($0.definition.name) },
                members.sinks.filter { change.stopped.contains($0.definition.name) }
            )
        }
        await withTaskGroup(of: Void.self) { group in
            for source in oldSources { group.addTask { await source.retire() } }
            for sink in oldSinks { group.addTask { await sink.retire(within: limit) } }
        }
        let sources = change.sources.map { makeSource($0, change.topics) }
        let sinks = change.sinks.map(makeSink)
        let place = Dictionary(change.order.enumerated().map { ($1, $0) }) { first, _ in first }
        let isApplied = members.withLock { members in
            members.sources.removeAll { change.stopped.contains($0.definition.name) }
            members.sinks.removeAll { change.stopped.contains($0.definition.name) }
            if members.isEnding { return false }
            members.sources += sources
            members.sinks += sinks
            members.sources.sort { place[$0.definition.name, default: 0] < place[$1.definition.name, default: 0] }
            members.sinks.sort { place[$0.definition.name, default: 0] < place[$1.definition.name, default: 0] }
            return true
        }
        if isApplied {
            for source in sources { newSource.yield(source) }
            for sink in sinks { newSink.yield(sink) }
        }
        return isApplied
    }

    /// Keeps events as `retention` says from now on.
    public func retain(_ retention: Retention) { members.withLock { $0.retention = retention } }

    /// Runs `body` with a running sink between two of its deliveries; not at all if there is no such sink.
    public func betweenDeliveries(of name: String, _ body: @Sendable (any Sink) async -> Void) async {
        guard let runner = sinks.first(where: { $0.definition.name == name }) else { return }
        await runner.turn.take { await body(runner.definition.sink) }
    }

    /// The running sink of this name.
    public func sink(named name: String) -> (any Sink)? { sinks.first { $0.definition.name == name }?.definition.sink }

    /// Deletes the events that retention no longer keeps, now and every `interval`, until the task is cancelled.
    public func runRetention(every interval: Duration = .seconds(60)) async {
        while !Task.isCancelled {
            do {
                let report = try await engine.journal.prune(
                    members.withLock { $0.retention }, protected: protectedPosition, now: engine.passedTime)
                if report.unread > 0 {
                    logger.error(
                        "The journal reached its hard limit and deleted events that a sink had not read. That sink never gets them.",
                        metadata: ["unread": "\(report.unread)", "firstKept": "\(report.firstKept)"])
                }
            } catch is CancellationError {
                return
            } catch {
                logger.warning(
                    "Retention could not delete old events of the journal. It tries again later.", metadata: ["error": "\(error)"])
            }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    /// The last event that every durable sink is done with.
    private var protectedPosition: UInt64 {
        sinks.filter { $0.definition.mode == .durable }.map(\.position).min() ?? engine.feed.head
    }

    public func deliveries(of sink: String) -> [DeliveryLog.Attempt]? {
        sinks.first { $0.definition.name == sink }?.deliveries.recent
    }

    public func replay(_ request: ReplayRequest, to sink: String, isPlan: Bool) async throws -> Replay {
        let runner = try runner(of: sink)
        return isPlan ? try await runner.planReplay(request) : try await runner.replay(request)
    }

    public func cancelReplay(of sink: String) throws(ReplayRefusal) -> Replay {
        guard let replay = try runner(of: sink).cancelReplay() else { throw .none }
        return replay
    }

    private func runner(of sink: String) throws(ReplayRefusal) -> SinkRunner {
        guard let runner = sinks.first(where: { $0.definition.name == sink }) else { throw .unknownSink }
        return runner
    }

    public func status() async -> PipelineStatus {
        PipelineStatus(
            epoch: engine.journal.epoch, head: engine.feed.head, inbox: engine.waiting, engine: engine.statistics,
            sources: sources.map { $0.report() }, sinks: sinks.map { $0.report() })
    }
}
