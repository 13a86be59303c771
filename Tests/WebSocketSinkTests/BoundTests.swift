import NIOCore
import NIOEmbedded
import NIOPosix
import NIOWebSocket
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing
import WebSocketServer

@testable import RoomHub
@testable import WebSocketSink

/// What waits for one connection is bounded, whatever it asks for and however little it reads.
@Suite("What one connection may owe")
struct BoundTests {
    private func variants(_ range: ClosedRange<Int64>) -> [FollowedRoom] { range.map { .variant($0) } }

    @Test("what is to be tracked waits in a few stages with no more ids than may be tracked, and every message is answered")
    func trackingStages() {
        var catchUp = CatchUp(position: 0)
        for round in Int64(0)..<1_000 { catchUp.track(variants(1...5_000), limit: 5_000, answers: round == 0 ? 1 : 2) }
        #expect(catchUp.stages.count == 1 && catchUp.waitingIDs == 5_000)
        #expect(catchUp.stages.first?.tracking?.answers == 1_999)
        var small = CatchUp(position: 0)
        for id in Int64(1)...1_000 { small.track([.variant(id)], limit: 5_000) }
        #expect(small.stages.count == CatchUp.mostTrackings && small.waitingIDs == 1_000)
        #expect(small.stages.compactMap { $0.tracking?.answers }.reduce(0, +) == 1_000)
        // What is half sent goes on, and what is not tracked any more is not read.
        small.untrack(Set(variants(2...1_000)))
        #expect(small.stages.count == CatchUp.mostTrackings && small.waitingIDs == 1)
    }

    @Test("values of what is tracked are read in parts, and a part that is read again leaves nothing out", arguments: 1...3)
    func parts(seed: UInt64) {
        var random = SplitMix(state: seed)
        let items = (Int64(1)...3_000).map { Bool.random(using: &random) ? FollowedRoom.variant($0) : .product($0) }
        var values = TrackingValues(items)
        var seen: [FollowedRoom] = []
        while !values.rest.isEmpty {
            values.takePart()
            #expect(!values.part.isEmpty && values.part.count <= TrackingValues.partSize)
            if Int.random(in: 0..<4, using: &random) == 0 { values.readAgain() } else { seen += values.part }
        }
        #expect(seen == items)
    }

    @Test("many messages that track, of a client that does not read, are answered by few when it reads on")
    func tracking() async throws {
        try await Gateway.run(variants: 900) {
            $0.pingInterval = .seconds(600)
        } _: { gateway in
            let client = try await gateway.server.join()
            try await client.setReading(false)
            let ids = (11..<911).map(String.init).joined(separator: ",")
            for _ in 0..<900 { try await client.send(#"{"type":"track","products":[1,2],"variants":[\#(ids)]}"#) }
            try await client.send("?")
            try await eventually("the server has taken them") { gateway.metrics.errors == 1 }
            let sent = gateway.metrics.values
            try await client.setReading(true)
            var answered: UInt64 = 0
            var items = Set<String>()
            while answered < 900 {
                let page = try await client.nextJSON(type: "tracking")
                for item in page["items"]?.array ?? [] { items.insert(item["sku"]?.string ?? "") }
                if page["last"]?.bool == true { answered += page["answers"]?.unsigned ?? 1 }
            }
            #expect(answered == 900 && items.count == 901)
            // Some seven pages for each answer, and after it read on one or two answers for all.
            #expect(gateway.metrics.values - sent < 100)
            let last = try await gateway.set("A", 50)
            #expect(try await client.sequenceOfEvents(1) == [last])
        }
    }

    @Test("no more is remembered of what was tracked than is tracked")
    func coverage() async throws {
        try await Gateway.run(variants: 5) {
            $0.hub.limits.snapshotItems = 3
            $0.hub.limits.errorsPerConnection = 1_000
        } _: { gateway in
            let client = try await gateway.server.join()
            for _ in 0..<20 {
                try await client.send(#"{"type":"track","products":[1]}"#)
                try await client.send(#"{"type":"untrack","products":[1]}"#)
            }
            for _ in 0..<20 { #expect(try await client.nextJSON(type: "untracked")["products"] == .array([1])) }
            let last = try await gateway.set("C", 9)
            #expect(try await client.sequenceOfEvents(1) == [last], "in no room again")
        }
    }

    @Test("a backlog of more variants than may wait is let go, since the journal has it, and costs a position")
    func index() throws {
        let connection = try EmbeddedConnection("/ws?room=admin_room") { $0.hub.limits.buffer = 96 * 100 }
        _ = try connection.sent()
        connection.channel.isWritable = false
        connection.channel.pipeline.fireChannelWritabilityChanged()
        let shard = try #require(connection.hub.shard(of: connection.channel.eventLoop))
        func change(_ seq: UInt64) {
            shard.take(Pass([stockEnvelope(seq, variant: Int64(seq), from: 5, to: 6)], for: shard.directory.audiences))
        }
        for seq in UInt64(42)...141 { change(seq) }
        #expect(connection.hub.metrics.current.behind == 1 && connection.hub.metrics.current.catchingUp == 0)
        for seq in UInt64(142)...10_000 { change(seq) }
        #expect(connection.isOpen)
        #expect(connection.hub.metrics.current.behind == 0 && connection.hub.metrics.current.catchingUp == 1)
    }

    @Test(
        "pongs, control frames and errors that nobody reads end the connection with 4008", arguments: ["ping", "control", "error"])
    func answers(kind: String) async throws {
        var configuration = WebSocketConfiguration()
        configuration.hub.limits.buffer = 64 * 1024
        configuration.hub.limits.messages = Rate(perSecond: 1_000_000, burst: 1_000_000)
        configuration.hub.limits.errorsPerConnection = 1_000_000
        configuration.pingInterval = .seconds(600)
        let text = String(repeating: "x", count: 120)
        let (opcode, data): (WebSocketOpcode, String) =
            switch kind {
            case "control": (.ping, text)
            case "ping": (.text, #"{"type":"ping","id":"\#(text)"}"#)
            default: (.text, #"{"type":"\#(text)"}"#)
            }
        let frames = Array(
            repeating: WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: ByteBuffer(string: data)), count: 200)
        try await withServer(try WebSocketSink(configuration)) { server in
            func isEnded() -> Bool { server.sink.metrics.current.closed[4008] == 1 }
            // A kernel whose buffer is full of small packets drops what still comes, acknowledgements of what it sent itself among it, and
            // now and then neither direction of a connection moves again (Linux 6.18). Such a connection is given up for another.
            for _ in 0..<4 where !isEnded() {
                let client = try await server.join()
                try await client.setReading(false)
                let patience = Task {
                    try await Task.sleep(for: .seconds(10))
                    await client.disconnect()
                }
                // Sending fails once the connection is closed.
                for _ in 0..<1_000 { do { try await client.send(frames) } catch { break } }
                try? await eventually("it was closed", within: .seconds(5)) { isEnded() }
                patience.cancel()
                await client.disconnect()
            }
            #expect(isEnded(), "\(server.sink.metrics.current.closed)")
        }
    }

    @Test("old images that slow readers hold are recalled when all together take too much memory")
    func images() async throws {
        try await Gateway.run(variants: 400) { gateway in
            let images = StockImages(stock: gateway.journal, audiences: [.everybody], limit: 1_000, memory: 400_000)
            let loop = MultiThreadedEventLoopGroup.singleton.any()
            var held: [FreshImage] = []
            for round in Int64(1)...6 {
                for index in 0..<400 { try await gateway.set(Gateway.sku(index), round) }
                held.append(try await images.image(.init(since: nil, form: 0), on: loop).get())
            }
            #expect(held.map(\.seq) == held.map(\.seq).sorted())
            #expect(held.first?.isRecalled == true && held.last?.isRecalled == false)
        }
    }
}

@Suite("What was let go of a backlog")
struct UnsentTests {
    @Test("exactly what was not sent is unsent, whatever was merged and whatever went out between", arguments: 1...20)
    func exact(seed: UInt64) {
        var random = SplitMix(state: seed)
        var backlog = Backlog(after: 0)
        var records: [Pass.Record] = []
        var sent = Set<UInt64>()
        for seq in UInt64(1)...UInt64.random(in: 1...400, using: &random) {
            let record = Pass.Record(
                seq: seq, type: .inventoryUpdated, product: 1, variant: Int64.random(in: 1...12, using: &random), location: nil,
                reservation: nil, isMergeable: Int.random(in: 0..<5, using: &random) > 0)
            records.append(record)
            _ = backlog.add(Array(#"{"type":"x","seq":\#(seq)}"#.utf8), record)
            if Int.random(in: 0..<6, using: &random) == 0,
                let (frames, _) = backlog.next(bytes: .random(in: 1...200, using: &random))
            {
                sent.formUnion(sequence(frames))
            }
        }
        // An event that was merged into one that went out went out with it.
        var done = sent
        for record in records where record.isMergeable && !sent.contains(record.seq) {
            let later = records.first {
                $0.seq > record.seq && $0.variant == record.variant && $0.isMergeable && sent.contains($0.seq)
            }
            if later != nil { done.insert(record.seq) }
        }
        let unsent = backlog.unsent
        for record in records {
            let isUnsent = unsent.map { record.seq >= $0.before || $0.holds(record) } ?? false
            #expect(isUnsent != done.contains(record.seq), "\(record.seq)")
            if isUnsent { #expect(unsent.map { $0.start < record.seq } == true) }
        }
    }
}
