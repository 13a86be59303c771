import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import TallywireTesting
import Testing

@Suite("The end of a server", .serialized, .timeLimit(.minutes(3)))
struct ShutdownTests {
    private static let plugins = #"{"shutdown":{"drain":"1s"},"sinks":[{"plugin":"websocket"}]}"#

    /// A connection that asks for so much that the kernel cannot keep it, and reads nothing.
    private func withNonReadingClient(_ server: ServerProcess, _ body: () async throws -> Void) async throws {
        let port = try #require(URL(string: server.url)?.port)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelOption(.socketOption(.so_rcvbuf), value: 4_096)
            .connect(host: "127.0.0.1", port: port).get()
        let requests = String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", count: 200)
        try await channel.writeAndFlush(ByteBuffer(string: requests))
        var last = -1
        try await eventually("the connection is full") {
            let text = String(decoding: try await server.call(.GET, "/metrics").body, as: UTF8.self)
            let line = text.split(separator: "\n").first { $0.contains("requests_total{") && $0.contains("/openapi.json") }
            let count = Int(line?.split(separator: " ").last ?? "") ?? 0
            defer { last = count }
            return count == last && (1..<200).contains(count)
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try? await channel.close()
        try result.get()
    }

    @Test("a client that takes none of its responses does not hold it up, and the last words say that it was cut")
    func nonReadingClient() async throws {
        let server = try ServerProcess(plugins: Self.plugins)
        try await server.start()
        try await withNonReadingClient(server) {
            let start = ContinuousClock.now
            #expect(await server.terminate() == 0)
            #expect(start.duration(to: .now) < .seconds(16))
            #expect(server.output.contains("1 connections were cut, because their clients did not read their responses"))
            #expect(server.output.contains("Stopped at event 1."))
        }
    }

    @Test("a second signal ends it at once", arguments: [SIGTERM, SIGINT])
    func secondSignal(number: Int32) async throws {
        let server = try ServerProcess(plugins: Self.plugins)
        try await server.start()
        try await withNonReadingClient(server) {
            let start = ContinuousClock.now
            server.signal(number)
            let port = try #require(URL(string: server.url)?.port)
            try await eventually("the shutdown has begun") {
                let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: port).get()
                // The server may close it first.
                try? await channel?.close()
                return channel == nil
            }
            #expect(await server.terminate() == 1)
            #expect(start.duration(to: .now) < .seconds(4))
            #expect(server.output.contains("ended at once by a second signal"))
        }
        // Nothing of it is in the way of the next one.
        try await server.start()
        #expect(await server.terminate() == 0)
    }
}
