public import HTTPEndpoints
import HTTPEndpoints
public import HTTPPort
public import Hummingbird
import HummingbirdCore
import Logging
public import ServiceLifecycle

/// Serves `endpoints` beside `GET /hello` while `body` runs, which gets the port and what it can shut down itself. Afterwards the server
/// shuts down as it does on SIGTERM.
///
/// - Parameters:
///   - addRoutes: adds more routes.
///   - stop: called when the shutdown has begun.
public func withHTTPServer(
    _ endpoints: [any UpgradeEndpoint], _ configuration: UpgradingServerConfiguration = .init(),
    addRoutes: (Router<BasicRequestContext>) -> Void = { _ in }, stop: () async -> Void = {},
    _ body: (Int, ServiceGroup) async throws -> Void
) async throws {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "server")
    logger.logLevel = .error
    let router = Router()
    router.get("/hello") { _, _ in "hello" }
    addRoutes(router)
    let application = Application(
        router: router, server: upgradingServer(endpoints: EndpointTable(endpoints), configuration: configuration),
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) }, logger: logger)
    let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else { throw CancellationError() }
        let result: Result<Void, any Error>
        do { result = .success(try await body(port, group)) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        await stop()
        try await tasks.waitForAll()
        try result.get()
    }
}
