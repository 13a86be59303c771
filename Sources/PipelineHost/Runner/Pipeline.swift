import Logging
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// All sources and sinks around one engine, running.
///
/// The order at shutdown is the order of the data. ``runSources()`` is cancelled first. Then the engine is stopped, which ends the
/// feed. ``runSinks()`` returns by itself once each sink has taken the remaining events.
public final class Pipeline: PipelineObserver {
    private let engine: InventoryEngine
    private let sources: [SourceRunner]
    private let sinks: [SinkRunner]
    private let retention: Retention
    private let logger: Logger
    private let clock: @Sendable () -> Timestamp
    /// The sources' devices and the sinks' displays.
    public let devices = DeviceRegistry()
    public let displays = DisplayRegistry()

    public init(
        engine: InventoryEngine, sources: [SourceRunner.Definition], sinks: [SinkRunner.Definition], defaultLocation: String,
        topics: [TopicUse] = [], setAside: SetAside? = nil, sourceFolder: String? = nil, retention: Retention = Retention(),
        logger: Logger, version: String,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.engine = engine
        self.retention = retention
        self.logger = logger
        self.clock = clock
        let devices = devices
        let displays = displays
        self.sources = sources.map {
            SourceRunner(
                $0, gateway: engine, journal: engine.journal, defaultLocation: defaultLocation, logger: logger, version: version,
                devices: devices, topics: topics, setAside: setAside, folder: sourceFolder, clock: clock)
        }
        self.sinks = sinks.map {
            SinkRunner(
                $0, feed: engine.feed, journal: engine.journal, gateway: engine, displays: displays, logger: logger,
                version: version,
                clock: clock)
        }
    }

    /// Runs all sources until the task is cancelled.
    public func runSources() async {
        await withTaskGroup(of: Void.self) { group in
            for source in sources { group.addTask { await source.run() } }
        }
    }

    /// Runs all sinks until the feed has ended and each sink has taken the remaining events, or until the task is cancelled.
    public func runSinks() async {
        await withTaskGroup(of: Void.self) { group in
            for sink in sinks { group.addTask { await sink.run() } }
        }
    }

    /// Tells the sinks that the feed is about to end.
    public func drain() {
        for sink in sinks { sink.drain() }
    }

    /// Deletes the events that retention no longer keeps, now and every `interval`, until the task is cancelled.
    public func runRetention(every interval: Duration = .seconds(60)) async {
        while !Task.isCancelled {
            do {
                let report = try await engine.journal.prune(retention, protected: protectedPosition, now: engine.passedTime)
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
