import TallywireTesting
import Testing

@testable import TallywireClient

@Suite("What waits for a slow reader")
struct EventBufferTests {
    typealias Event = TallywireClient.Event

    private func update(_ seq: UInt64, _ product: ProductID, stock: Int64) throws -> Event {
        let text = """
            {"type":"inventory_updated","seq":\(seq),"timestamp":"2026-11-22T20:17:05.854Z",\
            "data":{"productId":\(product),"variantId":null,"version":\(seq),"stock":\(stock)}}
            """
        guard case .event(let event) = try TallywireClient.Received(Array(text.utf8)) else {
            throw NeverHappened(description: text)
        }
        return event
    }

    private func alert(_ seq: UInt64) throws -> Event {
        let text = """
            {"type":"stock_alert","seq":\(seq),"timestamp":"2026-11-22T20:17:05.854Z","data":{"productId":1,"variantId":null}}
            """
        guard case .event(let event) = try TallywireClient.Received(Array(text.utf8)) else {
            throw NeverHappened(description: text)
        }
        return event
    }

    private func all(_ buffer: inout TallywireClient.EventBuffer) -> [Event] {
        var events: [Event] = []
        while let event = buffer.take() { events.append(event) }
        return events
    }

    @Test("while there is room everything waits as it came")
    func room() throws {
        var buffer = TallywireClient.EventBuffer(limit: 3)
        for seq in 1...3 as ClosedRange<UInt64> { buffer.put(try update(seq, 1, stock: Int64(seq))) }
        #expect(all(&buffer).map(\.seq) == [1, 2, 3])
    }

    @Test("then changes of the same variant are merged, in the place of the newest")
    func merging() throws {
        var buffer = TallywireClient.EventBuffer(limit: 3)
        buffer.put(try update(1, 1, stock: 5))
        buffer.put(try update(2, 2, stock: 5))
        buffer.put(try alert(3))
        buffer.put(try update(4, 1, stock: 6))
        buffer.put(try update(5, 1, stock: 7))
        let events = all(&buffer)
        #expect(events.map(\.seq) == [2, 3, 5] && events.map(\.conflated) == [0, 0, 2] && events.allSatisfy { $0.missed == 0 })
    }

    @Test("a change from some to none is not merged, and what is let go is told")
    func missed() throws {
        var buffer = TallywireClient.EventBuffer(limit: 2)
        buffer.put(try update(1, 1, stock: 5))
        buffer.put(try update(2, 2, stock: 5))
        buffer.put(try update(3, 1, stock: 0))
        buffer.put(try alert(4))
        let events = all(&buffer)
        #expect(events.map(\.seq) == [3, 4] && events.map(\.missed) == [2, 0])
    }

    @Test("it keeps its bound and loses count of nothing, whatever comes", arguments: 1...20 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let limit = 1 + Int(random.next() % 40)
        var buffer = TallywireClient.EventBuffer(limit: limit)
        var (last, told) = (UInt64(0), 0)
        func take() {
            guard let event = buffer.take() else { return }
            #expect(event.seq > last)
            last = event.seq
            told += 1 + event.conflated + event.missed
        }
        for seq in 1...2_000 as ClosedRange<UInt64> {
            let product = ProductID(Int64(1 + random.next() % 10))
            buffer.put(random.next() % 5 == 0 ? try alert(seq) : try update(seq, product, stock: Int64(random.next() % 3)))
            #expect(buffer.count <= limit)
            if random.next() % 3 == 0 { take() }
        }
        while buffer.count > 0 { take() }
        #expect(told == 2_000 && last == 2_000)
    }

    @Test("a reader that does not read is bounded and told, and holds up nobody")
    func slowReader() async throws {
        let server = try await StockServer.filled()
        try await Watch.run(server.port, rooms: ["everything"], configuring: { $0.eventBuffer = 10 }) { watch in
            let lazy = watch.client.events
            for stock in 1...50 as ClosedRange<Int64> { try await server.stock(11, stock) }
            for variant in [11, 12] as [Int64] { try await server.stock(variant, 60) }
            try await eventually("the others have it") { watch.client[product: 1, variant: 12]?.stock == 60 }
            var told = 0
            var count = 0
            let last = try #require(watch.client.position(of: "everything")?.seq)
            for await event in lazy {
                count += 1
                told += 1 + event.conflated + event.missed
                if event.seq == last { break }
            }
            #expect(count <= 10 && told >= 52, "alerts come too")
        }
    }
}
