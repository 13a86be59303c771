import HTTPEndpoints
import HTTPPort
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import PipelineHost
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

/// The API over a real engine and a journal in memory, and a client for it.
struct Shop: Sendable {
    let journal: InMemoryJournal
    let engine: InventoryEngine
    let api: InventoryAPI
    let pipeline: FixedPipeline

    init(
        limits: HTTPLimits = HTTPLimits(), inbox: Int = 65_536, feed: Feed.Capacity = Feed.Capacity(),
        hosts: HostPolicy = HostPolicy(), requestsPerSecond: Int? = nil, proxies: TrustedProxies = TrustedProxies(),
        reloads: [ReloadStatus] = [], gateway: (any CommandGateway)? = nil,
        authenticator: any Authenticator = OpenAuthenticator(), signIn: (any SignIn)? = nil, pages: String? = nil,
        ahead: AheadPolicy = .anotherJournal, member: (any ClusterMember)? = nil, pipeline: FixedPipeline = FixedPipeline(),
        readiness: @escaping @Sendable () async -> InventoryAPI.Readiness = { .ready }
    ) throws {
        self.pipeline = pipeline
        journal = InMemoryJournal()
        engine = try InventoryEngine(
            journal: journal, configuration: InventoryEngine.Configuration(inbox: inbox, feed: feed), logger: Logger(label: "test"),
            clock: { Timestamp(milliseconds: 1_795_365_600_000) })
        api = InventoryAPI(
            gateway: gateway ?? engine, journal: journal, feed: engine.feed, pipeline: pipeline,
            configuration: InventoryAPI.Configuration(
                version: "0.1.0", limits: limits, hosts: hosts, requestsPerSecond: requestsPerSecond, proxies: proxies,
                pages: pages, ahead: ahead, node: member?.cluster.node),
            authenticator: authenticator, signIn: signIn, reloads: reloads, member: member, readiness: readiness)
    }

    /// Runs `test` with a client, directly on the router or over a socket.
    func open(_ setup: TestingSetup = .router, _ test: @Sendable (Client) async throws -> Void) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let application = Application(
            router: api.makeRouter(), server: upgradingServer(endpoints: EndpointTable()),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            logger: logger)
        try await application.test(setup) { try await test(Client(client: $0)) }
        await engine.stop()
    }

    /// The same with a product of two variants, 11 (TEE-RED-M) and 12 (TEE-BLUE-M), and a default variant, 13 (MUG), without stock.
    func openStocked(_ setup: TestingSetup = .router, _ test: @Sendable (Client) async throws -> Void) async throws {
        try await open(setup) { client in
            try await client.post(
                "/api/products",
                """
                {"id":1,"name":"Tee","price":19.99,"variants":[
                  {"id":11,"sku":"TEE-RED-M","name":"Red / M","barcodes":["4006381333931",{"code":"14006381333938","units":12}]},
                  {"id":12,"sku":"TEE-BLUE-M","name":"Blue / M","price":21.5}]}
                """, 201)
            try await client.post("/api/products", #"{"id":2,"name":"Mug","price":9.5,"sku":"MUG","variantId":13}"#, 201)
            try await client.post("/api/locations", #"{"code":"WH1","name":"Warehouse"}"#, 201)
            try await test(client)
        }
    }
}

/// A pipeline that stands still.
struct FixedPipeline: PipelineObserver {
    let devices = DeviceRegistry()
    let displays = DisplayRegistry()
    /// The sinks that run on the leader.
    var elsewhere: Set<String> = []

    func runsElsewhere(_ sink: String) -> Bool { elsewhere.contains(sink) }

    func deliveries(of sink: String) -> [DeliveryLog.Attempt]? {
        guard sink == "hook" else { return nil }
        let log = DeliveryLog()
        let at = Timestamp(milliseconds: 1_795_365_600_000)
        log.note(.init(seq: 4, events: 4, at: at, status: .delivered, duration: .zero, attempt: 1))
        log.note(.init(seq: 7, at: at, status: .failed, duration: .seconds(2), attempt: 1, error: "no answer"))
        log.note(
            .init(
                seq: 7, events: 3, at: at, status: .http(503), duration: .milliseconds(12), attempt: 2,
                error: "503 Service Unavailable"))
        return log.recent
    }

    func replay(_ request: ReplayRequest, to sink: String, isPlan: Bool) async throws -> Replay {
        guard sink == "hook" else { throw ReplayRefusal.unknownSink }
        if request.to == 1 { throw ReplayRefusal.pruned(from: 1, first: 7) }
        if request.to == 2 { throw ReplayRefusal.running }
        return replay(isPlan ? .planned : .running, isOfDeadLetters: request.selection == .deadLetters)
    }

    func cancelReplay(of sink: String) throws(ReplayRefusal) -> Replay {
        guard sink == "hook" else { throw .none }
        return replay(.finished, isOfDeadLetters: true)
    }

    private func replay(_ state: Replay.State, isOfDeadLetters: Bool) -> Replay {
        Replay(
            state: state, isOfDeadLetters: isOfDeadLetters, range: 4...9, events: 6, at: Timestamp(milliseconds: 1_795_365_600_000))
    }

    func status() async -> PipelineStatus {
        var source = SourceStatus.Snapshot()
        source.state = "connected"
        source.received = 7
        source.malformed = 1
        var counters = SinkCounters()
        counters.offered = 10
        counters.delivered = 8
        counters.pending = 2
        var engine = EngineCounters()
        engine.applied = 5
        return PipelineStatus(
            epoch: "test-epoch", head: 10, inbox: (0, 100), engine: engine,
            sources: [PipelineStatus.SourceReport(name: "scanners", plugin: "mqtt-scanners", status: source)],
            sinks: [
                PipelineStatus.SinkReport(
                    name: "log \"1\"", plugin: "json-log", mode: .durable, state: .retrying, position: 8, lagEvents: 2,
                    lagSeconds: 1.25, counters: counters, lastError: "the disk is full",
                    lastErrorAt: Timestamp(milliseconds: 1_795_365_600_000))
            ])
    }
}

/// Sends requests, and holds every response against the API's description.
struct Client: Sendable {
    let client: any TestClientProtocol

    @discardableResult
    func get(_ path: String, _ status: Int = 200, headers: HTTPFields = [:], at location: SourceLocation = #_sourceLocation)
        async throws -> APIResponse
    {
        try await send(.get, path, nil, status, headers, location)
    }

    @discardableResult
    func post(
        _ path: String, _ body: String, _ status: Int = 200, headers: HTTPFields = [.contentType: "application/json"],
        at location: SourceLocation = #_sourceLocation
    ) async throws -> APIResponse {
        try await send(.post, path, body, status, headers, location)
    }

    @discardableResult
    func patch(
        _ path: String, _ body: String, _ status: Int = 200, headers: HTTPFields = [.contentType: "application/json"],
        at location: SourceLocation = #_sourceLocation
    ) async throws -> APIResponse {
        try await send(.patch, path, body, status, headers, location)
    }

    @discardableResult
    func delete(
        _ path: String, _ status: Int = 200, headers: HTTPFields = [:], at location: SourceLocation = #_sourceLocation
    ) async throws -> APIResponse {
        try await send(.delete, path, nil, status, headers, location)
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String?, _ status: Int, _ headers: HTTPFields,
        _ location: SourceLocation = #_sourceLocation
    ) async throws -> APIResponse {
        let received = try await client.execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        let response = APIResponse(received)
        #expect(response.status == status, "\(response.text)", sourceLocation: location)
        let description = try #require(APIDescription.shared)
        if method != .head {
            #expect(description.mistakes(method.rawValue, path, response) == [], "\(response.text)", sourceLocation: location)
        }
        return response
    }
}

/// A response of the API.
struct APIResponse: Sendable {
    let status: Int
    let headers: HTTPFields
    let bytes: [UInt8]

    init(_ response: TestResponse) {
        status = Int(response.status.code)
        headers = response.headers
        bytes = Array(response.body.readableBytesView)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var json: JSONValue? { try? JSONValue(bytes) }
    var mediaType: String { String((headers[.contentType] ?? "").prefix { $0 != ";" }) }
    /// The lines of an NDJSON body.
    var lines: [JSONValue] { bytes.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONValue($0) } }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
    subscript(_ name: String) -> JSONValue? { json?[name] }
    var code: String? { self["code"]?.string }
    var field: String? { self["field"]?.string }
    var detail: String { self["detail"]?.string ?? "" }
}
