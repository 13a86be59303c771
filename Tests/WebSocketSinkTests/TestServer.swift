import HTTPPort
import HTTPTestServer
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TallywireCore
import TallywirePipeline
import TallywireTesting
import TestSupport

@testable import RoomHub
@testable import WebSocketSink

/// Runs a sink behind a real HTTP port while `body` runs, which gets the port. Afterwards the server shuts down as it does on
/// SIGTERM.
func withServer(
    _ sink: WebSocketSink, http: UpgradingServerConfiguration = .init(), context: SinkContext = context(),
    _ body: (TestServer) async throws -> Void
) async throws {
    try await sink.start(context)
    try await withHTTPServer(sink.endpoints, http, stop: { await sink.stop() }) { port, group in
        try await body(TestServer(sink: sink, port: port, group: group))
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
            if let seq = try await nextJSON()["seq"]?.unsigned { sequence.append(seq) }
        }
        return sequence
    }
}
