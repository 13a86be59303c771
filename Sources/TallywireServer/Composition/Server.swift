import Backoff
import ClusterHTTP
import Foundation
import HTTPEndpoints
import HTTPPort
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import PipelineHost
import SQLiteJournal
import ServiceLifecycle
import Synchronization
import Systemd
import TallywireAccess
import TallywireCluster
import TallywireCommands
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywireHTTP
import TallywirePipeline

/// A server made from a configuration: journal, engine, pipeline and HTTP port, started and stopped in the order of the data.
///
/// At shutdown the sources take nothing more, the engine decides the waiting commands and closes the feed, and each sink takes the
/// remaining events. The HTTP port, which carries the WebSockets, closes last.
struct Server: Sendable {
    let configuration: PipelineConfiguration
    /// The plugins that the configuration could name.
    let plugins: PluginRegistry
    let logger: Logger
    /// Reads the configuration's file again, with the same options of the command line.
    let load: @Sendable () throws -> PipelineConfiguration
    /// The systemd that has started the server.
    var supervisor = Supervisor()

    /// The address at which a running server is reached.
    struct Address: Sendable {
        let host: String
        let port: Int

        /// `http`; with a certificate, `https`.
        var scheme = "http"

        var url: String { "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
    }

    /// Runs until SIGTERM or SIGINT. Calls `ready` once requests are served and the sinks that serve paths take clients. Returns the
    /// pipeline's state at the end.
    func run(ready: @escaping @Sendable (Address, PipelineStatus) async throws -> Void) async throws -> PipelineStatus {
        let sinks = try configuration.sinks.map { try SinkRunner.Definition($0, folder: configuration.sinkDirectory) }
        let sources = try configuration.sources.map(SourceRunner.Definition.init)
        try ConfigurationReload.checkPaths(of: sinks, in: configuration)
        let access = try await ServerAccess(configuration, logger: logger)
        for warning in access.warnings(configuration) { logger.warning("\(warning.message)") }
        let gate = WriteGate()
        let (core, setAside) = try await open(gate)
        let node = core as? NodeCore
        let pipeline = Pipeline(
            gateway: core.gateway, journal: core.journal, feed: core.feed, writer: core.writer,
            ownPositions: node.map { NodePositions($0.journal, node: $0.settings.node) }, sources: sources, sinks: sinks,
            defaultLocation: configuration.defaultLocation, topics: try configuration.topics, setAside: setAside,
            sourceFolder: configuration.sourceDirectory, retention: configuration.journal.journalRetention, logger: logger,
            version: tallywireVersion, ahead: core.ahead, clock: { .now })
        let checkpoints = JournalCheckpoints(core.journal, key: try CheckpointKey.open(beside: configuration.journal.path))
        let phase = Phase()
        let metrics = PortMetrics()
        let endpoints = EndpointTable()
        let reload = ConfigurationReload(
            configuration, sinks: sinks, pipeline: pipeline, endpoints: endpoints, logger: logger, load: load)
        let (web, stopAccepting) = application(
            core: core, gate: gate, pipeline: pipeline, endpoints: endpoints, reload: reload, access: access,
            checkpoints: checkpoints, phase: phase, metrics: metrics, ready: ready)
        let decider: any Service =
            if let node {
                NodeService(node: node.node, log: node.log, pipeline: pipeline, phase: phase, logger: logger)
            } else {
                EngineService(core: core, pipeline: pipeline, phase: phase)
            }
        // Shutdown goes through the list from the end.
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: web, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: SinkService(pipeline: pipeline, drain: configuration.shutdown.drain)),
                    .init(service: RetentionService(pipeline: pipeline)),
                    .init(
                        service: DiskWatch(
                            folder: configuration.dataDirectory, limits: configuration.journal.disk, gate: gate, logger: logger)),
                    .init(service: PublishedKeysService(keys: access.published)),
                    .init(
                        service: ReloadService(
                            items: access.reloads, configuration: reload, published: access.published, supervisor: supervisor,
                            logger: logger)),
                    .init(service: decider),
                    .init(service: SourceService(pipeline: pipeline)),
                    .init(
                        service: Supervision(
                            supervisor: supervisor, core: core, logger: logger, stopAccepting: stopAccepting)),
                ], logger: logger))
        let shutdown = Shutdown(drain: configuration.shutdown.drain)
        do {
            try await shutdown.run(group)
        } catch  where shutdown.failure == nil {
            await core.stop()
            try core.journal.close()
            throw Self.explained(error, configuration.http)
        } catch {
            // Each service that was cancelled reports that in its own way.
            logger.debug("The services did not end by themselves and were cancelled.", metadata: ["error": "\(error)"])
        }
        let account = await pipeline.status()
        await core.stop()
        try core.journal.close()
        let cut = metrics.count(of: .cut)
        if cut > 0 { logger.warning("\(cut) connections were cut, because their clients did not read their responses") }
        if let error = phase.error ?? shutdown.failure { throw error }
        return account
    }

    /// Opens the journal and what decides about it.
    private func open(_ gate: WriteGate) async throws -> (any InventoryCore, SetAside) {
        var settings = configuration.engineConfiguration
        settings.gate = gate
        if let cluster = configuration.cluster {
            let core = try await NodeStart(configuration, cluster, logger: logger).open(engine: settings)
            do { return (core, try setAside(for: &settings)) } catch {
                await core.stop()
                try core.journal.close()
                throw error
            }
        }
        let journal = try SQLiteJournal(
            path: configuration.journal.path,
            configuration: .init(
                keepAnswers: settings.times.answers, maximumAnswers: configuration.journal.idempotency.maximum,
                known: try configuration.sinks.flatMap { try $0.witnesses() },
                mayBegin: { [path = configuration.journal.path] in Self.mayBegin(path, $0) }),
            logger: logger)
        do {
            let setAside = try setAside(for: &settings)
            let engine = try InventoryEngine(journal: journal, configuration: settings, logger: logger)
            return (SingleCore(engine: engine, journal: journal), setAside)
        } catch {
            try journal.close()
            throw error
        }
    }

    /// A service cannot ask: it goes on under a new epoch, and says so in its log.
    private static func mayBegin(_ path: String, _ reason: String) -> Bool {
        Question.isAgreed(
            """
            The journal \(path) is not the one that was written last in its place: \(reason).
            It can go on under a new epoch: clients take all values anew, and the JSON log begins a new file. If there is a newer copy, say no \
            and put that in its place. Go on?
            """) ?? true
    }

    /// The note of what is being handled, beside the journal, whose lock keeps other servers away from both files.
    private func setAside(for settings: inout InventoryEngine.Configuration) throws -> SetAside {
        let note = try HandlingNote(path: configuration.journal.path + ".handling")
        note.watchCrashes()
        settings.handling = note.slot()
        return SetAside(note: note, folder: configuration.setAsideDirectory)
    }

    private func application(
        core: any InventoryCore, gate: WriteGate, pipeline: Pipeline, endpoints: EndpointTable, reload: ConfigurationReload,
        access: ServerAccess,
        checkpoints: JournalCheckpoints, phase: Phase, metrics: PortMetrics,
        ready: @escaping @Sendable (Address, PipelineStatus) async throws -> Void
    ) -> (any Service, stopAccepting: @Sendable () -> Void) {
        let http = configuration.http
        // If callers have to show a token, the name in `Host` does not matter: it may be a proxy's, or one of several.
        let names = configuration.auth.mode == .open ? [http.host] : ["*"]
        let hosts = HostPolicy(names: names, origins: http.origins)
        let proxies = TrustedProxies(http.trustedProxies.compactMap { AddressRange($0) })
        let copies = JournalCopies(core.journal, folder: configuration.dataDirectory)
        let api = InventoryAPI(
            gateway: core.gateway, journal: core.journal, feed: core.feed, pipeline: pipeline,
            configuration: .init(
                defaultLocation: configuration.defaultLocation, version: tallywireVersion, messaging: plugins.messaging,
                limits: HTTPLimits(body: http.limits.body.bytes, streams: http.limits.streams), hosts: hosts,
                requestsPerSecond: http.limits.requestsPerSecond, proxies: proxies, pages: http.pages, base: http.base,
                ahead: core.ahead, node: configuration.cluster?.node),
            authenticator: access.authenticator, signIn: access.signIn, port: metrics,
            reloads: [reload.status] + access.statuses,
            certificates: access.certificates,
            endpoints: endpoints, control: reload, member: core.member, checkpoints: checkpoints,
            backups: JournalBackups(copies, of: configuration.journal.path),
            disk: { [folder = configuration.dataDirectory] in DiskRoom(of: folder) },
            readiness: {
                if phase.isStopping { return .notReady("the server is shutting down") }
                if !phase.isServing { return .notReady("the server is starting") }
                return (gate.reason ?? core.problem).map { .notReady($0) } ?? .ready
            })
        let router = api.makeRouter()
        if let node = core as? NodeCore {
            ClusterRoutes(node.node, copies: copies, secret: node.settings.secret, logger: logger).add(to: router)
        }
        var limits = UpgradingServerConfiguration()
        limits.connections = http.limits.connections
        limits.connectionsPerAddress = http.limits.connectionsPerAddress
        limits.handshakeTimeout = http.limits.handshake
        limits.idleTimeout = http.limits.idle
        limits.hosts = hosts
        limits.node = configuration.cluster?.node
        limits.proxies = proxies
        limits.authenticator = access.authenticator
        limits.metrics = metrics
        limits.tls = access.certificates
        let host = http.host
        let scheme = http.tls == nil ? "http" : "https"
        let isRunning: @Sendable (any Channel) async -> Void = { channel in
            let address = Address(host: host, port: channel.localAddress?.port ?? 0, scheme: scheme)
            do {
                // The kernel's queue also has to be emptied faster than it fills.
                try await channel.setOption(.maxMessagesPerRead, value: 256).get()
                await pipeline.firstTries { $0 is any UpgradingSink }
                phase.serve()
                try await ready(address, await pipeline.status())
            } catch {
                phase.fail(error)
            }
        }
        if let socket = supervisor.socket {
            let port = InheritedPort(
                descriptor: socket.descriptor, responder: router.buildResponder(), endpoints: endpoints, configuration: limits,
                name: "tallywire", logger: quieted, isRunning: isRunning)
            return (port, { port.stopAccepting() })
        }
        let application = Application(
            router: router,
            server: upgradingServer(
                endpoints: endpoints, configuration: limits),
            configuration: .init(
                address: .hostname(host, port: configuration.http.port), serverName: "tallywire",
                // When thousands of browsers come back at once, those beyond this number wait until their kernel tries again, after
                // a second or more.
                backlog: 16_384),
            onServerRunning: isRunning, logger: quieted)
        return (application, {})
    }

    /// Hummingbird's log lines about starting and stopping repeat the server's own.
    private var quieted: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .notice)
        return logger
    }

    private static func explained(_ error: any Error, _ http: HTTPSettings) -> any Error {
        guard let error = error as? IOError else { return error }
        return switch error.errnoCode {
        case EADDRINUSE:
            Failure(
                "error: \(http.host):\(http.port) is in use: stop what listens there, or choose another with --port (0 takes a free one)"
            )
        case EACCES: Failure("error: port \(http.port) is not allowed for this user: choose one above 1023 with --port")
        case EADDRNOTAVAIL: Failure("error: \(http.host) is no address of this machine: check http.host")
        default: Failure("error: \(http.host):\(http.port) cannot be listened on: \(error)")
        }
    }
}

extension SinkRunner.Definition {
    /// The sink of an entry. `folder` is where sinks keep files of their own.
    init(_ entry: SinkEntry, folder: String) throws {
        self.init(
            name: entry.name, plugin: entry.plugin, mode: entry.mode, sink: try entry.makeSink(),
            filter: EventFilter(
                types: entry.events.map(Set.init), locations: entry.filter.locations.map { WildcardPattern($0.keyForm) },
                skus: entry.filter.skus.map { WildcardPattern($0.keyForm) }, levels: Set(entry.filter.levels)),
            retry: Backoff(initial: entry.retry.initial, maximum: entry.retry.max), attempts: entry.retry.attempts,
            rejectAfter: entry.retry.rejectAfter, deadLetters: DeadLetterFile(path: entry.deadLetter),
            file: SourceFile(path: "\(folder)/\(entry.name)"), placement: entry.placement, make: { try entry.makeSink() })
    }
}

extension SourceRunner.Definition {
    init(_ entry: SourceEntry) throws {
        self.init(
            name: entry.name, plugin: entry.plugin, source: try entry.makeSource(), placement: entry.placement,
            make: { try entry.makeSource() })
    }
}
