import Foundation
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
    let metrics = RequestMetrics()
    let streams: EventStreamSlots
    let startedAt: Timestamp

    /// What a server can set.
    public struct Configuration: Equatable, Sendable {
        /// The location of lines that name none.
        public var defaultLocation: String
        /// The server's version, such as `0.1.0`.
        public var version: String
        public var limits: HTTPLimits
        /// Names, beside the loopback ones, under which a request may address this server; see ``HostPolicy``.
        public var hosts: HostPolicy

        public init(
            defaultLocation: String = Location.main.code, version: String, limits: HTTPLimits = HTTPLimits(),
            hosts: HostPolicy = HostPolicy()
        ) {
            self.defaultLocation = defaultLocation
            self.version = version
            self.limits = limits
            self.hosts = hosts
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
    ///   - startedAt: when the process started, for `/metrics`.
    ///   - readiness: asked by each `GET /health/ready`; it must answer at once.
    public init(
        gateway: any CommandGateway, journal: any Journal, feed: Feed, pipeline: any PipelineObserver, configuration: Configuration,
        startedAt: Timestamp = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)),
        readiness: @escaping @Sendable () async -> Readiness = { .ready }
    ) {
        self.gateway = gateway
        self.journal = journal
        self.feed = feed
        self.streams = EventStreamSlots(limit: configuration.limits.streams)
        self.pipeline = pipeline
        self.configuration = configuration
        self.startedAt = startedAt
        self.readiness = readiness
    }

    /// A router with all routes of the API and the live page, and their middleware.
    public func makeRouter() -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        addRoutes(to: router)
        return router
    }

    /// Adds the middleware and all routes to `router`. Routes that are added before do without the middleware.
    public func addRoutes(to router: Router<APIContext>) {
        router.add(middleware: RequestMiddleware(metrics: metrics, paths: PathTable(routes)))
        router.add(middleware: SameOriginMiddleware(hosts: configuration.hosts))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await route.handle(request, context)
            }
        }
    }
}
