import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@Suite("A server with a socket that systemd has opened", .timeLimit(.minutes(4)))
struct SocketActivationTests {
    private static let plugins = #"{"http":{"port":1},"sinks":[{"plugin":"websocket"}]}"#

    @Test("it listens there and nowhere else, for requests, WebSockets and whatever came before it was started")
    func listens() async throws {
        let socket = try ListeningSocket()
        let server = try ServerProcess(plugins: Self.plugins)
        async let early = Self.status(of: "http://127.0.0.1:\(socket.port)/health/live")
        try await server.start(socket: socket)
        #expect(server.url == "http://127.0.0.1:\(socket.port)", "and not at http.port")
        #expect(try await early == 200)
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: server.url + "/api/products"), timeout: .seconds(30))
        #expect(response.headers["server"] == ["tallywire"])
        #expect(
            try #require(response.headers.first(name: "date")).wholeMatch(of: #/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/#) != nil
        )
        let client = try await WebSocketClient.connect(port: socket.port, "/ws?room=ecommerce_room")
        #expect(try await client.nextJSON(type: "joined")["room"] == "ecommerce_room")
        #expect(try await server.call(.POST, "/api/products", "{").status == 400)
        #expect(await server.terminate() == 0)
        #expect(server.output.contains("Stopped at event 1."))
    }

    @Test("the limits of http.limits and TLS hold there too")
    func limits() async throws {
        let socket = try ListeningSocket()
        let server = try ServerProcess(
            plugins: #"{"http":{"limits":{"connectionsPerAddress":1}},"sinks":[{"plugin":"websocket"}]}"#)
        try await server.start(socket: socket)
        let client = try await WebSocketClient.connect(port: socket.port, "/ws?room=ecommerce_room")
        #expect(try await client.nextJSON(type: "joined")["room"] == "ecommerce_room")
        #expect(try await Self.status(of: server.url + "/health/live", fresh: true) == 429)
        #expect(await server.terminate() == 0)

        let second = try ListeningSocket()
        let secure = try ServerProcess(
            plugins: #"{"http":{"tls":{"certificate":"server.pem","key":"server.key"}},"sinks":[{"plugin":"websocket"}]}"#)
        let certificate = try TestCertificate()
        try certificate.write(into: URL(fileURLWithPath: secure.folder.path))
        try await secure.start(socket: second)
        #expect(secure.url == "https://127.0.0.1:\(second.port)")
        let trusting = try await WebSocketClient.connect(
            port: second.port, "/ws?room=ecommerce_room", tls: certificate.clientContext())
        #expect(try await trusting.nextJSON(type: "joined")["room"] == "ecommerce_room")
        #expect(await secure.terminate() == 0)
    }

    @Test("a socket for everybody is refused with auth.mode open, since then everybody could do everything")
    func open() async throws {
        let socket = try ListeningSocket(host: "0.0.0.0")
        let server = try ServerProcess(plugins: Self.plugins)
        let error = await #expect(throws: NeverHappened.self) { try await server.start(socket: socket) }
        #expect(error?.description.contains("must be a loopback address, not “0.0.0.0”") == true, "\(error?.description ?? "")")
    }

    @Test("--host and --port beside it, and a socket that does not listen, are refused")
    func refused() async throws {
        let server = try ServerProcess(plugins: Self.plugins)
        let socket = try ListeningSocket()
        let both = await #expect(throws: NeverHappened.self) { try await server.start(["--port", "0"], socket: socket) }
        #expect(both?.description.contains("--host and --port have no effect") == true, "\(both?.description ?? "")")
        let deaf = try ListeningSocket(listens: false)
        let refused = await #expect(throws: NeverHappened.self) { try await server.start(socket: deaf) }
        #expect(refused?.description.contains("it does not listen") == true, "\(refused?.description ?? "")")
    }

    @Test("a restart refuses no connection: what comes meanwhile waits for the next process")
    func restart() async throws {
        let socket = try ListeningSocket()
        let server = try ServerProcess(plugins: Self.plugins)
        try await server.start(socket: socket)
        let url = server.url + "/health/live"
        let answered = SharedCount()
        let ended = SharedCount()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while ended.value == 0 {
                        do {
                            let status = try await Self.status(of: url, fresh: true)
                            #expect(status == 200)
                            answered.add()
                        } catch let error as IOError where error.errnoCode == ECONNRESET {
                            // It was accepted in the last moment, and its request was not there yet. A client asks again.
                        } catch let error as HTTPClientError where error == .remoteConnectionClosed {}
                    }
                }
            }
            for _ in 0..<3 {
                let before = answered.value
                try await eventually("requests are answered") { answered.value >= before + 20 }
                #expect(await server.terminate() == 0)
                try await server.start(socket: socket)
            }
            ended.add()
            try await group.waitForAll()
        }
        #expect(await server.terminate() == 0)
    }

    /// The status of a request. With `fresh` its connection is a new one, and ends with it.
    private static func status(of url: String, fresh: Bool = false) async throws -> UInt {
        var request = HTTPClientRequest(url: url)
        guard fresh else { return try await HTTPClient.shared.execute(request, timeout: .seconds(60)).status.code }
        request.headers.add(name: "Connection", value: "close")
        let client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
        let status: Result<UInt, any Error>
        do {
            let response = try await client.execute(request, timeout: .seconds(60))
            _ = try await response.body.collect(upTo: 1 << 20)
            status = .success(response.status.code)
        } catch {
            status = .failure(error)
        }
        try await client.shutdown()
        return try status.get()
    }
}
