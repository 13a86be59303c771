import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireClient

@Suite("The client and outages", .timeLimit(.minutes(3)))
struct OutageTests {
    @Test("a killed server is recovered from without gap or repetition while writes go on")
    func killed() async throws {
        let server = try await StockServer.filled()
        try await Watch.run(server.port, rooms: ["admin_room", "variant:11"]) { watch in
            for round in 0..<3 as Range<Int64> {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        // It ends with the server.
                        for stock in 20..<100_000 as Range<Int64> where !Task.isCancelled {
                            do { try await server.stock(11, stock) } catch { return }
                        }
                    }
                    try await eventually("some came") { watch.events.count > 20 * (Int(round) + 1) }
                    await server.stop()
                    try await group.waitForAll()
                }
                try await server.start()
                try await server.stock(11, 100_000 + round)
                try await eventually("it is right again") { watch.client[product: 1, variant: 11]?.stock == 100_000 + round }
            }
            let expected = try await server.events("inventory_updated,stock_alert,product_status_changed").map(\.seq)
            try await eventually("all came") { watch.seqs.last == expected.last }
            #expect(watch.seqs == expected)
            #expect(watch.outcomes.filter { $0 == .replayed }.count >= 3)
            #expect(watch.events.allSatisfy { $0.missed == 0 })
        }
    }

    @Test("the server's pause is honoured when it goes away")
    func goingAway() async throws {
        let server = try await StockServer.filled()
        try await Watch.run(server.port, rooms: ["ecommerce_room"], configuring: { $0.maxDelay = .milliseconds(1) }) { watch in
            let begin = Date.now
            async let stopped: Void = server.stop(SIGTERM)
            try await eventually("it waits") { watch.states.contains { $0.waitsUntil != nil } }
            let state = try #require(watch.states.first { $0.waitsUntil != nil })
            let message = try #require(state.lastFailure?.message)
            let pause = try #require(message.firstMatch(of: /come back in (\d+) ms/).flatMap { Double($0.1) })
            let until = try #require(state.waitsUntil)
            #expect(until >= begin + pause / 1000)
            await stopped
            try await server.start()
            try await watch.waitUntilLive()
            try await server.stock(11, 3)
            try await eventually("it goes on") { watch.client[product: 1, variant: 11]?.stock == 3 }
        }
    }

    @Test("another journal makes everything void")
    func anotherJournal() async throws {
        let server = try await StockServer.filled()
        try await Watch.run(server.port, rooms: ["ecommerce_room"]) { watch in
            try await server.stock(11, 5)
            try await eventually("it came") { watch.client[product: 1, variant: 11]?.stock == 5 }
            let epoch = watch.client.epoch
            await server.stop()
            try server.forget()
            try await server.start()
            try await server.call(.POST, "/api/products", #"{"id":7,"name":"Cup","variants":[{"id":71,"sku":"CUP"}]}"#)
            // The room does not carry the catalogue: whoever came back before gets to know the cup by its stock.
            try await server.stock(71, 1)
            try await eventually("only the new one is there") { watch.client.items.map(\.sku) == ["CUP"] }
            #expect(watch.client.epoch != epoch)
            #expect(watch.outcomes.contains(.anotherJournal(epoch: watch.client.epoch ?? "")))
        }
    }

    @Test("a position that is too old brings what changed since, and what is gone")
    func tooOld() async throws {
        let server = try await StockServer.filled(
            sink: #""rooms": { "few": { "events": ["inventory_updated", "product_status_changed"], "replay": 3 } }"#)
        let proxy = try await FaultyProxy.start(to: server.port)
        try await Watch.run(proxy.port, rooms: ["few"]) { watch in
            let client = watch.client
            try await server.stock(11, 1)
            try await eventually("it came") { client[product: 1, variant: 11]?.stock == 1 }
            try await proxy.refuseLinks()
            proxy.cut()
            try await eventually("it is away") { client.state.lastFailure?.code == .disconnected }
            for stock in 2..<20 as Range<Int64> { try await server.stock(11, stock) }
            try await server.call(.DELETE, "/api/variants/12")
            try await proxy.heal()
            try await watch.waitUntilLive()
            #expect(client[product: 1, variant: 11]?.stock == 19)
            #expect(client[product: 1, variant: 12] == nil)
            #expect(client[product: 2] != nil)
            try await eventually("it was told how it went on") { watch.outcomes == [.begun, .values(isPartial: true)] }
            try await server.stock(11, 20)
            try await eventually("it goes on") { client[product: 1, variant: 11]?.stock == 20 }
        }
        try await proxy.close()
    }

    @Test("a link that is dead on one side is noticed, and what is shown is stale meanwhile")
    func halfOpen() async throws {
        let server = try await StockServer.filled(sink: #""pingInterval": "1s", \#(StockServer.rooms)"#)
        let proxy = try await FaultyProxy.start(to: server.port)
        try await Watch.run(proxy.port, rooms: ["ecommerce_room"], configuring: { $0.staleAfter = .milliseconds(100) }) { watch in
            proxy.swallow()
            try await server.stock(11, 9)
            try await eventually("it is noticed") { watch.client.state.lastFailure?.code == .noAnswer }
            try await eventually("it is stale") { watch.states.contains { $0.isStale && $0.asOf != nil } }
            try await proxy.heal()
            try await eventually("it is right again") { watch.client[product: 1, variant: 11]?.stock == 9 }
            try await watch.waitUntilLive()
            #expect(!watch.client.state.isStale && watch.client.state.lastFailure == nil)
        }
        try await proxy.close()
    }

    @Test("who is told that something happened looks at once")
    func wake() async throws {
        let server = try await StockServer.filled()
        let proxy = try await FaultyProxy.start(to: server.port)
        let slow: (inout TallywireClient.Configuration) -> Void = {
            $0.minDelay = .seconds(600)
            $0.maxDelay = .seconds(600)
        }
        try await Watch.run(proxy.port, rooms: ["ecommerce_room"], configuring: slow) { watch in
            proxy.cut()
            try await eventually("it waits") { if case .waiting = watch.client.state.phase { true } else { false } }
            watch.client.wake()
            try await watch.waitUntilLive()
            // A link that is dead is found out within seconds, where the ping interval is 25.
            proxy.swallow()
            watch.client.wake()
            try await eventually("it is noticed", within: .seconds(20)) { watch.client.state.lastFailure?.code == .noAnswer }
        }
        try await proxy.close()
    }

    @Test("cancellation ends everything and frees the socket")
    func cancellation() async throws {
        let server = try await StockServer.filled()
        let proxy = try await FaultyProxy.start(to: server.port)
        let client = TallywireClient(.init(url: "ws://127.0.0.1:\(proxy.port)", rooms: ["ecommerce_room"]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (events, states, item) = (client.events, client.states, client.item(product: 1, variant: 11))
            group.addTask { for await _ in events {} }
            group.addTask { for await _ in states {} }
            group.addTask { for await _ in item {} }
            group.addTask {
                await #expect(throws: TallywireClient.Failure.self) { try await client.join("no such room", since: nil) }
            }
            try await withThrowingTaskGroup(of: Void.self) { running in
                running.addTask { try await client.run() }
                try await client.waitUntilLive()
                await #expect(throws: TallywireClient.Failure(.alreadyRunning, "the client runs already")) {
                    try await client.run()
                }
                running.cancelAll()
                try await running.waitForAll()
            }
            // Its readers have come to their end, though nobody cancelled them.
            try await group.waitForAll()
        }
        try await eventually("the socket is gone") { proxy.linkCount == 0 }
        #expect(client.state.phase == .closed)
        #expect(client.items.count == 3, "what is known stays")
        #expect(client.act { $0.replica.readers.count } == 0)
        // It may run again, and goes on from where it was.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            try await eventually("it is live again") { client.state.isLive }
            group.cancelAll()
        }
        try await proxy.close()
    }

    @Test("it is cancelled at once while the server does not answer the handshake")
    func cancelledHandshake() async throws {
        let server = try await StockServer.filled()
        let proxy = try await FaultyProxy.start(to: server.port)
        proxy.swallow()
        let client = TallywireClient(.init(url: "ws://127.0.0.1:\(proxy.port)"))
        let begin = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            try await eventually("it connects") { proxy.acceptedCount == 1 }
            group.cancelAll()
        }
        #expect(ContinuousClock.now - begin < .seconds(5))
        try await proxy.close()
    }
}

extension TallywireClient.State {
    fileprivate var waitsUntil: Date? { if case .waiting(let until) = phase { until } else { nil } }
}
