import Backoff
import Synchronization
import TallywireCore
import TallywireProtocol
import TallywireTesting
import Testing

@testable import TallywireClient

/// What the client decides, without a network: it is told what came, and when.
@Suite("The client's decisions")
struct CoreTests {
    /// A client in a conversation, and what it says.
    final class Stage {
        var core: TallywireClient.Core
        var now = ContinuousClock.now
        private let sent = SaidMessages()
        private let reader: TallywireClient.Updates<TallywireClient.Event>

        init(rooms: [String], node: String? = nil, _ change: (inout TallywireClient.Configuration) -> Void = { _ in }) {
            var configuration = TallywireClient.Configuration(url: "ws://localhost", rooms: rooms)
            change(&configuration)
            core = TallywireClient.Core(configuration)
            reader = core.replica.readers.addEvents(limit: 1_000).updates
            connect(to: node)
        }

        func connect(to node: String? = nil) {
            let wire = TallywireClient.Wire(
                send: { [sent] messages in sent.add(messages) }, close: { [sent] in sent.close() }, wake: { _ in })
            let renewals = AsyncStream<String>.makeStream().continuation
            core.begin(.init(wire, token: nil, renewals: renewals, now: now, deadline: now + .seconds(10)), at: node)
        }

        func take(_ json: String) throws {
            core.receive(try TallywireClient.Received(Array(json.utf8)), now: now)
            core.flush()
        }

        func event(_ seq: UInt64, version: Int64 = 1, stock: Int64 = 1) throws {
            try take(
                """
                {"type":"inventory_updated","seq":\(seq),"timestamp":"2026-11-22T20:17:05.854Z",\
                "data":{"productId":1,"variantId":11,"version":\(version),"stock":\(stock)}}
                """)
        }

        func pass(_ duration: Duration) {
            now += duration
            core.tick(now)
            core.flush()
        }

        var said: [ClientMessage] { sent.take() }
        var isClosed: Bool { sent.isClosed }

        /// The events that were told since the last look.
        var told: [UInt64] {
            var seqs: [UInt64] = []
            while let event = reader.take() { seqs.append(event.seq) }
            return seqs
        }
    }

    final class SaidMessages: Sendable {
        private let state = Mutex<(messages: [ClientMessage], isClosed: Bool)>(([], false))
        var isClosed: Bool { state.withLock { $0.isClosed } }
        func add(_ messages: [ClientMessage]) { state.withLock { $0.messages += messages } }
        func close() { state.withLock { $0.isClosed = true } }
        func take() -> [ClientMessage] {
            state.withLock { state in
                defer { state.messages = [] }
                return state.messages
            }
        }
    }

    private static let welcome = #"{"type":"welcome","epoch":"e","seq":0,"connection":"c","pingInterval":25000}"#

    @Test("one answer to several messages that track answers all of them, and what it does not have is gone")
    func answersTogether() throws {
        let stage = Stage(rooms: []) {
            $0.products = [ProductID(1)]
            $0.variants = [VariantID(21)]
        }
        try stage.take(Self.welcome)
        #expect(stage.core.session?.tracks.count == 2 && stage.core.state.phase == .recovering)
        try stage.take(
            #"{"type":"tracking","seq":1,"answers":2,"items":[{"productId":1,"variantId":11,"version":1,"stock":1}],"last":false}"#)
        #expect(stage.core.session?.tracks.count == 2)
        try stage.take(
            #"{"type":"tracking","seq":2,"answers":2,"items":[{"productId":2,"variantId":21,"version":1,"stock":1}],"last":true}"#)
        #expect(stage.core.session?.tracks.isEmpty == true && stage.core.state.phase == .live)
        #expect(stage.core.replica.items.all.count == 2)
    }

    @Test("a location's room has one name, with white space around the code or without, composed or not")
    func locationNames() throws {
        let stage = Stage(rooms: ["location: SU\u{308}D\u{FEFF}"])
        try stage.take(Self.welcome)
        #expect(stage.core.replica.follows.rooms["location:S\u{DC}D"]?.stage == .joining)
        try stage.take(#"{"type":"joined","room":"location:S\u00dcD","epoch":"e","seq":0}"#)
        #expect(stage.core.state.phase == .live)
        #expect(TallywireClient.Room.name("product:1 ") == "product:1 ")
    }

    @Test("what a node that is behind sends before the joins is not told late")
    func nodeBehind() throws {
        let stage = Stage(rooms: ["a"])
        try stage.take(Self.welcome)
        try stage.take(#"{"type":"joined","room":"a","epoch":"e","seq":0}"#)
        try stage.event(10)
        #expect(stage.told == [10])
        _ = stage.core.endSession()
        stage.connect()
        try stage.take(Self.welcome)
        try stage.event(4)
        try stage.take(#"{"type":"joined","room":"a","epoch":"e","seq":10,"recovered":true}"#)
        try stage.event(11)
        #expect(stage.told == [11])
    }

    @Test("the node's name comes with the handshake or with the welcome, and goes with the connection")
    func node() throws {
        let named = Self.welcome.replacing("}", with: #","node":"berlin-a"}"#)
        let cases: [(handshake: String?, welcome: String, name: String?)] = [
            (nil, named, "berlin-a"), ("berlin-b", Self.welcome, "berlin-b"), ("berlin-a", named, "berlin-a"),
            (nil, Self.welcome, nil),
        ]
        for (handshake, welcome, name) in cases {
            let stage = Stage(rooms: [], node: handshake)
            try stage.take(welcome)
            #expect(stage.core.state.node == name)
            _ = stage.core.endSession()
            #expect(stage.core.state.node == nil)
        }
    }

    @Test("it asks for its rooms at once, from where it was")
    func joins() throws {
        let stage = Stage(rooms: ["a"])
        #expect(stage.said.isEmpty)
        try stage.take(Self.welcome)
        #expect(stage.said == [.join(room: "a", since: nil, snapshot: true), .ping(.number(1))])
        #expect(stage.core.state.phase == .recovering)
        try stage.take(#"{"type":"joined","room":"a","epoch":"e","seq":7,"recovered":false}"#)
        try stage.take(
            #"{"type":"snapshot","room":"a","seq":7,"items":[{"productId":1,"variantId":11,"version":3,"stock":4}],"last":true}"#)
        #expect(stage.core.state.phase == .live)
        try stage.event(9, version: 4, stock: 5)
        #expect(stage.core.replica.items[.init(product: 1, variant: 11)]?.stock == 5)
        _ = stage.core.endSession()
        stage.connect()
        try stage.take(Self.welcome)
        #expect(stage.said.first == .join(room: "a", since: .init(epoch: "e", seq: 9), snapshot: true))
    }

    @Test("an item gets another SKU, and with it the version of whatever had the SKU before")
    func renamedItem() throws {
        let stage = Stage(rooms: ["a"])
        try stage.take(Self.welcome)
        try stage.take(#"{"type":"joined","room":"a","epoch":"e","seq":0,"recovered":false}"#)
        try stage.event(1, version: 3, stock: 5)
        for (seq, sku) in [(2, "CRIMSON"), (1, "OLD")] {
            try stage.take(
                """
                {"type":"catalogue_changed","seq":\(seq),"timestamp":"2026-11-22T20:17:05.854Z","data":{"change":"updated","productId":1,\
                "variantId":11,"sku":"\(sku)","values":{"sku":"\(sku)","previousSku":"RED","version":9}}}
                """)
        }
        let item = try #require(stage.core.replica.items[.init(product: 1, variant: 11)])
        #expect(item.sku == "CRIMSON" && item.version == 9 && item.stock == 5)
    }

    @Test("events wait for rooms that may bring earlier ones, and come in the order of the journal")
    func order() throws {
        let stage = Stage(rooms: ["a", "b"])
        try stage.take(Self.welcome)
        for room in ["a", "b"] { try stage.take(#"{"type":"joined","room":"\#(room)","epoch":"e","seq":1}"#) }
        #expect(stage.core.state.phase == .live)
        _ = stage.core.endSession()
        stage.connect()
        try stage.take(Self.welcome)
        try stage.take(#"{"type":"joined","room":"a","epoch":"e","seq":9,"recovered":true}"#)
        try stage.event(2)
        try stage.event(5)
        try stage.take(#"{"type":"pong","seq":5}"#)
        #expect(stage.told == [])
        #expect(stage.core.replica.follows.rooms["a"]?.position == 1, "what was not told has to come again")
        try stage.take(#"{"type":"joined","room":"b","epoch":"e","seq":9,"recovered":true}"#)
        for seq in [3, 4, 6] as [UInt64] { try stage.event(seq) }
        #expect(stage.told == [2, 3, 4, 5, 6])
        try stage.event(5)
        #expect(stage.told == [], "once at most")
        try stage.take(#"{"type":"pong","seq":9}"#)
        #expect(stage.core.state.phase == .live)
    }

    @Test("an older value never takes the place of a newer one")
    func versions() throws {
        let stage = Stage(rooms: ["a"])
        try stage.take(Self.welcome)
        try stage.take(#"{"type":"joined","room":"a","epoch":"e","seq":0}"#)
        try stage.event(5, version: 5, stock: 50)
        try stage.take(
            #"{"type":"snapshot","room":"a","seq":4,"items":[{"productId":1,"variantId":11,"version":4,"stock":40}],"last":true}"#)
        let item = try #require(stage.core.replica.items[.init(product: 1, variant: 11)])
        #expect(item.stock == 50 && item.version == 5)
    }

    @Test("what the server passed over is asked for again a second later")
    func rateLimited() throws {
        let stage = Stage(rooms: ["a"])
        try stage.take(Self.welcome)
        _ = stage.said
        try stage.take(#"{"type":"error","code":"rate_limited","message":"slowly"}"#)
        stage.pass(.milliseconds(990))
        #expect(!stage.said.contains { if case .join = $0 { true } else { false } })
        stage.pass(.milliseconds(20))
        #expect(stage.said.contains(.join(room: "a", since: nil, snapshot: true)))
    }

    @Test("a silent server is asked, and given up if it does not answer")
    func silence() throws {
        let stage = Stage(rooms: [])
        try stage.take(Self.welcome)
        #expect(stage.core.state.phase == .live)
        stage.pass(.seconds(24))
        #expect(stage.said.isEmpty)
        stage.pass(.seconds(1))
        #expect(stage.said == [.ping(nil)])
        stage.pass(.seconds(4))
        #expect(!stage.isClosed)
        stage.pass(.seconds(1))
        #expect(stage.isClosed && stage.core.session?.failure?.code == .noAnswer)
    }

    @Test("a connection without a welcome is given up")
    func noWelcome() {
        let stage = Stage(rooms: [])
        stage.pass(.seconds(10))
        #expect(stage.isClosed)
    }

    @Test("there are no more items than there may be, and that is told once")
    func limit() throws {
        let stage = Stage(rooms: ["a"]) { $0.maxItems = 1 }
        let failures = stage.core.replica.readers.addFailures().updates
        try stage.take(Self.welcome)
        try stage.take(#"{"type":"joined","room":"a","epoch":"e","seq":0}"#)
        for product in 1...3 {
            try stage.take(
                """
                {"type":"inventory_updated","seq":\(product),"timestamp":"2026-11-22T20:17:05.854Z",\
                "data":{"productId":\(product),"variantId":null,"version":1}}
                """)
        }
        #expect(stage.core.replica.items.all.count == 1)
        #expect(failures.take()?.code == .tooManyItems && failures.take() == nil)
    }

    @Test("pauses grow, are random, keep their bounds, and are the server's where it names one")
    func backoff() {
        var pauses = TallywireClient.Pauses(Backoff(initial: .milliseconds(500), maximum: .seconds(30)))
        let lost = TallywireClient.Core.Ended(failure: .init(.disconnected, ""))
        let first = (0..<100).map { _ in pauses.next(after: lost, live: nil, canRenew: false, chance: 0.5) }
        #expect(first.prefix(3) == [.milliseconds(250), .milliseconds(500), .seconds(1)] && first.last == .seconds(15))
        #expect(pauses.next(after: lost, live: .seconds(11), canRenew: false, chance: 0.5) == .milliseconds(250))
        let gone = TallywireClient.Core.Ended(failure: lost.failure, comeBackAfter: .seconds(3))
        #expect(pauses.next(after: gone, live: nil, canRenew: false, chance: 0.5) == .seconds(3))
        let expired = TallywireClient.Core.Ended(failure: .init(.unauthenticated, ""))
        #expect(pauses.next(after: expired, live: .seconds(11), canRenew: true, chance: 0.5) == .zero)
        #expect(pauses.next(after: expired, live: nil, canRenew: true, chance: 0.5) > .zero, "not again and again")
    }

    @Test(
        "an address is that of a WebSocket, or told as none",
        arguments: [
            ("wss://stock.example", "stock.example", 443, "/ws"), ("ws://127.0.0.1:8080/live?x=1", "127.0.0.1", 8080, "/live?x=1"),
            ("https://stock.example/", "stock.example", 443, "/ws"), ("ws://[::1]:9000/ws", "::1", 9000, "/ws"),
            ("https://example.com/stock/", "example.com", 443, "/stock/ws"),
            ("http://example.com/stock/ws", "example.com", 80, "/stock/ws"),
            ("wss://example.com/live/", "example.com", 443, "/live/"),
        ])
    func address(url: String, host: String, port: Int, target: String) throws {
        let address = try TallywireClient.Address(url)
        #expect(address.host == host && address.port == port && address.target == target)
        #expect(throws: TallywireClient.Failure.self) { try TallywireClient.Address("mqtt://\(host)") }
        for port in ["0", "65536", "99999999999999999999"] {
            #expect(throws: TallywireClient.Failure.self) { try TallywireClient.Address("ws://127.0.0.1:\(port)/ws") }
        }
    }
}
