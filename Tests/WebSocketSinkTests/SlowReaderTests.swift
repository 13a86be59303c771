import NIOCore
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import RoomHub
@testable import WebSocketSink

@Suite("What waits for a slow reader")
struct BacklogTests {
    private func record(_ seq: UInt64, variant: Int64? = 11, isMergeable: Bool = true) -> Pass.Record {
        Pass.Record(
            seq: seq, type: .inventoryUpdated, product: 1, variant: variant, location: nil, reservation: nil,
            isMergeable: isMergeable)
    }

    private func json(_ seq: UInt64) -> [UInt8] { Array(#"{"type":"x","seq":\#(seq),"data":{"seq":7}}"#.utf8) }

    private func drain(_ backlog: inout Backlog, bytes: Int = 1 << 20) -> [String] {
        var texts: [String] = []
        while let (frames, _) = backlog.next(bytes: bytes) { texts += ServerFrame.all(in: frames).map(\.text) }
        return texts
    }

    @Test("of a variant's changes the newest goes out, says how many are merged into it, and stands where it came")
    func merging() {
        var backlog = Backlog(after: 0)
        let first = backlog.add(json(1), record(1))
        let second = backlog.add(json(2), record(2, variant: 12))
        let third = backlog.add(json(3), record(3, isMergeable: false))
        let fourth = backlog.add(json(4), record(4))
        let fifth = backlog.add(json(5), record(5))
        #expect([first, second, third, fourth, fifth] == [false, false, false, true, true])
        #expect(backlog.count == 3)
        let texts = drain(&backlog)
        #expect(
            texts == [
                #"{"type":"x","seq":2,"data":{"seq":7}}"#, #"{"type":"x","seq":3,"data":{"seq":7}}"#,
                #"{"type":"x","seq":5,"conflated":2,"data":{"seq":7}}"#,
            ])
        #expect(backlog.isEmpty && backlog.unmergeableBytes == 0)
    }

    @Test(
        "a hundred thousand changes of a thousand variants are a thousand entries, whatever is taken out between", arguments: 1...3)
    func bounded(seed: UInt64) {
        var random = SplitMix(state: seed)
        var backlog = Backlog(after: 0)
        var taken: [UInt64] = []
        var merged = 0
        var newest: [Int64: UInt64] = [:]
        for seq in UInt64(1)...100_000 {
            let variant = Int64.random(in: 1...1_000, using: &random)
            newest[variant] = seq
            let json = Array(#"{"type":"x","seq":\#(seq)}"#.utf8)
            if backlog.add(json, record(seq, variant: variant)) { merged += 1 }
            #expect(backlog.count <= 1_000)
            if seq % 10_007 == 0, let (frames, _) = backlog.next(bytes: 5_000) { taken += sequence(frames) }
        }
        while let (frames, _) = backlog.next(bytes: 1_000) { taken += sequence(frames) }
        #expect(taken == taken.sorted() && taken.count + merged == 100_000)
        #expect(Set(taken).isSuperset(of: newest.values))
    }

    @Test("going out of stock and coming back is a crossing, and what is within is not")
    func crossings() {
        #expect(StockStep(stockEnvelope(1, from: 5, to: 0).json)?.isCrossing == true)
        #expect(StockStep(stockEnvelope(1, from: 0, to: 5).json)?.isCrossing == true)
        #expect(StockStep(stockEnvelope(1, from: 6, to: 5).json)?.isCrossing == false)
        #expect(StockStep(stockEnvelope(1, from: 0, to: 0).json)?.isCrossing == false)
        #expect(StockStep(envelope(1, .stockAlert).json) == nil)
    }
}

@Suite("A slow reader")
struct SlowReaderTests {
    @Test("it gets the newest of each variant, every alert and every crossing, in order; the others are not held up")
    func merging() async throws {
        // What does not read does not answer pings either.
        try await Gateway.run {
            $0.pingInterval = .seconds(600)
        } _: { gateway in
            let slow = try await gateway.server.join("/ws?room=admin_room")
            let quick = try await gateway.server.join("/ws?room=admin_room")
            let start = gateway.head
            try await slow.setReading(false)
            var quantity: Int64 = 100
            var quickSeen: [UInt64] = []
            while gateway.metrics.merged < 2_000 && gateway.head < 60_000 {
                for _ in 0..<500 {
                    quantity += 1
                    try await gateway.set("A", quantity)
                    try await gateway.set("B", quantity % 97 == 0 ? 0 : quantity)
                }
                quickSeen += try await quick.sequenceOfEvents(
                    gateway.journal.allEvents.filter { $0.seq > (quickSeen.last ?? start) }.count)
            }
            let events = gateway.journal.allEvents.filter { $0.seq > start }
            #expect(quickSeen == events.map(\.seq))
            #expect(gateway.metrics.merged >= 2_000 && gateway.metrics.behind == 1)
            try await slow.setReading(true)
            var seen: [UInt64] = []
            var merged: UInt64 = 0
            while seen.last != events.last?.seq {
                let message = try await slow.nextJSON()
                guard message["data"] != nil, let seq = message["seq"]?.unsigned else { continue }
                seen.append(seq)
                merged += message["conflated"]?.unsigned ?? 0
            }
            #expect(seen == seen.sorted() && seen.count + Int(merged) == events.count)
            let mustCome = events.filter { $0.type == .stockAlert || ($0.step?.isCrossing ?? false) }.map(\.seq)
            #expect(mustCome.count > 20 && Set(seen).isSuperset(of: mustCome))
            try await eventually("it is live again") { gateway.metrics.behind == 0 }
            let last = try await gateway.set("C", 1_000)
            #expect(try await slow.sequenceOfEvents(1) == [last])
            #expect(try await quick.sequenceOfEvents(1) == [last])
        }
    }

    @Test("one that is left with more alerts than may wait is closed with 4008, and the others are not held up")
    func tooSlow() async throws {
        var configuration = WebSocketConfiguration()
        configuration.hub.limits.buffer = 256 * 1024
        configuration.pingInterval = .seconds(600)
        try await withServer(try WebSocketSink(configuration)) { server in
            let slow = try await server.join("/ws?room=admin_room")
            let quick = try await server.join("/ws?room=admin_room")
            try await slow.setReading(false)
            var seq: UInt64 = 0
            var wasBehind = false
            while server.sink.metrics.current.closed[4008] == nil && seq < 8_000 {
                let batch = (1...10).map { envelope(seq + $0, .stockAlert, padding: 4_000) }
                seq += 10
                _ = try await server.sink.deliver(EventBatch(records: batch))
                #expect(try await quick.sequence(10) == Array(seq - 9...seq))
                // A close frame waits behind what the socket holds; that it is closing shows in what is no longer kept for it.
                let isBehind = server.sink.metrics.current.behind > 0
                if wasBehind && !isBehind { break }
                wasBehind = isBehind
            }
            try await slow.setReading(true)
            #expect(try await slow.closeCode() == 4008)
            try await eventually("it is counted") { server.sink.metrics.current.closed[4008] == 1 }
            _ = try await server.sink.deliver(EventBatch(records: [envelope(seq + 1)]))
            #expect(try await quick.sequence(1) == [seq + 1])
        }
    }
}
