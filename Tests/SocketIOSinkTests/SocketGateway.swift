import AsyncHTTPClient
import HTTPEndpoints
import HTTPPort
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import PipelineHost
import ServiceLifecycle
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywireHTTP
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import SocketIOSink

/// A sink behind the whole HTTP port with an engine and a pipeline, as in a server: the variants `A` and `B` of product 1.
struct SocketGateway: Sendable {
    let port: Int
    let engine: InventoryEngine
    let sink: SocketIOSink
    let pipeline: Pipeline

    /// What a test changes of a server.
    struct Setup: Sendable {
        var configuration = SocketIOConfiguration()
        var authenticator: any Authenticator = OpenAuthenticator()
        var hosts = HostPolicy()
        /// The journal, for a test that starts a server again over the same one.
        var journal = InMemoryJournal()
        /// What a position beyond the journal's end means.
        var ahead = AheadPolicy.anotherJournal
        /// Where the sink keeps its file.
        var file: SourceFile?
    }

    static func run(
        _ change: (inout Setup) throws -> Void = { _ in }, _ body: @Sendable (SocketGateway) async throws -> Void
    ) async throws {
        var setup = Setup()
        try change(&setup)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let engine = try InventoryEngine(journal: setup.journal, logger: logger)
        // A journal that another server had has them already.
        let variants = ["A", "B"].enumerated().map { NewVariant(id: VariantID(Int64(11 + $0)), sku: $1, name: $1) }
        let product = NewProduct(id: ProductID(1), name: "Tee", price: Price("19.99"), content: .variants(variants))
        _ = await engine.submit(Command(source: "test", action: .createProduct(product)))
        let sink = try SocketIOSink(setup.configuration)
        let pipeline = Pipeline(
            gateway: engine, journal: setup.journal, feed: engine.feed, writer: engine, sources: [],
            sinks: [
                .init(
                    name: "socket.io", plugin: "socket.io", mode: .live, sink: sink,
                    deadLetters: DeadLetterFile(path: "/nonexistent"), file: setup.file)
            ], defaultLocation: "MAIN", logger: logger, version: "0", ahead: setup.ahead, clock: { .now })
        var http = UpgradingServerConfiguration()
        http.authenticator = setup.authenticator
        http.hosts = setup.hosts
        let api = InventoryAPI(
            gateway: engine, journal: setup.journal, feed: engine.feed, pipeline: pipeline,
            configuration: .init(version: "0", hosts: setup.hosts), authenticator: setup.authenticator,
            endpoints: EndpointTable(sink.endpoints))
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: api.makeRouter(), server: upgradingServer(endpoints: EndpointTable(sink.endpoints), configuration: http),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask { await pipeline.runSinks() }
            var iterator = ports.makeAsyncIterator()
            let gateway = SocketGateway(port: try #require(await iterator.next()), engine: engine, sink: sink, pipeline: pipeline)
            let result: Result<Void, any Error>
            do {
                try await eventually("the sink runs") { sink.isRunning }
                try await body(gateway)
                result = .success(())
            } catch { result = .failure(error) }
            pipeline.drain()
            await engine.stop()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    // MARK: Requests

    struct Answer: Equatable {
        let status: Int
        let text: String
        let headers: [String: String]
    }

    @discardableResult
    func call(
        _ method: String, _ target: String, _ body: String = "", headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(target)")
        request.method = .RAW(value: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let text = String(buffer: try await response.body.collect(upTo: 1 << 24))
        return Answer(
            status: Int(response.status.code), text: text,
            headers: Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first })
    }

    /// Begins a session that polls.
    func poller(_ path: String = "/socket.io/", query: String = "") async throws -> Poller {
        let answer = try await call("GET", "\(path)?EIO=4&transport=polling\(query)")
        #expect(answer.status == 200, "\(answer.text)")
        let sid = try #require(try JSONValue(String(answer.text.dropFirst()))["sid"]?.string)
        return Poller(gateway: self, target: "\(path)?EIO=4&transport=polling&sid=\(sid)", sid: sid)
    }

    /// Opens a WebSocket and takes the handshake.
    func socket(_ path: String = "/socket.io/", query: String = "") async throws -> WebSocketClient {
        let client = try await WebSocketClient.connect(port: port, "\(path)?EIO=4&transport=websocket\(query)")
        #expect(try await client.nextText().hasPrefix("0{"))
        return client
    }

    /// A WebSocket whose client is connected to the main namespace, and what the server said to that.
    func connected(_ auth: String = "", query: String = "") async throws -> (WebSocketClient, JSONValue) {
        let client = try await socket(query: query)
        try await client.send("40\(auth)")
        let text = try await client.nextText()
        #expect(text.hasPrefix("40{"), "\(text)")
        return (client, try JSONValue(String(text.dropFirst(2))))
    }

    // MARK: Stock

    /// Sets a variant's stock at `MAIN`. Returns the `seq` of the first event.
    @discardableResult
    func set(_ sku: String, _ quantity: Int64) async throws -> UInt64 {
        let line = Movement.Line(item: .sku(sku), location: "MAIN", operation: .set, quantity: quantity)
        let outcome = await engine.submit(Command(source: "test", action: .move(Movement(lines: [line]))))
        guard case .applied(let receipt) = outcome, let seq = receipt.seq else { throw Refused(outcome: outcome) }
        return seq
    }

    func run(_ action: Command.Action) async throws {
        let outcome = await engine.submit(Command(source: "test", action: action))
        guard case .applied = outcome else { throw Refused(outcome: outcome) }
    }

    /// Whether the pipeline has brought the event to the sink.
    func isDelivered(_ seq: UInt64) async -> Bool { await pipeline.status().sinks[0].position >= seq }

    struct Refused: Error { let outcome: Outcome }
}

/// A client that polls.
struct Poller: Sendable {
    let gateway: SocketGateway
    let target: String
    let sid: String

    /// Waits for what the server has to say.
    func poll() async throws -> SocketGateway.Answer { try await gateway.call("GET", target) }

    @discardableResult
    func post(_ body: String) async throws -> SocketGateway.Answer { try await gateway.call("POST", target, body) }

    /// The packets of the next poll.
    func packets() async throws -> [String] {
        let answer = try await poll()
        guard answer.status == 200 else { throw Ended(answer: answer) }
        return answer.text.split(separator: "\u{1E}", omittingEmptySubsequences: false).map(String.init)
    }

    /// Connects to the main namespace and returns what the server said.
    func connect(_ auth: String = "") async throws -> JSONValue {
        try await post("40\(auth)")
        let packets = try await packets()
        #expect(packets.count == 1 && packets[0].hasPrefix("40{"), "\(packets)")
        return try JSONValue(String(packets[0].dropFirst(2)))
    }

    struct Ended: Error { let answer: SocketGateway.Answer }
}

/// An event as a client of Socket.IO gets it.
struct SocketEvent: Equatable {
    let name: String
    let data: JSONValue
    let offset: String?

    /// Reads `42["name",{…},"EPOCH:SEQ"]`; `nil` for any other packet.
    init?(_ packet: String) throws {
        guard packet.hasPrefix("42[") else { return nil }
        let items = try JSONValue(String(packet.dropFirst(2))).elements
        name = try #require(items.first?.string)
        data = items.count > 1 ? items[1] : .null
        offset = items.count > 2 ? items[2].string : nil
    }

    var seq: UInt64? { offset.flatMap { JournalPosition($0)?.seq } }
}

extension WebSocketClient {
    /// The next event, ignoring pings of Engine.IO, which are answered.
    func nextEvent() async throws -> SocketEvent {
        while true {
            let text = try await nextText()
            if text == "2" { try await send("3") }
            if let event = try SocketEvent(text) { return event }
        }
    }
}
