import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// All sources and sinks around one journal, running.
///
/// The order at shutdown is the order of the data. ``runSources()`` is cancelled first. Then whoever decides commands is stopped, which
/// ends the feed. ``runSinks()`` returns by itself once each sink has taken the remaining events.
///
/// On a node of a cluster, what is placed at the leader runs from ``beginLeading(_:)`` to ``endLeading(within:)`` only.
public final class Pipeline: PipelineObserver {
    let journal: any Journal
    let feed: Feed
    private let writer: any WriterStatus
    let parts: PipelineParts
    let members: Mutex<Members>
    let logger: Logger
    /// The sources' devices and the sinks' displays.
    public let devices: DeviceRegistry
    public let displays: DisplayRegistry
    /// The runners that begin, also those that a reload adds.
    let (sourcesToRun, newSource) = AsyncStream.makeStream(of: SourceRunner.self)
    let (sinksToRun, newSink) = AsyncStream.makeStream(of: SinkRunner.self)
    /// What changes the members does so one at a time.
    let changes = Turn()

    /// What runs, in the order of plugins.json.
    struct Members {
        var sources: [SourceRunner]
        var sinks: [SinkRunner]
        var retention: Retention
        var topics: [TopicUse]
        var place: Place
        /// Whether the end has begun, so that nothing more starts.
        var isEnding = false
    }

    /// What runs in this process.
    enum Place {
        /// Everything: there is no other node.
        case alone
        /// What is placed on each node.
        case follower
        /// That, and what is placed at the leader.
        case leader(LeaderRole)

        func runs(_ placement: Placement) -> Bool {
            if placement == .leader, case .follower = self { return false }
            return true
        }
    }

    /// - Parameters:
    ///   - gateway: where sources hand in commands.
    ///   - journal: the journal of this process, with the events of `feed`.
    ///   - writer: what `/api/pipeline` shows of whoever decides.
    ///   - ownPositions: on a node of a cluster, where the positions of what runs on each node are kept; `nil` without a cluster.
    ///   - ahead: what a position beyond the last event means for the clients of sinks.
    public init(
        gateway: any CommandGateway, journal: any Journal, feed: Feed, writer: any WriterStatus,
        ownPositions: (any Journal)? = nil, sources: [SourceRunner.Definition], sinks: [SinkRunner.Definition],
        defaultLocation: String, topics: [TopicUse] = [], setAside: SetAside? = nil, sourceFolder: String? = nil,
        retention: Retention = Retention(), logger: Logger, version: String, ahead: AheadPolicy = .anotherJournal,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.journal = journal
        self.feed = feed
        self.writer = writer
        self.logger = logger
        (devices, displays) = (DeviceRegistry(), DisplayRegistry())
        parts = PipelineParts(
            gateway: gateway, journal: ownPositions ?? journal, feed: feed, defaultLocation: defaultLocation, setAside: setAside,
            sourceFolder: sourceFolder, devices: devices, displays: displays, logger: logger, version: version, ahead: ahead,
            clock: clock)
        let place: Place = ownPositions == nil ? .alone : .follower
        let runners = (
            sources.map { [parts] in parts.source($0, topics, at: place) }, sinks.map { [parts] in parts.sink($0, at: place) }
        )
        members = Mutex(
            Members(sources: runners.0, sinks: runners.1, retention: retention, topics: topics, place: place))
        for source in runners.0 where !source.isStandby { newSource.yield(source) }
        for sink in runners.1 where !sink.isStandby { newSink.yield(sink) }
    }

    private var sources: [SourceRunner] { members.withLock { $0.sources } }
    var sinks: [SinkRunner] { members.withLock { $0.sinks } }

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
        // Those that never ran.
        for sink in sinks { sink.firstTry.open() }
    }

    /// Returns once ``runSinks()`` has started every sink for which `isIncluded` is true, or has failed to at the first try. A sink that
    /// does not run in this process is left out.
    public func firstTries(where isIncluded: (any Sink) -> Bool) async {
        for sink in sinks where !sink.isStandby && isIncluded(sink.definition.sink) { await sink.firstTry.wait() }
    }

    /// Tells the sinks that the feed is about to end.
    public func drain() {
        let sinks = members.withLock { members in
            members.isEnding = true
            return members.sinks
        }
        newSource.finish()
        newSink.finish()
        for sink in sinks where !sink.isStandby { sink.drain() }
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
    /// Returns false, and starts nothing, once the end of the server has begun.
    public func apply(_ change: Change, within limit: Duration) async -> Bool {
        await changes.take { await carryOut(change, within: limit) }
    }

    private func carryOut(_ change: Change, within limit: Duration) async -> Bool {
        let (oldSources, oldSinks, current) = members.withLock { members in
            (
                members.sources.filter { change.stopped.contains($0.definition.name) },
                members.sinks.filter { change.stopped.contains($0.definition.name) }, members.place
            )
        }
        await retire(oldSources, oldSinks, within: limit)
        let sources = change.sources.map { parts.source($0, change.topics, at: current) }
        let sinks = change.sinks.map { parts.sink($0, at: current) }
        let place = Dictionary(change.order.enumerated().map { ($1, $0) }) { first, _ in first }
        let isApplied = members.withLock { members in
            members.sources.removeAll { change.stopped.contains($0.definition.name) }
            members.sinks.removeAll { change.stopped.contains($0.definition.name) }
            if members.isEnding { return false }
            members.topics = change.topics
            members.sources += sources
            members.sinks += sinks
            members.sources.sort { place[$0.definition.name, default: 0] < place[$1.definition.name, default: 0] }
            members.sinks.sort { place[$0.definition.name, default: 0] < place[$1.definition.name, default: 0] }
            return true
        }
        if isApplied {
            for source in sources where !source.isStandby { newSource.yield(source) }
            for sink in sinks where !sink.isStandby { newSink.yield(sink) }
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

    /// The running sink of this name; `nil` for a sink of a cluster's leader, which is made anew from its definition with each role.
    public func sink(named name: String) -> (any Sink)? {
        let (runner, place) = members.withLock { members in
            (members.sinks.first { $0.definition.name == name }, members.place)
        }
        if case .alone = place { return runner?.definition.sink }
        return runner?.definition.placement == .each ? runner?.definition.sink : nil
    }

    /// Deletes the events that retention no longer keeps, now and every `interval`, until the task is cancelled.
    public func runRetention(every interval: Duration = .seconds(60)) async {
        while !Task.isCancelled {
            do {
                let report = try await journal.prune(
                    members.withLock { $0.retention }, protected: try await protectedPosition(), now: writer.passedTime)
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

    /// The last event that every durable sink is done with, also those of other nodes.
    private func protectedPosition() async throws -> UInt64 {
        var position = feed.head
        for sink in sinks where sink.definition.mode == .durable {
            position = min(position, sink.isStandby ? try await journal.cursor(of: sink.definition.name) ?? 0 : sink.position)
        }
        return position
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
        if runner.isStandby { throw .elsewhere }
        return runner
    }

    public func runsElsewhere(_ sink: String) -> Bool {
        sinks.contains { $0.definition.name == sink && $0.isStandby }
    }

    public func status() async -> PipelineStatus {
        var reports = sinks.map { $0.report() }
        for index in reports.indices where reports[index].state == .standby {
            // Where the journal cannot be read, the position is not known.
            reports[index].position = (try? await journal.cursor(of: reports[index].name)) ?? 0
        }
        return PipelineStatus(
            epoch: journal.epoch, previous: journal.previous, head: feed.head, inbox: writer.waiting, engine: writer.statistics,
            sources: sources.map { $0.report() }, sinks: reports)
    }
}
