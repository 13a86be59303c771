import HummingbirdTesting
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("The event stream", .timeLimit(.minutes(2)))
struct EventStreamTests {
    /// Some time for what must not happen by the clock in a test that is not about it.
    private static let quiet = HTTPLimits(streamHeartbeat: .seconds(60), streamStall: .seconds(60))

    private func add(_ client: Client, _ count: Int = 1) async throws {
        for _ in 0..<count { try await client.patch("/api/variants/13/inventory", #"{"operation":"add","quantity":1}"#) }
    }

    private func port(_ client: Client) throws -> Int { try #require(client.client.port) }

    /// What a stream gives after the first event, for all that is in the journal.
    private func expected(_ shop: Shop, after seq: Int) -> [EventStreamClient.Event] {
        shop.journal.allEvents.dropFirst(seq).map { event in
            EventStreamClient.Event(
                id: "\(shop.journal.epoch):\(event.seq)", type: event.type.rawValue,
                data: String(decoding: event.json, as: UTF8.self))
        }
    }

    private func read(_ stream: inout EventStreamClient, _ count: Int) async throws -> [EventStreamClient.Event] {
        var events: [EventStreamClient.Event] = []
        while events.count < count, let event = try await stream.next() { events.append(event) }
        return events
    }

    @Test("it begins with what comes next, byte for byte as it was committed, with its type and its position")
    func live() async throws {
        let shop = try Shop(limits: Self.quiet)
        try await shop.openStocked(.live) { client in
            let before = shop.journal.allEvents.count
            try await EventStreamClient.open(port: port(client)) { stream in
                #expect(stream.status == 200)
                #expect(try await stream.waitForPosition() == "\(shop.journal.epoch):\(before)")
                try await add(client, 3)
                #expect(try await read(&stream, 4) == Array(expected(shop, after: before).prefix(4)))
                #expect((1_000...5_000).contains(stream.retry ?? 0))
            }
        }
    }

    @Test("what was missed comes first, in order, from the journal as from memory", arguments: [4, 65_536])
    func missed(ring: Int) async throws {
        let shop = try Shop(limits: HTTPLimits(streamPiece: 600), feed: Feed.Capacity(events: ring))
        try await shop.openStocked(.live) { client in
            try await add(client, 30)
            for address in ["?since=\(shop.journal.epoch):2", "?since=\(shop.journal.epoch):2&type="] {
                try await EventStreamClient.open(port: port(client), "/api/events/stream" + address) { stream in
                    let missed = expected(shop, after: 2)
                    #expect(try await read(&stream, missed.count) == missed)
                    try await add(client)
                    #expect(try await stream.next() == expected(shop, after: 2).dropFirst(missed.count).first)
                }
            }
        }
    }

    @Test("a position of this journal in Last-Event-ID goes before since")
    func lastEventID() async throws {
        let shop = try Shop(limits: Self.quiet)
        try await shop.openStocked(.live) { client in
            try await add(client, 5)
            let id = "\(shop.journal.epoch):3"
            try await EventStreamClient.open(
                port: port(client), "/api/events/stream?since=\(shop.journal.epoch):1", lastEventID: id
            ) { stream in
                let events = try await read(&stream, 3)
                #expect(events == Array(expected(shop, after: 3).prefix(3)))
            }
        }
    }

    @Test(
        "a position of another journal, from the future or of another server gets a reset, and then what comes next",
        arguments: ["other:3", "EPOCH:9999", "17", "EPOCH:", ":3", "EPOCH:-1"])
    func reset(id: String) async throws {
        let shop = try Shop(limits: Self.quiet)
        try await shop.openStocked(.live) { client in
            let epoch = shop.journal.epoch
            let head = shop.journal.allEvents.count
            let id = id.replacing("EPOCH", with: epoch)
            try await EventStreamClient.open(port: port(client), lastEventID: id) { stream in
                let reset = EventStreamClient.Event(
                    id: "\(epoch):\(head)", type: "reset", data: #"{"epoch":"\#(epoch)","seq":\#(head)}"#)
                #expect(try await stream.next() == reset)
                try await add(client)
                #expect(try await stream.next() == expected(shop, after: head).first)
            }
        }
    }

    @Test("a node waits for an event that another node has given, and goes on after it")
    func aheadAndReached() async throws {
        let shop = try Shop(limits: Self.quiet, ahead: .wait(.seconds(60)))
        try await shop.openStocked(.live) { client in
            let (epoch, head) = (shop.journal.epoch, shop.journal.allEvents.count)
            let port = try port(client)
            async let seen = EventStreamClient.open(port: port, lastEventID: "\(epoch):\(head + 4)") { stream in
                (stream.status, try await stream.next())
            }
            // Two events each, an update and perhaps an alert. The stream gets none of those that its client has.
            try await add(client, 6)
            let (status, event) = try await seen
            #expect(status == 200 && event == expected(shop, after: head + 4).first)
        }
    }

    @Test("a client that is ahead of a node which does not get so far in time is asked to come back")
    func aheadForLong() async throws {
        let shop = try Shop(limits: Self.quiet, ahead: .wait(.milliseconds(20)))
        try await shop.openStocked { client in
            let head = shop.journal.allEvents.count
            for path in ["events/stream?since=\(shop.journal.epoch):\(head + 1)", "events?after=\(head + 1)"] {
                let refused = try await client.get("/api/\(path)", 503)
                #expect(refused.code == "unavailable" && refused.header("Retry-After") == "1")
                #expect(refused.detail.contains("event \(head + 1)"))
            }
        }
    }

    @Test("a position of another epoch is of another journal also on a node")
    func otherEpoch() async throws {
        let shop = try Shop(limits: Self.quiet, ahead: .wait(.seconds(60)))
        try await shop.openStocked(.live) { client in
            let first = try await EventStreamClient.open(port: port(client), lastEventID: "other:9999") { try await $0.next() }
            #expect(first?.type == "reset")
        }
    }

    @Test("a list of events that begins with one that another node has given waits for it")
    func aheadList() async throws {
        let shop = try Shop(ahead: .wait(.seconds(60)))
        try await shop.openStocked { client in
            let head = shop.journal.allEvents.count
            async let page = client.get("/api/events?after=\(head + 50)")
            // So many that the request has come before the last of them.
            try await add(client, 50)
            #expect(try await (page["last"]?.int ?? 0) >= head + 50)
        }
    }

    @Test("a position that retention has passed gets a reset")
    func pruned() async throws {
        let shop = try Shop(limits: Self.quiet, feed: Feed.Capacity(events: 1))
        try await shop.openStocked(.live) { client in
            try await add(client, 5)
            let head = shop.journal.allEvents.count
            _ = try await shop.journal.prune(
                Retention(age: .seconds(1), size: 0), protected: UInt64(head - 2), now: Timestamp(milliseconds: 1_795_365_700_000))
            try await EventStreamClient.open(port: port(client), lastEventID: "\(shop.journal.epoch):1") { stream in
                let reset = try await stream.next()
                #expect(reset?.type == "reset")
                #expect(reset?.id == "\(shop.journal.epoch):\(head)")
            }
        }
    }

    @Test("what cannot be read is refused: a since without a position, an unknown type, an unknown parameter")
    func refusals() async throws {
        try await Shop().openStocked(.live) { client in
            for (query, field) in [("since=7", "since"), ("type=stock_alert,x", "type"), ("after=1", "after")] {
                try await EventStreamClient.open(port: port(client), "/api/events/stream?\(query)") { stream in
                    #expect(stream.status == 400)
                    #expect(stream.refusal.contains(#""field":"\#(field)""#))
                }
            }
        }
    }

    @Test("types leave the others out, and the position goes on with a heartbeat all the same")
    func types() async throws {
        let shop = try Shop(limits: HTTPLimits(streamHeartbeat: .milliseconds(40)))
        try await shop.openStocked(.live) { client in
            let path = "/api/events/stream?type=stock_alert,product_status_changed"
            try await EventStreamClient.open(port: port(client), path) { stream in
                _ = try await stream.waitForPosition()
                try await client.patch("/api/variants/13/inventory", #"{"operation":"set","quantity":50}"#)
                let head = shop.journal.allEvents.count
                #expect(try await stream.waitForPosition() == "\(shop.journal.epoch):\(head)")
                try await client.patch("/api/products/2/status", #"{"status":"inactive"}"#)
                try await client.patch("/api/variants/13/inventory", #"{"operation":"set","quantity":0}"#)
                #expect(try await stream.next()?.type == "product_status_changed")
                #expect(try await stream.next()?.type == "stock_alert")
            }
        }
    }

    @Test("a silent stream has comments")
    func heartbeats() async throws {
        try await Shop(limits: HTTPLimits(streamHeartbeat: .milliseconds(20))).openStocked(.live) { client in
            try await EventStreamClient.open(port: port(client)) { stream in
                _ = try await stream.waitForPosition()
                while stream.comments < 3 { try await stream.readMore() }
            }
        }
    }

    @Test("clients that join while events are written miss nothing and get nothing twice")
    func joiningDuringWrites() async throws {
        let shop = try Shop(limits: HTTPLimits(streamPiece: 2_000), feed: Feed.Capacity(events: 16))
        try await shop.openStocked(.live) { client in
            let port = try port(client)
            let first = shop.journal.allEvents.count
            let last = first + 300
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while shop.journal.allEvents.count < last { try await self.add(client) }
                }
                for join in 0..<12 {
                    group.addTask {
                        // Each begins somewhere, drops the connection now and then, and goes on from its last id.
                        var id = "\(shop.journal.epoch):\(first)"
                        var next = first + 1
                        var connections = 0
                        while next <= last {
                            connections += 1
                            let count = 20 + 7 * join
                            (id, next) = try await EventStreamClient.open(port: port, lastEventID: id) { [id, next] stream in
                                var (id, next) = (id, next)
                                for _ in 0..<count where next <= last {
                                    guard let event = try await stream.next() else { break }
                                    #expect(event.id == "\(shop.journal.epoch):\(next)")
                                    id = event.id
                                    next += 1
                                }
                                return (id, next)
                            }
                        }
                        #expect(connections >= 300 / (20 + 7 * join))
                    }
                }
                try await group.waitForAll()
            }
            try await eventually("all streams have ended") { shop.api.streams.count == 0 }
        }
    }

    /// Writes far more than the buffers on the way to a client take, whatever their sizes; gives the positions before and after.
    private func flood(_ shop: Shop, _ client: Client) async throws -> (start: Int, end: Int) {
        let start = shop.journal.allEvents.count
        let reason = String(repeating: "x", count: 200)
        let lines = (0..<1000).map { _ in #"{"reason":"\#(reason)","lines":[{"sku":"MUG","operation":"add","quantity":1}]}"# }
        for _ in 0..<10 { try await client.post("/api/movements", "[" + lines.joined(separator: ",") + "]") }
        return (start, shop.journal.allEvents.count)
    }

    @Test("a client that stops reading holds nobody up")
    func stalledClient() async throws {
        let shop = try Shop(limits: Self.quiet)
        try await shop.openStocked(.live) { client in
            let port = try port(client)
            try await EventStreamClient.open(port: port, receiveBuffer: 4096) { stalled in
                _ = try await stalled.waitForPosition()
                let (start, end) = try await flood(shop, client)
                try await EventStreamClient.open(port: port, lastEventID: "\(shop.journal.epoch):\(start)") { reader in
                    let events = try await read(&reader, end - start)
                    #expect(events.last?.id == "\(shop.journal.epoch):\(end)")
                }
                // It had stopped, and lost nothing.
                let events = try await read(&stalled, end - start)
                #expect(events.map(\.id) == (start + 1...end).map { "\(shop.journal.epoch):\($0)" })
            }
        }
    }

    @Test("a client that takes nothing for too long is closed")
    func stall() async throws {
        let shop = try Shop(limits: HTTPLimits(streamHeartbeat: .seconds(60), streamStall: .milliseconds(300)))
        try await shop.openStocked(.live) { client in
            try await EventStreamClient.open(port: port(client), receiveBuffer: 4096) { stalled in
                _ = try await stalled.waitForPosition()
                _ = try await flood(shop, client)
                try await eventually("all streams have ended") { shop.api.streams.count == 0 }
                var isCut = false
                do {
                    while try await stalled.next() != nil {}
                } catch {
                    isCut = true
                }
                #expect(isCut)
            }
        }
    }

    @Test("a stream ends when its client goes away, also while nothing happens")
    func clientGoes() async throws {
        let shop = try Shop(limits: Self.quiet)
        try await shop.openStocked(.live) { client in
            try await EventStreamClient.open(port: port(client)) { stream in
                _ = try await stream.waitForPosition()
                #expect(shop.api.streams.count == 1)
                #expect(try await client.get("/metrics").text.contains("\ntallywire_http_event_streams 1\n"))
            }
            try await eventually("all streams have ended") { shop.api.streams.count == 0 }
        }
    }

    @Test("one stream more than the limit is refused with 503, and there is room again when one ends")
    func limit() async throws {
        let shop = try Shop(limits: HTTPLimits(streams: 1))
        try await shop.openStocked(.live) { client in
            try await EventStreamClient.open(port: port(client)) { stream in
                _ = try await stream.waitForPosition()
                let refusal = try await client.get("/api/events/stream", 503)
                #expect(refusal.code == "overloaded")
                #expect(refusal.header("Retry-After") == "1")
            }
            try await eventually("all streams have ended") { shop.api.streams.count == 0 }
            try await EventStreamClient.open(port: port(client)) { stream in #expect(stream.status == 200) }
        }
    }

    @Test("when the server stops, streams get what is left and end in order")
    func shutdown() async throws {
        let shop = try Shop(limits: Self.quiet)
        try await shop.openStocked(.live) { client in
            try await EventStreamClient.open(port: port(client)) { stream in
                _ = try await stream.waitForPosition()
                let before = shop.journal.allEvents.count
                try await add(client, 20)
                await shop.engine.stop()
                var events: [EventStreamClient.Event] = []
                while let event = try await stream.next() { events.append(event) }
                #expect(events == expected(shop, after: before))
            }
        }
    }
}
