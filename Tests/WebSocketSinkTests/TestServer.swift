import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TallywireHTTP
import TallywirePipeline
import TallywireTesting

@testable import WebSocketSink

/// Runs a sink behind a real HTTP port while `body` runs, which gets the port. Afterwards the server shuts down as it does on
/// SIGTERM.
func withServer(
    _ sink: WebSocketSink, http: UpgradingServerConfiguration = .init(), context: SinkContext = context(),
    _ body: (TestServer) async throws -> Void
) async throws {
    try await sink.start(context)
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "server")
    logger.logLevel = .error
    let router = Router()
    router.get("/hello") { _, _ in "hello" }
    let application = Application(
        router: router, server: upgradingServer(endpoints: sink.endpoints, configuration: http),
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) }, logger: logger)
    let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else { throw CancellationError() }
        do {
            try await body(TestServer(sink: sink, port: port, group: group))
        } catch {
            await group.triggerGracefulShutdown()
            await sink.stop()
            throw error
        }
        await group.triggerGracefulShutdown()
        await sink.stop()
        try await tasks.waitForAll()
    }
}

/// A sink behind a port.
struct TestServer {
    let sink: WebSocketSink
    let port: Int
    let group: ServiceGroup

    func connect(_ target: String = "/ws") async throws -> WebSocketClient {
        try await .connect(port: port, target)
    }

    /// Connects and takes the welcome.
    func join(_ target: String = "/ws") async throws -> WebSocketClient {
        let client = try await connect(target)
        _ = try await client.nextJSON(type: "welcome")
        for _ in target.components(of: "room=").dropFirst() { _ = try await client.nextJSON(type: "joined") }
        return client
    }

    func shutDown() async { await group.triggerGracefulShutdown() }
}

extension String {
    fileprivate func components(of separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}

extension WebSocketClient {
    /// The `seq` of the next `count` events.
    func sequence(_ count: Int) async throws -> [UInt64] {
        var sequence: [UInt64] = []
        while sequence.count < count {
            if let seq = try await nextJSON()["seq"]?.integer { sequence.append(seq) }
        }
        return sequence
    }
}
