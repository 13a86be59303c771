import HTTPEndpoints
import HTTPPort
import HTTPTypes
import Hummingbird
import PipelineHost
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The HTTP API: catalogue, stock and movements, and the routes with which the server is operated.
///
/// The API is a thin layer: it reads requests, submits commands to the ``TallywireEngine/CommandGateway``, and reads from the
/// journal. A change gets its response only after it is on disk. The API's only state are counters of requests, so any number of
/// requests run at once.
public struct InventoryAPI: Sendable {
    let gateway: any CommandGateway
    let journal: any Journal
    let feed: Feed
    let pipeline: any PipelineObserver
    let configuration: Configuration
    let readiness: @Sendable () async -> Readiness
    let access: AccessControl
    let port: PortMetrics
    let reloads: [ReloadStatus]
    let certificates: TLSCertificates?
    let endpoints: EndpointTable
    let control: (any ConfigurationControl)?
    let member: (any ClusterMember)?
    let checkpoints: (any Checkpoints)?
    let backups: (any Backups)?
    let disk: @Sendable () -> DiskRoom?
    let metrics = RequestMetrics()
    let streams: EventStreamSlots
    let signIn: (any SignIn)?
    let attempts: SignInLimit
    let startedAt: Timestamp

    /// The settings of a server.
    public struct Configuration: Sendable {
        /// The location of lines that name none.
        public var defaultLocation: String
        /// The server's version, such as `0.1.0`.
        public var version: String
        /// The messages of the server's plugins, for `GET /asyncapi.json`.
        public var messaging: [Messaging]
        public var limits: HTTPLimits
        /// Names, beside the loopback ones, under which a request may address this server; see ``HostPolicy``.
        public var hosts: HostPolicy
        /// The steady rate of requests from one address; `nil` for no limit.
        public var requestsPerSecond: Int?
        /// The proxies whose `X-Forwarded-For` is believed.
        public var proxies: TrustedProxies
        /// A checkout of Tallywire whose pages are served instead of the program's own; `nil` for the program's own.
        public var pages: String?
        /// Where callers find the server from outside; `nil` if that is where it listens.
        public var base: OutsideAddress?
        /// What a position beyond the last event means.
        public var ahead: AheadPolicy
        /// The name of the node of a cluster that the server is, for the header `Tallywire-Node`; `nil` for a server by itself.
        public var node: String?

        public init(
            defaultLocation: String = Location.main.code, version: String, messaging: [Messaging] = [],
            limits: HTTPLimits = HTTPLimits(),
            hosts: HostPolicy = HostPolicy(), requestsPerSecond: Int? = nil, proxies: TrustedProxies = TrustedProxies(),
            pages: String? = nil, base: OutsideAddress? = nil, ahead: AheadPolicy = .anotherJournal,
            node: String? = nil
        ) {
            self.defaultLocation = defaultLocation
            self.version = version
            self.messaging = messaging
            self.limits = limits
            self.hosts = hosts
            self.requestsPerSecond = requestsPerSecond
            self.proxies = proxies
            self.pages = pages
            self.base = base
            self.ahead = ahead
            self.node = node
        }
    }

    /// Whether the server can do its work now.
    public enum Readiness: Equatable, Sendable {
        case ready
        /// The server cannot work now, for this reason.
        case notReady(String)
    }

    /// - Parameters:
    ///   - gateway: where commands go.
    ///   - journal: where stock, catalogue, events and answers are read.
    ///   - feed: what `/api/events/stream` follows: the engine's, over the same journal.
    ///   - pipeline: what `/api/pipeline` and `/metrics` show.
    ///   - authenticator: finds out who callers are. By default every caller may do everything, which is for loopback only.
    ///   - signIn: signs users in with a password; `nil` if nobody can sign in with one.
    ///   - port: the counters of what the port refuses, for `/metrics`; the same object as in
    ///     ``upgradingServer(endpoints:configuration:)``.
    ///   - reloads: the files that are reloaded while the server runs, for `/health/ready` and `/metrics`.
    ///   - certificates: the port's certificate, whose expiry `/metrics` shows.
    ///   - endpoints: the paths of plugins; the same object as in ``upgradingServer(endpoints:configuration:)``.
    ///   - control: shows and reloads the configuration; `nil` for a server that has no file.
    ///   - member: the node of a cluster that the server is; `nil` for a server by itself.
    ///   - backups: copies the journal for backups; `nil` for a journal that is not in a file.
    ///   - disk: the room on the disk of the journal, for `/metrics`; `nil` if nobody knows.
    ///   - checkpoints: signs what the journal holds; `nil` for a journal without hashes.
    ///   - startedAt: when the process started, for `/metrics`.
    ///   - readiness: called by each `GET /health/ready`; it must return at once.
    public init(
        gateway: any CommandGateway, journal: any Journal, feed: Feed, pipeline: any PipelineObserver, configuration: Configuration,
        authenticator: any Authenticator = OpenAuthenticator(), signIn: (any SignIn)? = nil, port: PortMetrics = PortMetrics(),
        reloads: [ReloadStatus] = [], certificates: TLSCertificates? = nil, endpoints: EndpointTable = EndpointTable(),
        control: (any ConfigurationControl)? = nil, member: (any ClusterMember)? = nil,
        checkpoints: (any Checkpoints)? = nil, backups: (any Backups)? = nil, disk: @escaping @Sendable () -> DiskRoom? = { nil },
        startedAt: Timestamp = .now,
        readiness: @escaping @Sendable () async -> Readiness = { .ready }
    ) {
        self.gateway = gateway
        self.journal = journal
        self.feed = feed
        self.streams = EventStreamSlots(limit: configuration.limits.streams)
        self.pipeline = pipeline
        self.configuration = configuration
        self.access = AccessControl(authenticator: authenticator, metrics: port)
        self.signIn = signIn
        self.attempts = SignInLimit()
        self.port = port
        self.reloads = reloads
        self.certificates = certificates
        self.endpoints = endpoints
        self.control = control
        self.member = member
        self.checkpoints = checkpoints
        self.backups = backups
        self.disk = disk
        self.startedAt = startedAt
        self.readiness = readiness
    }

    /// Returns a router with all routes of the API, the pages, and the middleware.
    public func makeRouter() -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        addRoutes(to: router)
        return router
    }

    /// Adds the middleware and all routes to `router`. Routes that were added before get no middleware.
    public func addRoutes(to router: Router<APIContext>) {
        let paths = PathTable(routes, endpoints)
        let hosts = configuration.hosts
        let crossOrigin = CrossOrigin(hosts: hosts, endpoints: endpoints)
        router.add(
            middleware: RequestMiddleware(metrics: metrics, paths: paths, crossOrigin: crossOrigin, node: configuration.node))
        if let rate = configuration.requestsPerSecond {
            router.add(
                middleware: RateMiddleware(rate: RequestRate(perSecond: rate), proxies: configuration.proxies, metrics: port))
        }
        router.add(middleware: OriginMiddleware(hosts: hosts, paths: paths))
        router.add(middleware: EndpointMiddleware(api: self))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                var context = context
                context.principal = try await access.admit(request, to: route.access)
                // Handlers of GET read their own parameters. Most routes that change something have none.
                if route.method != .get, !route.readsQuery { _ = try QueryReader(request, parameters: []) }
                context.trace = request.headers[.traceParent].flatMap { TraceParent($0) }
                let ready = context
                return try await TraceParent.$current.withValue(ready.trace) { try await route.handle(request, ready) }
            }
        }
    }
}
