import HTTPEndpoints
import Logging
import PipelineHost
import Synchronization
import TallywireConfiguration
import TallywireEngine
import TallywireHTTP
import TallywirePipeline

/// Reads plugins.json again while the server runs, and applies what has changed in it. One reload runs at a time.
final class ConfigurationReload: ConfigurationControl {
    private struct State {
        var configuration: PipelineConfiguration
        var revision = 1
        /// What each running sink serves on the port.
        var endpoints: [String: [any UpgradeEndpoint]]
    }

    private let load: @Sendable () throws -> PipelineConfiguration
    private let pipeline: Pipeline
    private let endpoints: EndpointTable
    private let logger: Logger
    private let state: Mutex<State>
    private let turn = Turn()
    /// How the last reload ended, for `/health/ready` and `/metrics`.
    let status = ReloadStatus(name: "configuration")

    /// - Parameters:
    ///   - load: reads the file as it was read at the start, with the same options of the command line.
    ///   - endpoints: the paths of the HTTP port, which this object fills with those of the sinks.
    init(
        _ configuration: PipelineConfiguration, sinks: [SinkRunner.Definition], pipeline: Pipeline, endpoints: EndpointTable,
        logger: Logger, load: @escaping @Sendable () throws -> PipelineConfiguration
    ) {
        self.load = load
        self.pipeline = pipeline
        self.endpoints = endpoints
        self.logger = logger
        state = Mutex(State(configuration: configuration, endpoints: Self.endpoints(of: sinks)))
        serve(sinks.map(\.name), replaced: [:])
    }

    var running: (configuration: ConfigurationValue, revision: Int) {
        state.withLock { ($0.configuration.shown, $0.revision) }
    }

    func reload() async throws -> ReloadReport {
        try await turn.take {
            do {
                let report = try await apply(try read())
                status.succeeded()
                logger.notice("The server has read plugins.json again.", metadata: Self.words(of: report))
                return report
            } catch {
                status.failed("\(error)")
                logger.error(
                    "plugins.json cannot be used as it is now, and nothing was changed. Mend the file, and have it read again.",
                    metadata: ["error": "\(error)"])
                throw error
            }
        }
    }

    /// The file's configuration. A name in an option of the command line that the file no longer has is a mistake like any other.
    private func read() throws -> PipelineConfiguration {
        do { return try load() } catch let error as UnknownNameError {
            throw ConfigurationError([ConfigurationDiagnostic(file: error.option, message: "\(error)")])
        }
    }

    private static func words(of report: ReloadReport) -> Logger.Metadata {
        let lists = [
            ("applied", report.applied), ("started", report.started), ("stopped", report.stopped), ("restarted", report.restarted),
            ("restart needed", report.restartNeeded.map(\.path)),
        ]
        return Dictionary(
            uniqueKeysWithValues: lists.filter { !$0.1.isEmpty }.map { ($0, "\($1.joined(separator: ", "))") })
    }

    // MARK: Applying

    private func apply(_ new: PipelineConfiguration) async throws -> ReloadReport {
        let old = state.withLock { $0.configuration }
        let change = try ConfigurationChange(from: old, to: new)
        let sinks = try (change.sinks.started + change.sinks.restarted).map {
            try SinkRunner.Definition($0, folder: new.sinkDirectory)
        }
        let sources = try (change.sources.started + change.sources.restarted).map(SourceRunner.Definition.init)
        try Self.checkPaths(of: sinks, in: new)
        let adjusted = sinks.filter { canAdjust($0, from: old, to: new) }
        let replaced = sinks.filter { sink in !adjusted.contains { $0.name == sink.name } }
        let restarted = change.sources.restarted.map(\.name) + change.sinks.restarted.map(\.name)
        let stopped = change.sources.stopped + change.sinks.stopped
        let isApplied = await pipeline.apply(
            Pipeline.Change(
                stopped: Set(stopped + restarted).subtracting(adjusted.map(\.name)), sources: sources, sinks: replaced,
                topics: try new.topics, order: new.sources.map(\.name) + new.sinks.map(\.name)),
            within: old.shutdown.drain)
        guard isApplied else { throw ServerIsEnding() }
        for sink in adjusted { await adjust(to: sink) }
        if change.changesRetention { pipeline.retain(new.journal.journalRetention) }
        // A path refuses its clients until its sink runs.
        await pipeline.firstTries { $0 is any UpgradingSink }
        serve(new.sinks.map(\.name), replaced: Self.endpoints(of: replaced))

        var report = ReloadReport(revision: 0)
        report.applied = adjusted.map(\.name) + (change.changesRetention ? ["journal.retention"] : [])
        report.started = change.sources.started.map(\.name) + change.sinks.started.map(\.name)
        report.stopped = stopped
        report.restarted = restarted.filter { !report.applied.contains($0) }
        report.restartNeeded = change.pending
        let changesNothing = report.changesNothing
        report.revision = state.withLock { state in
            state.configuration = old.applying(change, to: new)
            if !changesNothing { state.revision += 1 }
            return state.revision
        }
        return report
    }

    /// Whether a running sink can go on with the options of `sink`: it differs in nothing that its runner keeps.
    private func canAdjust(_ sink: SinkRunner.Definition, from old: PipelineConfiguration, to new: PipelineConfiguration) -> Bool {
        guard let before = old.sinks.first(where: { $0.name == sink.name }),
            let after = new.sinks.first(where: { $0.name == sink.name }), before.differsInOptionsAlone(from: after),
            let running = pipeline.sink(named: sink.name) as? any AdjustableSink
        else { return false }
        return running.canBecome(sink.sink)
    }

    private func adjust(to sink: SinkRunner.Definition) async {
        await pipeline.betweenDeliveries(of: sink.name) { running in
            await (running as? any AdjustableSink)?.become(sink.sink)
        }
    }

    // MARK: Paths

    /// Serves the paths of these sinks, in this order. `replaced` has those of sinks that are new.
    private func serve(_ names: [String], replaced: [String: [any UpgradeEndpoint]]) {
        let all = state.withLock { state in
            state.endpoints = state.endpoints.filter { names.contains($0.key) }.merging(replaced) { $1 }
            return names.flatMap { state.endpoints[$0] ?? [] }
        }
        endpoints.replace(with: all)
    }

    static func endpoints(of sinks: [SinkRunner.Definition]) -> [String: [any UpgradeEndpoint]] {
        Dictionary(sinks.map { ($0.name, ($0.sink as? any UpgradingSink)?.endpoints ?? []) }) { first, _ in first }
    }

    /// Throws if a sink wants to answer requests at a path of the API or of a page.
    static func checkPaths(of sinks: [SinkRunner.Definition], in configuration: PipelineConfiguration) throws {
        for sink in sinks {
            for case let endpoint as any RequestEndpoint in (sink.sink as? any UpgradingSink)?.endpoints ?? []
            where InventoryAPI.isTaken(endpoint.path) {
                throw ConfigurationError([
                    configuration.diagnostic(
                        ofSink: sink.name, at: "path",
                        message:
                            "“path”: there is a page or a call of the API at \(endpoint.path); choose another for the sink")
                ])
            }
        }
    }
}
