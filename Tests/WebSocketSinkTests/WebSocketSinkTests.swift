import HTTPEndpoints
import HTTPPort
import NIOCore
import NIOHTTP1
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import RoomHub
@testable import WebSocketSink

@Suite("The WebSocket sink on a real port", .serialized, .timeLimit(.minutes(2)))
struct WebSocketSinkTests {
    @Test("clients get the events of their rooms, in order and once")
    func rooms() async throws {
        try await withServer(try WebSocketSink()) { server in
            let admin = try await server.join("/ws?room=admin_room&room=product:1")
            let shop = try await server.join("/ws?room=ecommerce_room")
            let nobody = try await server.join()
            let variant = try await server.join("/ws?room=variant:21")
            let first = [envelope(1), envelope(2, .stockAlert, location: nil), envelope(3, .catalogueChanged)]
            _ = try await server.sink.deliver(EventBatch(records: first))
            _ = try await server.sink.deliver(
                EventBatch(records: [envelope(4, product: 2, variant: 21), envelope(5, .productStatusChanged)]))
            #expect(try await admin.sequence(4) == [1, 2, 4, 5])
            #expect(try await shop.sequence(3) == [1, 4, 5])
            #expect(try await nobody.sequence(3) == [1, 4, 5])
            #expect(try await variant.sequence(1) == [4])
            #expect(server.sink.metrics.current.events == 11)
            try await variant.send(#"{"type":"leave","room":"variant:21"}"#)
            #expect(try await variant.nextJSON()["type"] == "left")
            _ = try await server.sink.deliver(EventBatch(records: [envelope(6)]))
            #expect(try await variant.sequence(1) == [6])
            try await admin.send(#"{"type":"ping","id":1}"#)
            _ = try await admin.sequence(1)
            let pong = try await admin.nextJSON()
            #expect(pong == ["type": "pong", "id": 1, "seq": 6])
        }
    }

    @Test("the bytes of an event are those of its envelope")
    func bytes() async throws {
        try await withServer(try WebSocketSink()) { server in
            let client = try await server.join()
            let event = envelope(1, padding: 70_000)
            _ = try await server.sink.deliver(EventBatch(records: [event]))
            #expect(try await client.nextText() == String(decoding: event.json, as: UTF8.self))
        }
    }

    @Test("nothing is lost or repeated between the welcome and what follows, whenever a client comes")
    func noGap() async throws {
        try await withServer(try WebSocketSink()) { server in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    for seq in 1...500 as ClosedRange<UInt64> {
                        _ = try await server.sink.deliver(EventBatch(records: [envelope(seq)]))
                    }
                }
                for index in 0..<12 {
                    tasks.addTask {
                        let client = try await server.connect(index % 2 == 0 ? "/ws" : "/ws?room=ecommerce_room")
                        var next = try #require(try await client.nextJSON(type: "welcome")["seq"]?.unsigned) + 1
                        if index % 2 == 1 { #expect(try await client.nextJSON()["seq"]?.unsigned == next - 1) }
                        while next <= 500 {
                            let seq = try await client.sequence(1)
                            guard seq == [next] else {
                                Issue.record("\(seq) came instead of \(next)")
                                return
                            }
                            next += 1
                        }
                    }
                }
                try await tasks.waitForAll()
            }
        }
    }

    @Test("a path that is not upgraded is a 404 of the router or a 426, and HTTP goes on beside it")
    func refusals() async throws {
        try await withServer(try WebSocketSink()) { server in
            await #expect(throws: WebSocketClient.Failure.self) { try await server.connect("/nowhere") }
            let failure = await #expect(throws: WebSocketClient.Failure.self) {
                try await WebSocketClient.connect(port: server.port, "/ws/echo")
            }
            guard case .refused(let status, _, _) = failure else { throw try #require(failure) }
            #expect(status == 404)
        }
    }

    @Test("before it is started, and when it is full, it refuses with 503")
    func full() async throws {
        var configuration = WebSocketConfiguration()
        configuration.hub.limits.connections = 1
        try await withServer(try WebSocketSink(configuration)) { server in
            let first = try await server.join()
            let failure = await #expect(throws: WebSocketClient.Failure.self) { try await server.connect() }
            guard case .refused(let status, let headers, let body) = failure else { throw try #require(failure) }
            #expect(status == 503)
            #expect(headers["content-type"] == "application/problem+json")
            #expect(headers["retry-after"] != nil)
            #expect(try JSONValue(body)["code"] == "overloaded")
            #expect(server.sink.metrics.current.refused == 1)
            await first.disconnect()
            try await eventually("the place is free") { server.sink.metrics.current.open == 0 }
            _ = try await server.join()
        }
        let idle = try WebSocketSink()
        guard
            case .refuse(.serviceUnavailable, "unavailable", _) = idle.endpoints[0].admit(
                UpgradeRequest(head: HTTPRequestHead(version: .http1_1, method: .GET, uri: "/ws")))
        else { throw CancellationError() }
    }

    @Test("when the server shuts down, clients hear 1001")
    func shutdown() async throws {
        try await withServer(try WebSocketSink()) { server in
            let one = try await server.join()
            let other = try await server.join("/ws?room=admin_room")
            await server.shutDown()
            #expect(try await one.closeCode() == 1001)
            #expect(try await other.closeCode() == 1001)
            try await one.waitForEnd()
        }
    }

    @Test("at the end clients are told when to come back, and closed one after the other")
    func drain() async throws {
        var configuration = WebSocketConfiguration()
        configuration.drain = .milliseconds(400)
        configuration.returnWithin = .seconds(3)
        try await withServer(try WebSocketSink(configuration)) { server in
            var clients: [WebSocketClient] = []
            for _ in 0..<20 { clients.append(try await server.join()) }
            let start = ContinuousClock.now
            await server.shutDown()
            var pauses: Set<UInt64> = []
            for client in clients {
                let message = try await client.nextJSON(type: "going_away")
                pauses.insert(message["comeBackAfter"]?.unsigned ?? .max)
                #expect(try await client.closeCode() == 1001)
            }
            #expect(ContinuousClock.now - start > .milliseconds(80), "all at once")
            #expect(pauses.count > 5 && pauses.allSatisfy { $0 <= 3_000 })
        }
    }

    @Test("metrics tell how old events are when they reach a room, and by how much an event loop is late")
    func ages() async throws {
        try await Gateway.run { gateway in
            let client = try await gateway.server.join("/ws?room=admin_room")
            try await gateway.set("A", 50)
            _ = try await client.sequence(1)
            try await gateway.settle()
            let metrics = gateway.server.sink.sinkMetrics
            let ages = metrics.filter { $0.name == "websocket_event_age_seconds" }
            #expect(ages.map(\.labels) == [[.init("room", "admin_room")]])
            guard case .histogram(let histogram)? = ages.first?.value else { throw CancellationError() }
            #expect(histogram.count == 1 && histogram.sum < 60)
            #expect(metrics.contains { $0.name == "websocket_loop_lag_seconds" })
        }
    }

    @Test("when the sink stops, its clients hear 1001 and new ones are refused")
    func stop() async throws {
        try await withServer(try WebSocketSink()) { server in
            let client = try await server.join()
            async let stopped: Void = server.sink.stop()
            #expect(try await client.closeCode() == 1001)
            await stopped
            #expect(server.sink.metrics.current.open == 0)
            await #expect(throws: WebSocketClient.Failure.self) { try await server.connect() }
        }
    }

    @Test("a client is pinged, and one that vanished is dropped")
    func vanished() async throws {
        var configuration = WebSocketConfiguration()
        configuration.pingInterval = .milliseconds(200)
        configuration.idleTimeout = .seconds(2)
        try await withServer(try WebSocketSink(configuration)) { server in
            let alive = try await server.join()
            let vanished = try await server.join()
            try await vanished.setReading(false)
            try await eventually("the vanished one is dropped") { server.sink.metrics.current.closed[1006] == 1 }
            #expect(try await alive.next() == .ping([]))
            #expect(server.sink.metrics.current.open == 1)
            try await alive.send(#"{"type":"ping"}"#)
            #expect(try await alive.nextJSON()["type"] == "pong")
        }
    }

    @Test("the echo takes messages far larger than rooms do")
    func echo() async throws {
        var configuration = WebSocketConfiguration()
        configuration.echo = "/ws/echo"
        try await withServer(try WebSocketSink(configuration)) { server in
            let client = try await server.connect("/ws/echo")
            let large = [UInt8](repeating: 0xFE, count: 1 << 20)
            try await client.send(binary: large)
            #expect(try await client.next() == .binary(large))
            try await client.send("ende")
            #expect(try await client.next() == .text("ende"))
            try await client.sendClose(4321, reason: "genug")
            #expect(try await client.next() == .close(4321, reason: ""))
            try await client.waitForEnd()
        }
    }

    @Test("a node of a cluster tells its name in the welcome, and a server by itself tells none")
    func node() async throws {
        for name in ["berlin-a", nil] {
            var http = UpgradingServerConfiguration()
            http.node = name
            try await withServer(try WebSocketSink(), http: http) { server in
                let welcome = try await server.connect().nextJSON(type: "welcome")
                #expect(welcome["node"]?.string == name)
            }
        }
    }

    @Test("a journal that is another one, or a restart, shows in the welcome")
    func position() async throws {
        try await withServer(try WebSocketSink()) { server in
            _ = try await server.sink.deliver(EventBatch(records: [envelope(41)]))
            let client = try await server.connect()
            let welcome = try await client.nextJSON()
            #expect(welcome["epoch"] == "epoch")
            #expect(welcome["seq"] == 41)
            await client.disconnect()
            try await eventually("it is gone") { server.sink.metrics.current.open == 0 }
            _ = try await server.sink.deliver(EventBatch(records: [envelope(42), envelope(43)]))
            #expect(try await server.connect().nextJSON()["seq"] == 43)
        }
    }
}
