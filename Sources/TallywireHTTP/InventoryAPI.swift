import HTTPTypes
import Hummingbird
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The HTTP API: catalogue, stock and movements, and what operations need to watch the server.
///
/// It is a thin layer: it reads requests, hands commands to the ``TallywireEngine/CommandGateway`` and reads back from the journal.
/// A change is answered only after it is on disk. It holds no state but counters of requests, so any number of requests run at once.
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
    let metrics = RequestMetrics()
    let streams: EventStreamSlots
    let signIn: (any SignIn)?
    let attempts: SignInLimit
    let startedAt: Timestamp

    /// What a server can set.
    public struct Configuration: Sendable {
        /// The location of lines that name none.
        public var defaultLocation: String
        /// The server's version, such as `0.1.0`.
        public var version: String
        public var limits: HTTPLimits
        /// Names, beside the loopback ones, under which a request may address this server; see ``HostPolicy``.
        public var hosts: HostPolicy
        /// Requests from one address, steadily; `nil` is without limit.
        public var requestsPerSecond: Int?
        /// Proxies that are believed when they say for whom they ask.
        public var proxies: TrustedProxies
        /// A checkout of Tallywire whose pages are served instead of those in the program; `nil` for these.
        public var pages: String?

        public init(
            defaultLocation: String = Location.main.code, version: String, limits: HTTPLimits = HTTPLimits(),
            hosts: HostPolicy = HostPolicy(), requestsPerSecond: Int? = nil, proxies: TrustedProxies = TrustedProxies(),
            pages: String? = nil
        ) {
            self.defaultLocation = defaultLocation
            self.version = version
            self.limits = limits
            self.hosts = hosts
            self.requestsPerSecond = requestsPerSecond
            self.proxies = proxies
            self.pages = pages
        }
    }

    /// Whether the server can do its work now.
    public enum Readiness: Equatable, Sendable {
        case ready
        /// Not now, because of this.
        case notReady(String)
    }

    /// - Parameters:
    ///   - gateway: where commands go.
    ///   - journal: what is read back: stock, catalogue, events and answers.
    ///   - feed: what `/api/events/stream` follows: the engine's, over the same journal.
    ///   - pipeline: what `/api/pipeline` and `/metrics` show.
    ///   - authenticator: says who callers are. By default everybody may everything, which is for loopback alone.
    ///   - signIn: lets people in with a password; `nil` where nobody signs in so.
    ///   - port: what the port refuses, for `/metrics`; the one that ``upgradingServer(endpoints:configuration:)`` got.
    ///   - reloads: what is read again while the server runs, for `/health/ready` and `/metrics`.
    ///   - certificates: the port's certificate, whose end `/metrics` shows.
    ///   - startedAt: when the process started, for `/metrics`.
    ///   - readiness: asked by each `GET /health/ready`; it must answer at once.
    public init(
        gateway: any CommandGateway, journal: any Journal, feed: Feed, pipeline: any PipelineObserver, configuration: Configuration,
        authenticator: any Authenticator = OpenAuthenticator(), signIn: (any SignIn)? = nil, port: PortMetrics = PortMetrics(),
        reloads: [ReloadStatus] = [], certificates: TLSCertificates? = nil,
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
        self.startedAt = startedAt
        self.readiness = readiness
    }

    /// A router with all routes of the API and the pages, and their middleware.
    public func makeRouter() -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        addRoutes(to: router)
        return router
    }

    /// Adds the middleware and all routes to `router`. Routes that are added before do without the middleware.
    public func addRoutes(to router: Router<APIContext>) {
        let paths = PathTable(routes)
        let hosts = configuration.hosts
        router.add(middleware: RequestMiddleware(metrics: metrics, paths: paths, crossOrigin: CrossOrigin(hosts: hosts)))
        if let rate = configuration.requestsPerSecond {
            router.add(
                middleware: RateMiddleware(rate: RequestRate(perSecond: rate), proxies: configuration.proxies, metrics: port))
        }
        router.add(middleware: OriginMiddleware(hosts: hosts, paths: paths))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                var context = context
                context.principal = try access.admit(request, to: route.access)
                // What reads the stock reads its own parameters; what changes something has none.
                if route.method != .get { _ = try QueryReader(request, parameters: []) }
                return try await route.handle(request, context)
            }
        }
    }
}
