import Backoff
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireClient

@Suite("The client and the nodes of a cluster", .timeLimit(.minutes(3)))
struct NodesTests {
    /// With these a test that meets a pause does not end.
    static let longPauses: @Sendable (inout TallywireClient.Configuration) -> Void = {
        $0.minDelay = .seconds(86_400)
        $0.maxDelay = .seconds(86_400)
    }

    @Test("a round is one failure of each address, and begins anew after a success")
    func rounds() {
        var addresses = TallywireClient.Addresses(count: 3)
        func fail(_ asked: Duration? = nil) -> [String] {
            let (isRoundOver, asked) = addresses.failed(asking: asked)
            return ["\(addresses.current)", "\(isRoundOver)", asked.map { "\($0)" } ?? "-"]
        }
        #expect(fail(.seconds(5)) == ["1", "false", "-"])
        #expect(fail() == ["2", "false", "-"])
        #expect(fail(.seconds(7)) == ["0", "true", "5.0 seconds"])
        #expect(fail() == ["1", "false", "-"])
        addresses.succeeded()
        #expect(fail() == ["2", "false", "7.0 seconds"])
        #expect(fail() == ["0", "false", "-"])
        #expect(fail() == ["1", "true", "-"])
    }

    @Test("a pause follows a round, and grows with each round")
    func pauses() {
        var pauses = TallywireClient.Pauses(Backoff(initial: .milliseconds(500), maximum: .seconds(30)), addresses: 2)
        let lost = TallywireClient.Core.Ended(failure: .init(.disconnected, ""))
        var met: [Duration] = []
        for _ in 0..<6 { met.append(pauses.next(after: lost, live: nil, canRenew: false, chance: 0.5)) }
        #expect(met == [.zero, .milliseconds(250), .zero, .milliseconds(500), .zero, .seconds(1)])
        _ = pauses.next(after: lost, live: nil, canRenew: false, chance: 0.5)
        // A connection that was stable begins the round anew, so its end is the first failure again.
        #expect(pauses.next(after: lost, live: .seconds(11), canRenew: false, chance: 0.5) == .zero)
        #expect(pauses.next(after: lost, live: nil, canRenew: false, chance: 0.5) == .milliseconds(250))
    }

    @Test("several addresses are taken, each once, and mistakes are named")
    func addresses() throws {
        func nodes(_ urls: [String]) throws -> [String] { try TallywireClient.Handshake.nodes(.init(urls: urls)).map(\.url) }
        #expect(
            try nodes(["ws://a.example", "ws://b.example/ws", "ws://a.example/ws"]) == ["ws://a.example", "ws://b.example/ws"])
        let many = (0..<17).map { "ws://n\($0).example" }
        #expect(try nodes(Array(many.prefix(16))).count == 16)
        for urls in [[], many] {
            let failure = #expect(throws: TallywireClient.Failure.self) { try nodes(urls) }
            #expect(failure?.code == .invalidURL && failure?.message.contains("1 to 16") == true)
        }
        let failure = #expect(throws: TallywireClient.Failure.self) { try nodes(["ws://a.example", "mqtt://b.example"]) }
        #expect(failure?.message.contains("mqtt://b.example") == true)
        var single = TallywireClient.Configuration(url: "ws://a.example")
        #expect(single.url == "ws://a.example" && single.urls == ["ws://a.example"])
        single.url = "ws://b.example"
        #expect(single.urls == ["ws://b.example"])
    }

    @Test("a lost connection goes on at the next address at once, without a gap and without a repetition")
    func lost() async throws {
        let server = try await StockServer.filled()
        let nodes = [
            try await FaultyProxy.start(to: server.port), try await FaultyProxy.start(to: server.port),
            try await FaultyProxy.start(to: server.port),
        ]
        let urls = nodes.map { "ws://127.0.0.1:\($0.port)/ws" }
        try await Watch.run(
            server.port, rooms: ["admin_room", "product:1"],
            configuring: {
                $0.urls = urls; Self.longPauses(&$0)
            }
        ) { watch in
            #expect(watch.client.state.url == urls[0] && watch.client.state.node == nil)
            #expect(nodes[1].acceptedCount == 0 && nodes[2].acceptedCount == 0)
            // The second node is away, so the third one is the next.
            try await nodes[1].refuseLinks()
            try await server.stock(11, 10)
            nodes[0].cut()
            try await server.stock(12, 11)
            try await eventually("it is at the third") { watch.client[product: 1, variant: 12]?.stock == 11 }
            try await watch.waitUntilLive()
            #expect(watch.client.state.url == urls[2] && watch.client.state.lastFailure == nil)
            try await server.stock(11, 12)
            let expected = try await server.events("inventory_updated,stock_alert,product_status_changed").map(\.seq)
            try await eventually("all came") { watch.seqs.last == expected.last }
            #expect(watch.seqs == expected)
            #expect(watch.failures.isEmpty)
        }
        for node in nodes { try await node.close() }
    }

    @Test("a node that answers 503 is left for the next one")
    func unavailable() async throws {
        let server = try await StockServer.filled()
        let node = try await LaggingNode.start(epoch: nil)
        let urls = ["ws://127.0.0.1:\(node.port)/ws", "ws://127.0.0.1:\(server.port)/ws"]
        try await Watch.run(
            server.port, rooms: ["ecommerce_room"],
            configuring: {
                $0.urls = urls; Self.longPauses(&$0)
            }
        ) { watch in
            #expect(watch.client.state.url == urls[1] && watch.client.items.count == 3)
            try await eventually("the first was left") {
                watch.states.contains { $0.lastFailure?.code == .serverOverloaded && $0.url == urls[0] }
            }
        }
        try await node.close()
    }

    @Test("a node that is behind the client is left for the next one, and tells its name before")
    func behind() async throws {
        let server = try await StockServer.filled()
        let proxy = try await FaultyProxy.start(to: server.port)
        let epoch = try await LaggingNode.epoch(of: server.port)
        let lagging = try await LaggingNode.start(epoch: epoch)
        let urls = ["ws://127.0.0.1:\(proxy.port)/ws", "ws://127.0.0.1:\(lagging.port)/ws", "ws://127.0.0.1:\(server.port)/ws"]
        try await Watch.run(
            server.port, rooms: ["ecommerce_room"],
            configuring: {
                $0.urls = urls; Self.longPauses(&$0)
            }
        ) { watch in
            proxy.cut()
            try await eventually("it is at the third") { watch.client.state.url == urls[2] && watch.client.state.isLive }
            try await eventually("the second was left") {
                watch.states.contains { $0.lastFailure == .init(.serverOverloaded, "ahead") && $0.url == urls[1] }
            }
            #expect(watch.states.contains { $0.node == LaggingNode.name && $0.url == urls[1] })
            #expect(watch.client.state.node == nil && watch.client.items.count == 3)
            try await eventually("what it knew is kept") { watch.outcomes == [.begun, .replayed] }
        }
        try await lagging.close()
        try await proxy.close()
    }
}
