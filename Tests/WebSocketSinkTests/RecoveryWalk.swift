import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import RoomHub
@testable import WebSocketSink

/// A client's way by seed, and what it has to have got on it.
struct RecoveryWalk {
    private static let rooms = ["admin_room", "ecommerce_room", "product:1", "product:2"]
    private static let skus = ["A", "B", "C", "Z"]

    private let gateway: Gateway
    private var random: SplitMix
    private var client: WebSocketClient
    private var ledger: ClientLedger
    /// Everything that ever happened, also what was pruned.
    private var history: [EventEnvelope] = []
    private var firstKept: UInt64 = 1
    /// Up to here the client has everything, as it was told last.
    private var position: UInt64 = 0
    private var pings: UInt64 = 0
    /// Whether this connection left a room or untracked something.
    private var hasLeft = false

    init(_ gateway: Gateway, seed: UInt64) async throws {
        self.gateway = gateway
        random = SplitMix(state: seed)
        client = try await gateway.server.connect("/ws")
        ledger = ClientLedger()
        try await greet()
    }

    mutating func step() async throws {
        switch Int.random(in: 0..<16, using: &random) {
        case 0...5: try await write(Int.random(in: 1...20, using: &random))
        case 6, 7: try await join(pick(Self.rooms))
        case 8: try await leave(pick(Self.rooms))
        case 9: try await track(pick([11, 12, 13]))
        case 10: try await untrack(pick([11, 12, 13]))
        case 11: try await prune()
        case 12: try await comeBack()
        case 13: try await readSlowly()
        default: try await catchUp()
        }
    }

    mutating func finish() async throws {
        try await catchUp()
        try check()
    }

    // MARK: What happens

    private mutating func write(_ count: Int) async throws {
        for _ in 0..<count {
            if Int.random(in: 0..<12, using: &random) == 0 {
                try await gateway.run(.updateProduct(ProductID(1), ProductUpdate(status: pick(ProductStatus.allCases))))
            } else {
                try await gateway.set(pick(Self.skus), Int64.random(in: 0...25, using: &random))
            }
        }
        remember()
    }

    private mutating func remember() {
        let last = history.last?.seq ?? 0
        history += gateway.journal.allEvents.filter { $0.seq > last }
    }

    private mutating func prune() async throws {
        // Nothing goes that the sink has not read.
        try await gateway.settle()
        let protected = gateway.head - min(gateway.head, UInt64.random(in: 0...60, using: &random))
        let now = Timestamp(milliseconds: gateway.engine.passedTime.milliseconds + 3_600_000)
        let report = try await gateway.journal.prune(
            Retention(age: .zero, size: 1 << 30, hardLimit: 1 << 30), protected: protected, now: now)
        firstKept = report.firstKept
    }

    /// Does not read while much is written.
    private mutating func readSlowly() async throws {
        try await client.setReading(false)
        try await write(1_200)
        try await client.setReading(true)
        try await catchUp()
    }

    // MARK: What the client does

    private mutating func greet() async throws {
        hasLeft = false
        let welcome = try await client.nextJSON(type: "welcome")
        position = try #require(welcome["seq"]?.unsigned)
        remember()
        ledger.open(.everybody, after: position...position)
    }

    /// Asks for answers until one says that everything was sent.
    private mutating func catchUp() async throws {
        try await gateway.settle()
        remember()
        let deadline = ContinuousClock.now + .seconds(60)
        repeat {
            try #require(.now < deadline, "it is at \(position) of \(gateway.head)")
            pings += 1
            try await client.send(#"{"type":"ping","id":\#(pings)}"#)
            position = try #require(try await next("pong")["seq"]?.unsigned)
        } while position < gateway.head
        ledger.reached(position)
    }

    private mutating func join(_ room: String) async throws {
        try await catchUp()
        try await write(Int.random(in: 0...3, using: &random))
        let since: UInt64? = pick([nil, position, UInt64.random(in: 0...position, using: &random)])
        let snapshot = pick([false, true])
        let asked = gateway.head
        let from = since.map { #","since":{"epoch":"epoch","seq":\#($0)}"# } ?? ""
        try await client.send(#"{"type":"join","room":"\#(room)"\#(from)\#(snapshot ? #","snapshot":true"# : "")}"#)
        let joined = try await next("joined")
        let seq = try #require(joined["seq"]?.unsigned)
        #expect(seq <= gateway.head)
        switch joined["recovered"]?.bool {
        case nil:
            #expect(since == nil && !snapshot)
            ledger.open(.room(room), after: seq...seq)
        case true?:
            let since = try #require(since)
            ledger.open(.room(room), after: since...since)
        case false?:
            if let since, !snapshot {
                let isTooLong = history.count { $0.seq > since } > (room == "admin_room" ? 40 : 10_000)
                // What was sent before it left something is not remembered for ever, so that values may come instead.
                #expect(isTooLong || since + 1 < firstKept || hasLeft, "\(room) could have been replayed")
            } else {
                #expect(snapshot)
            }
            let values = try await values("snapshot")
            // What is answered is in it, also what the room was not told yet.
            #expect(values.seq >= asked)
            #expect(values.changedSince == (snapshot ? nil : since))
            try check(values, of: room, since: since)
            ledger.open(.room(room), after: values.seq...values.seq)
        }
        ledger.close(.everybody, between: position...gateway.head)
    }

    private mutating func leave(_ room: String) async throws {
        try await catchUp()
        try await client.send(#"{"type":"leave","room":"\#(room)"}"#)
        _ = try await next("left")
        leave(.room(room))
    }

    private mutating func track(_ variant: Int64) async throws {
        try await client.send(#"{"type":"track","variants":[\#(variant)]}"#)
        let values = try await values("tracking")
        try check(values, of: nil, since: nil)
        ledger.open(.variant(variant), after: values.seq...values.seq)
        ledger.close(.everybody, between: position...gateway.head)
    }

    private mutating func untrack(_ variant: Int64) async throws {
        try await catchUp()
        try await client.send(#"{"type":"untrack","variants":[\#(variant)]}"#)
        _ = try await next("untracked")
        leave(.variant(variant))
    }

    /// Whoever is nowhere any more hears what everybody hears.
    private mutating func leave(_ interest: ClientLedger.Interest) {
        hasLeft = true
        let wasSomewhere = ledger.followsAnything
        ledger.close(interest, between: position...gateway.head)
        if wasSomewhere, !ledger.followsAnything { ledger.open(.everybody, after: position...gateway.head) }
    }

    /// Breaks the connection, with or without having read everything, and comes back to its rooms.
    private mutating func comeBack() async throws {
        if pick([true, false]) { try await catchUp() }
        await client.disconnect()
        try check()
        let rooms = ledger.rooms
        let last = position
        try await write(Int.random(in: 0...60, using: &random))
        try await gateway.settle()
        ledger = ClientLedger()
        client = try await gateway.server.connect("/ws")
        try await greet()
        for room in rooms {
            let from = #""since":{"epoch":"epoch","seq":\#(last)}"#
            try await client.send(#"{"type":"join","room":"\#(room)",\#(from)}"#)
            let isRecovered = try await next("joined")["recovered"]?.bool
            var start = last
            if isRecovered == false {
                let values = try await values("snapshot")
                try check(values, of: room, since: last)
                start = values.seq
            }
            ledger.open(.room(room), after: start...start)
            ledger.close(.everybody, between: position...gateway.head)
        }
    }

    // MARK: What comes

    /// The next message of a type; the events before it are noted.
    private mutating func next(_ type: String) async throws -> JSONValue {
        while true {
            // Beside all other tests a server that has sent nothing for 20 seconds may still be at it.
            let message = try await client.nextJSON(within: .seconds(60))
            if message["data"] != nil, let seq = message["seq"]?.unsigned {
                ledger.got(seq, merged: message["conflated"]?.unsigned ?? 0)
            } else if message["type"]?.string == type {
                return message
            } else {
                throw Unexpected(message: message, instead: type)
            }
        }
    }

    private struct Unexpected: Error { let message: JSONValue, instead: String }

    private mutating func values(_ type: String) async throws -> (items: [JSONValue], seq: UInt64, changedSince: UInt64?) {
        var items: [JSONValue] = []
        while true {
            let page = try await next(type)
            items += page["items"]?.array ?? []
            if page["last"]?.bool == true {
                return (items, try #require(page["seq"]?.unsigned), page["changedSince"]?.unsigned)
            }
        }
    }

    private mutating func check(
        _ values: (items: [JSONValue], seq: UInt64, changedSince: UInt64?), of room: String?, since: UInt64?
    ) throws {
        remember()
        var stock: [String: UInt64] = ["A": 0, "B": 0, "C": 0, "Z": 0]
        var changed: Set<String> = []
        for event in history where event.seq <= values.seq {
            guard let sku = event.subject.sku, case .inventoryUpdated(let update) = try event.event().body else { continue }
            stock[sku] = UInt64(update.stock)
            if event.seq > since ?? 0 { changed.insert(sku) }
        }
        let told = Set(values.items.compactMap { $0["sku"]?.string })
        for item in values.items {
            #expect(item["stock"]?.unsigned == stock[item["sku"]?.string ?? ""], "\(item) at \(values.seq)")
        }
        guard let room else { return }
        let all: Set<String> = room == "product:1" ? ["A", "B", "C"] : room == "product:2" ? ["Z"] : ["A", "B", "C", "Z"]
        #expect(told.isSuperset(of: values.changedSince == nil ? all : changed.intersection(all)))
    }

    private func check() throws { try ledger.check(against: history) }

    private mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }
}
