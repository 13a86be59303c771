import NIOCore
import NIOPosix
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import RoomHub
@testable import WebSocketSink

@Suite("Coming back to a room")
struct RecoveryTests {
    @Test(
        "whoever missed events gets them in order and then what is live, from memory and from the journal", arguments: [65_536, 4])
    func replay(ring: Int) async throws {
        try await Gateway.run(ring: ring) { gateway in
            let start = gateway.head
            for quantity in 1...600 { try await gateway.set("A", Int64(quantity)) }
            try await gateway.settle()
            let client = try await gateway.server.connect("/ws?room=ecommerce_room&since=epoch:\(start)")
            _ = try await client.nextJSON(type: "welcome")
            let joined = try await client.nextJSON(type: "joined")
            #expect(joined["recovered"]?.bool == true && joined["seq"]?.unsigned == gateway.head)
            let missed = try await client.sequence(600)
            let last = try await gateway.set("B", 5)
            let live = try await client.sequence(1)
            #expect(missed == gateway.updates(after: start).dropLast() && live == [last])
            #expect(gateway.metrics.replayed == 600 && gateway.metrics.catchingUp == 0)
        }
    }

    @Test("a client that has seen more at another node waits for this one, and misses nothing")
    func ahead() async throws {
        try await Gateway.run(ahead: .wait(.seconds(60))) { gateway in
            let start = gateway.head
            let client = try await gateway.server.connect("/ws?room=ecommerce_room&since=epoch:\(start + 5)")
            _ = try await client.nextJSON(type: "welcome")
            for quantity in 1...20 { try await gateway.set("A", Int64(1_000 + quantity)) }
            let joined = try await client.nextJSON(type: "joined")
            #expect(joined["recovered"]?.bool == true && (joined["seq"]?.unsigned ?? 0) >= start + 5)
            let wanted = gateway.updates(after: start + 5)
            #expect(try await client.sequence(wanted.count) == wanted)
        }
    }

    @Test("a client that is ahead for too long is closed with 1013, and others are not")
    func aheadForLong() async throws {
        try await Gateway.run(ahead: .wait(.milliseconds(20))) { gateway in
            let other = try await gateway.server.connect("/ws?room=ecommerce_room&since=epoch:\(gateway.head)")
            _ = try await other.nextJSON(type: "joined")
            let client = try await gateway.server.connect("/ws?room=ecommerce_room&since=epoch:\(gateway.head + 1)")
            #expect(try await client.closeCode() == 1013)
            let last = try await gateway.set("A", 5)
            #expect(try await other.sequence(1) == [last])
        }
    }

    @Test("while writes go on, nothing is missed and nothing comes twice", arguments: 1...4)
    func duringWrites(seed: UInt64) async throws {
        try await Gateway.run(ring: 64) { gateway in
            let start = gateway.head
            let total: Int64 = 1_500
            async let writing: Void = {
                for quantity in 1...total { try await gateway.set("A", quantity) }
            }()
            var random = SplitMix(state: seed)
            var position = start
            var seen: [UInt64] = []
            while seen.count < Int(total) {
                let client = try await gateway.server.connect("/ws?room=ecommerce_room&since=epoch:\(position)")
                let wanted = min(Int.random(in: 1...400, using: &random), Int(total) - seen.count)
                seen += try await client.sequenceOfEvents(wanted)
                position = seen.last ?? position
                await client.disconnect()
            }
            try await writing
            #expect(seen == gateway.updates(after: start))
        }
    }

    @Test("a room that is joined later brings what was missed, without what another room brought already")
    func secondRoom() async throws {
        try await Gateway.run { gateway in
            let start = gateway.head
            try await gateway.set("A", 20)
            try await gateway.settle()
            let client = try await gateway.server.join("/ws?room=ecommerce_room")
            let live = try await gateway.set("A", 5)
            #expect(try await client.sequence(1) == [live])
            // The alert about A was not for the shop's room; A's first change came before the client.
            try await client.send(#"{"type":"join","room":"admin_room","since":{"epoch":"epoch","seq":\#(start)}}"#)
            #expect(try await client.nextJSON(type: "joined")["recovered"]?.bool == true)
            #expect(try await client.sequence(2) == [start + 1, live + 1])
            let next = try await gateway.set("B", 50)
            #expect(try await client.sequence(1) == [next])
            // Leaving and coming back with an old position brings nothing that was sent.
            try await client.send(#"{"type":"leave","room":"admin_room"}"#)
            try await client.send(#"{"type":"join","room":"admin_room","since":{"epoch":"epoch","seq":\#(start)}}"#)
            _ = try await client.nextJSON(type: "left")
            _ = try await client.nextJSON(type: "joined")
            let last = try await gateway.set("C", 50)
            #expect(try await client.sequence(1) == [last])
        }
    }

    @Test("what came while in no room is not replayed")
    func afterBroadcast() async throws {
        try await Gateway.run { gateway in
            let start = gateway.head
            let client = try await gateway.server.join()
            let first = try await gateway.set("A", 5)
            #expect(try await client.sequence(1) == [first])
            try await client.send(#"{"type":"join","room":"admin_room","since":{"epoch":"epoch","seq":\#(start)}}"#)
            _ = try await client.nextJSON(type: "joined")
            #expect(try await client.sequence(1) == [first + 1])
        }
    }

    @Test("with a snapshot come all values, in pages, and then what is later", arguments: [false, true])
    func snapshot(inQuery: Bool) async throws {
        try await Gateway.run(variants: 450) { gateway in
            try await gateway.set("B", 7)
            try await gateway.settle()
            let client = try await gateway.server.connect("/ws" + (inQuery ? "?room=ecommerce_room&snapshot=true" : ""))
            if !inQuery { try await client.send(#"{"type":"join","room":"ecommerce_room","snapshot":true}"#) }
            _ = try await client.nextJSON(type: "welcome")
            #expect(try await client.nextJSON(type: "joined")["recovered"]?.bool == false)
            let (items, seq) = try await client.items("snapshot")
            #expect(items.count == 451 && seq == gateway.head)
            let item = try #require(items.first { $0["sku"]?.string == "B" })
            #expect(item["stock"]?.unsigned == 7 && item["name"]?.string == "Variant 1" && item["variantId"]?.unsigned == 12)
            #expect(item["price"]?.number == 19.99 && item["status"]?.string == "active" && item["level"]?.string == "low")
            let mug = try #require(items.first { $0["sku"]?.string == "Z" && $0["productId"]?.unsigned == 2 })
            #expect(mug["variantId"] == .null && mug["price"] == .null)
            let last = try await gateway.set("A", 1)
            #expect(try await client.sequence(1) == [last])
        }
    }

    @Test("a position of another epoch, or from the future, gets a snapshot", arguments: ["other:1", "epoch:999999"])
    func foreignPosition(position: String) async throws {
        try await Gateway.run { gateway in
            let client = try await gateway.server.connect("/ws?room=ecommerce_room&since=\(position)")
            #expect(try await client.nextJSON(type: "joined")["recovered"]?.bool == false)
            #expect(try await client.items("snapshot").items.count == 4)
        }
    }

    @Test("who was away for too many events gets just the values that changed, and is told so")
    func tooMany() async throws {
        try await Gateway.run { configuration in
            configuration.hub.rooms[1].rules.replay = 10
        } _: { gateway in
            try await gateway.set("C", 3)
            let start = gateway.head
            for quantity in 1...20 { try await gateway.set("A", Int64(quantity)) }
            try await gateway.run(.removeVariant(VariantID(12)))
            try await gateway.settle()
            let client = try await gateway.server.connect("/ws?room=ecommerce_room&since=epoch:\(start)")
            #expect(try await client.nextJSON(type: "joined")["recovered"]?.bool == false)
            let message = try await client.nextJSON(type: "snapshot")
            #expect(
                message["changedSince"]?.unsigned == start && message["last"]?.bool == true
                    && message["seq"]?.unsigned == gateway.head)
            let items = message["items"]?.array ?? []
            #expect(items.map { $0["sku"]?.string } == ["A", "B"])
            #expect(items.first?["stock"]?.unsigned == 20 && items.last?["removed"]?.bool == true)
            let last = try await gateway.set("C", 1)
            #expect(try await client.sequence(1) == [last])
        }
    }

    @Test("who was away for longer than events are kept gets the values that changed")
    func pruned() async throws {
        try await Gateway.run(ring: 2) { gateway in
            let start = gateway.head
            for quantity in 1...20 { try await gateway.set("A", Int64(quantity)) }
            try await gateway.settle()
            _ = try await gateway.journal.prune(
                Retention(age: .seconds(0), size: 1, hardLimit: 1), protected: .max, now: Timestamp(milliseconds: .max / 2))
            try await gateway.set("B", 4)
            try await gateway.settle()
            let client = try await gateway.server.connect("/ws?room=admin_room&since=epoch:\(start)")
            #expect(try await client.nextJSON(type: "joined")["recovered"]?.bool == false)
            let (items, _) = try await client.items("snapshot")
            #expect(items.map { $0["stock"]?.unsigned } == [20, 4])
            let last = try await gateway.set("C", 100)
            #expect(try await client.sequence(1) == [last])
        }
    }

    @Test("who missed only events that are still kept gets those, wherever in the journal what is kept begins")
    func edgeOfRetention() async throws {
        try await Gateway.run(ring: 2) { gateway in
            for quantity in 1...40 { try await gateway.set("A", Int64(quantity)) }
            try await gateway.settle()
            let middle = gateway.head
            for quantity in 1...40 { try await gateway.set("B", Int64(quantity + 100)) }
            try await gateway.settle()
            let journal = PrunedJournal(gateway.journal, first: middle + 1)
            let pages = EventPages(history: journal, filter: EventFilter(), audiences: [.everybody])
            let loop = MultiThreadedEventLoopGroup.singleton.any()
            let later = try await pages.load(after: middle + 7, head: gateway.head, on: loop).get()
            #expect(later.after == middle + 7 && later.through == gateway.head)
            // Who needs more than that page has is not given it.
            #expect(pages.page(after: middle, head: gateway.head) == nil)
            let whole = try await pages.load(after: middle, head: gateway.head, on: loop).get()
            #expect(whole.pass.records.map(\.seq) == Array(middle + 1...gateway.head))
            #expect(pages.page(after: middle + 7, head: gateway.head)?.after == middle)
            await #expect(throws: JournalError.self) {
                _ = try await pages.load(after: middle - 1, head: gateway.head, on: loop).get()
            }
        }
    }

    @Test("a room without snapshots says that something was missed, and goes on")
    func noSnapshots() async throws {
        try await Gateway.run { configuration in
            configuration.hub.rooms[1].rules.snapshot = false
        } _: { gateway in
            let client = try await gateway.server.connect("/ws?room=ecommerce_room&since=other:1")
            #expect(try await client.nextJSON(type: "joined")["recovered"]?.bool == false)
            let last = try await gateway.set("A", 1)
            #expect(try await client.sequence(1) == [last])
        }
    }

    @Test("a snapshot beyond its limit is refused, and the room goes on")
    func tooManyItems() async throws {
        try await Gateway.run {
            $0.hub.limits.snapshotItems = 3
        } _: { gateway in
            let client = try await gateway.server.join("/ws?room=ecommerce_room")
            try await client.send(#"{"type":"join","room":"ecommerce_room","snapshot":true}"#)
            _ = try await client.nextJSON(type: "joined")
            #expect(try await client.nextJSON(type: "error")["code"]?.string == "too_many_items")
            let last = try await gateway.set("A", 1)
            #expect(try await client.sequence(1) == [last])
        }
    }

    @Test("many who come at once share the reading")
    func shared() async throws {
        try await Gateway.run { gateway in
            let readings = Mutex(0)
            let haveAsked = AsyncStream.makeStream(of: Void.self)
            let reader = ForwardingJournal(
                gateway.journal,
                reading: {
                    readings.withLock { $0 += 1 }
                    // No reading ends before all have asked.
                    for await _ in haveAsked.stream {}
                })
            let images = StockImages(stock: reader, audiences: [.everybody], limit: 100)
            let loop = MultiThreadedEventLoopGroup.singleton.any()
            let answers = (0..<200).map { _ in images.image(.init(since: nil, form: 0), on: loop) }
            haveAsked.continuation.finish()
            let seqs = try await EventLoopFuture.whenAllSucceed(answers, on: loop).get().map(\.seq)
            #expect(seqs.count == 200 && Set(seqs) == [gateway.head] && readings.withLock { $0 } <= 2)
        }
    }

    @Test("whoever knows a reservation's id follows what becomes of it, live and from an earlier event on, and sees nothing else")
    func reservation() async throws {
        try await Gateway.run { gateway in
            try await gateway.set("B", 7)
            let before = gateway.head
            func next(_ type: String, _ client: WebSocketClient) async throws -> JSONValue {
                while true {
                    let message = try await client.nextJSON()
                    if message["type"]?.string == type { return message }
                }
            }
            func hold(_ id: String) async throws {
                try await gateway.run(id: id, .reserve(NewReservation(lines: [.init(item: .sku("B"), quantity: 1)])))
            }
            let client = try await gateway.server.connect("/ws?room=reservation:mine")
            _ = try await next("joined", client)
            try await hold("other")
            try await hold("mine")
            try await gateway.run(.useReservation(ReservationUse(reservation: "mine", kind: .release)))
            for status in ["held", "released"] {
                let data = try await next("reservation_changed", client)["data"]
                #expect(data?["reservationId"] == "mine" && data?["status"]?.string == status)
            }
            let later = try await gateway.server.connect("/ws?room=reservation:mine&since=epoch:\(before)")
            for status in ["held", "released"] {
                #expect(try await next("reservation_changed", later)["data"]?["status"]?.string == status)
            }
            try await gateway.set("B", 8)
            try await gateway.settle()
            try await client.send(#"{"type":"ping","id":1}"#)
            #expect(try await client.nextJSON()["type"] == "pong", "stock is not in this room")
        }
    }

    @Test("a product's room has the snapshot of that product, a location's that of what was there")
    func followedRooms() async throws {
        try await Gateway.run { gateway in
            try await gateway.set("B", 7)
            for (room, skus) in [("product:2", ["Z"]), ("variant:12", ["B"]), ("location:MAIN", ["B"])] {
                let client = try await gateway.server.connect("/ws?room=\(room)&snapshot=true")
                #expect(try await client.items("snapshot").items.map { $0["sku"]?.string ?? "" } == skus)
            }
        }
    }
}

extension Gateway {
    /// The `seq` of each change of stock after `seq`.
    func updates(after seq: UInt64) -> [UInt64] {
        journal.allEvents.filter { $0.seq > seq && $0.type == .inventoryUpdated }.map(\.seq)
    }
}

extension WebSocketClient {
    /// The `seq` of the next `count` events, whatever messages come between.
    func sequenceOfEvents(_ count: Int) async throws -> [UInt64] {
        var sequence: [UInt64] = []
        while sequence.count < count {
            let message = try await nextJSON()
            if message["data"] != nil, let seq = message["seq"]?.unsigned { sequence.append(UInt64(seq)) }
        }
        return sequence
    }

    /// The items of all pages of the next snapshot or `tracking`, and its position.
    func items(_ type: String) async throws -> (items: [JSONValue], seq: UInt64) {
        var items: [JSONValue] = []
        while true {
            let message = try await nextJSON(type: type)
            items += message["items"]?.array ?? []
            if message["last"]?.bool == true { return (items, message["seq"]?.unsigned ?? 0) }
        }
    }
}

/// A journal's events without those before `first`.
private struct PrunedJournal: EventHistory {
    let journal: any EventHistory
    let first: UInt64

    init(_ journal: any EventHistory, first: UInt64) {
        self.journal = journal
        self.first = first
    }

    func events(after seq: UInt64, limit: Int, maxBytes: Int) async throws -> [EventEnvelope] {
        guard seq + 1 >= first else { throw JournalError(.pruned, "events before \(first) are no longer kept") }
        return try await journal.events(after: seq, limit: limit, maxBytes: maxBytes)
    }
}
