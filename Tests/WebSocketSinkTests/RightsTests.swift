import DequeModule
import NIOCore
import NIOEmbedded
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

/// What waits for a slow connection goes when the right to it goes, and nothing else does.
@Suite("What waits when rights change")
struct RightsTests {
    /// Writes until something waits for the one client that does not read, and some more.
    private func fill(_ gateway: Gateway) async throws {
        var quantity: Int64 = 100
        while gateway.metrics.behind + gateway.metrics.catchingUp == 0 && gateway.head < 80_000 {
            for _ in 0..<200 {
                quantity += 1
                try await gateway.set("A", quantity)
                try await gateway.set("B", quantity % 50 == 0 ? 0 : quantity)
            }
        }
        for round in Int64(0)..<20 {
            for sku in ["A", "B", "C", "Z"] { try await gateway.set(sku, round % 5 == 0 ? 0 : round % 7 == 0 ? 5 : 500 + round) }
        }
        try await gateway.settle()
    }

    /// All events up to and with `last`, and all messages without a `seq`, in order.
    private func messages(_ client: WebSocketClient, through last: UInt64) async throws -> [JSONValue] {
        var messages: [JSONValue] = []
        while true {
            let message = try await client.nextJSON()
            messages.append(message)
            if message["data"] != nil, message["seq"]?.unsigned == last { return messages }
        }
    }

    /// Runs a client that stops reading, is sent much, sends `message`, and reads on; `check` gets what it was sent before and after the answer.
    private func slow(
        _ setUp: [String], then message: String, answeredBy isAnswer: @escaping (JSONValue) -> Bool,
        configure: (inout WebSocketConfiguration) -> Void = { _ in }, last: (sku: String, stock: Int64),
        _ check: (Gateway, _ before: [JSONValue], _ after: [JSONValue]) throws -> Void
    ) async throws {
        try await Gateway.run(judgedBy: TableAuthenticator()) {
            $0.pingInterval = .seconds(600)
            configure(&$0)
        } _: { gateway in
            let client = try await gateway.server.join()
            for text in setUp { try await client.send(text) }
            try await client.send(#"{"type":"ping","id":"ready"}"#)
            while try await client.nextJSON()["id"]?.string != "ready" {}
            try await client.setReading(false)
            try await fill(gateway)
            try await client.send(message)
            // Messages are taken in order, and errors are counted.
            try await client.send("?")
            try await eventually("the server has taken the message") { gateway.metrics.errors == 1 }
            try await client.setReading(true)
            let seq = try await gateway.set(last.sku, last.stock)
            let all = try await messages(client, through: seq)
            let answer = try #require(all.firstIndex(where: isAnswer))
            let seqs = all.compactMap { $0["data"] != nil ? $0["seq"]?.unsigned : nil }
            #expect(Set(seqs).count == seqs.count, "nothing comes twice")
            try check(gateway, Array(all[..<answer]), Array(all[(answer + 1)...]))
        }
    }

    /// The events after those that came before the answer, as far as they are wanted.
    private func owed(_ gateway: Gateway, _ before: [JSONValue], _ isWanted: (EventEnvelope) -> Bool) -> [UInt64] {
        let seen = before.compactMap { $0["data"] != nil ? $0["seq"]?.unsigned : nil }.max() ?? 0
        return gateway.journal.allEvents.filter { $0.seq > seen && isWanted($0) }.map(\.seq)
    }

    private func seqs(_ messages: [JSONValue]) -> [UInt64] {
        messages.compactMap { $0["data"] != nil ? $0["seq"]?.unsigned : nil }
    }

    @Test("a lower role gets what waited in the form that it may see, and nothing of the room that it lost")
    func loweredRole() async throws {
        try await slow(
            [
                #"{"type":"auth","token":"admin"}"#, #"{"type":"join","room":"admin_room"}"#,
                #"{"type":"join","room":"ecommerce_room"}"#,
            ], then: #"{"type":"auth","token":"shop"}"#, answeredBy: { $0["type"]?.string == "left" },
            configure: { configuration in
                configuration.hub.rooms[1].fields = ["sku", "stock"]
                configuration.hub.rooms[1].bands = [0, 5]
                configuration.hub.broadcastFields = ["sku", "stock"]
                configuration.hub.broadcastBands = [0, 5]
            }, last: ("A", 3)
        ) { gateway, before, after in
            #expect(before.contains { $0["data"]?["reason"] != nil || $0["data"]?["quantity"] != nil })
            for message in after where message["data"] != nil {
                #expect(message["type"]?.string == "inventory_updated", "no alert: \(message)")
                #expect(
                    message["data"]?["quantity"] == nil && message["data"]?["source"] == nil
                        && message["data"]?["stock"]?.string != nil)
            }
            let bands = StockBands(edges: [0, 5])
            let crossings = owed(gateway, before) { event in
                event.step.map { bands.band(of: $0.before) != bands.band(of: $0.after) } ?? false
            }
            #expect(crossings.count > 20 && Set(seqs(after)).isSuperset(of: crossings))
        }
    }

    @Test("rooms that change reach a client that is behind: it stays, gets what it may see now, and leaves what is gone")
    func changedRooms() async throws {
        try await Gateway.run {
            $0.pingInterval = .seconds(600)
        } _: { gateway in
            let client = try await gateway.server.join()
            for room in ["admin_room", "ecommerce_room", "journal"] { try await client.send(#"{"type":"join","room":"\#(room)"}"#) }
            try await client.send(#"{"type":"ping","id":"ready"}"#)
            while try await client.nextJSON()["id"]?.string != "ready" {}
            try await client.setReading(false)
            try await fill(gateway)
            var changed = WebSocketConfiguration()
            changed.hub.rooms = [changed.hub.rooms[1]]
            changed.hub.rooms[0].fields = ["sku", "stock"]
            changed.hub.rooms[0].bands = [0, 5]
            changed.hub.broadcastFields = ["sku", "stock"]
            changed.hub.broadcastBands = [0, 5]
            changed.pingInterval = .seconds(600)
            let other = try WebSocketSink(changed)
            #expect(gateway.server.sink.canBecome(other))
            await gateway.server.sink.become(other)
            try await client.setReading(true)
            let last = try await gateway.set("A", 3)
            let all = try await messages(client, through: last)
            let left = all.indices.filter { all[$0]["type"]?.string == "left" }
            #expect(left.map { all[$0]["room"]?.string } == ["admin_room", "journal"])
            #expect(left.allSatisfy { all[$0]["code"]?.string == "unknown_room" })
            for message in all[try #require(left.last)...] where message["data"] != nil {
                #expect(message["type"]?.string != "inventory_updated" || message["data"]?["stock"]?.string != nil, "\(message)")
            }
            let seqs = seqs(all)
            #expect(seqs == seqs.sorted() && Set(seqs).count == seqs.count)
            #expect(gateway.metrics.open == 1 && gateway.metrics.closed.isEmpty)
            // A client that comes now finds the new rooms alone.
            let next = try await gateway.server.join()
            try await next.send(#"{"type":"join","room":"journal"}"#)
            #expect(try await next.nextJSON(type: "error")["code"]?.string == "unknown_room")
            // And back again: the rooms are what they were, under their old places.
            var back = WebSocketConfiguration()
            back.pingInterval = .seconds(600)
            await gateway.server.sink.become(try WebSocketSink(back))
            try await next.send(#"{"type":"join","room":"journal"}"#)
            #expect(try await next.nextJSON(type: "joined")["room"]?.string == "journal")
            let seq = try await gateway.set("B", 9)
            while try await next.nextJSON()["seq"]?.unsigned != seq {}
        }
    }

    @Test("what else differs needs another sink")
    func otherOptions() throws {
        let sink = try WebSocketSink()
        for change in [
            { $0.path = "/other" }, { $0.hub.limits.buffer = 4_096 }, { $0.drain = .zero },
        ] as [(inout WebSocketConfiguration) -> Void] {
            var configuration = WebSocketConfiguration()
            change(&configuration)
            #expect(try !sink.canBecome(WebSocketSink(configuration)))
        }
    }

    @Test("the room of a location carries its alerts, and those of totals to which a change there led")
    func locationsRoom() async throws {
        try await Gateway.run { gateway in
            try await gateway.run(.createLocation(Location(code: "WH1", name: "Warehouse")))
            let thresholds = ["MAIN", "WH1"].map { ThresholdChange(location: $0, rule: AlertRule(threshold: 3)) }
            try await gateway.run(.updateVariant(VariantID(11), VariantUpdate(thresholds: thresholds)))
            let main = try await gateway.server.join("/ws?room=location:MAIN")
            let other = try await gateway.server.join("/ws?room=location:WH1")
            for units: Int64 in [50, 2] { try await gateway.set("A", units) }
            let line = Movement.Line(item: .sku("A"), location: "MAIN", operation: .transfer, quantity: 1, destination: "WH1")
            try await gateway.run(.move(Movement(lines: [line])))
            func scopes(_ client: WebSocketClient, _ count: Int) async throws -> [String?] {
                var scopes: [String?] = []
                for _ in 0..<count { scopes.append(try await client.nextJSON()["data"]?["scope"]?.string) }
                return scopes
            }
            #expect(try await scopes(main, 5) == [nil, nil, "total", "location", nil])
            #expect(try await scopes(other, 2) == [nil, "location"])
        }
    }

    @Test("alerts that waited in a product's room for an admin are not sent to whoever it is then")
    func loweredRoleInProductsRoom() async throws {
        try await slow(
            [#"{"type":"auth","token":"admin"}"#, #"{"type":"join","room":"product:1"}"#, #"{"type":"track","products":[2]}"#],
            then: #"{"type":"auth","token":"shop"}"#, answeredBy: { $0["role"]?.string == "shop" }, last: ("A", 333)
        ) { gateway, before, after in
            #expect(before.contains { $0["type"]?.string == "stock_alert" })
            #expect(after.allSatisfy { $0["type"]?.string != "stock_alert" })
            #expect(seqs(after) == owed(gateway, before) { $0.type == .inventoryUpdated })
        }
    }

    @Test("what waited of a room that was left is not sent after the answer, and what another room carries is")
    func leftRoom() async throws {
        try await slow(
            [#"{"type":"auth","token":"admin"}"#, #"{"type":"join","room":"admin_room"}"#, #"{"type":"join","room":"product:2"}"#],
            then: #"{"type":"leave","room":"admin_room"}"#, answeredBy: { $0["type"]?.string == "left" }, last: ("Z", 333)
        ) { gateway, before, after in
            #expect(seqs(after) == owed(gateway, before) { $0.subject.product == ProductID(2) && $0.type != .catalogueChanged })
        }
    }

    @Test("what waited of a product that is not tracked any more is not sent after the answer, and what else is tracked is")
    func untracked() async throws {
        try await slow(
            [#"{"type":"track","products":[1,2]}"#], then: #"{"type":"untrack","products":[1]}"#,
            answeredBy: { $0["type"]?.string == "untracked" }, last: ("Z", 333)
        ) { gateway, before, after in
            #expect(seqs(after) == owed(gateway, before) { $0.subject.product == ProductID(2) && $0.type == .inventoryUpdated })
        }
    }

    @Test("values that are half sent in the form of another role are read again, and those of rooms with a name go on")
    func halfSent() {
        let empty = Reading(seq: 1, value: VariantValues(variants: []))
        let image = FreshImage(StockImage(empty, since: nil, form: 0, for: .everybody))
        func name(_ room: Room) -> CatchUp.RoomName { CatchUp.RoomName(room: room, name: "a") }
        var catchUp = CatchUp(position: 0)
        catchUp.stages = [
            .values(name(.followed(.product(1))), since: nil, progress: .sending(image, from: 200)),
            .values(name(.named(0)), since: nil, progress: .sending(image, from: 200)),
            .values(name(.followed(.product(2))), since: nil, progress: .waiting(answersJoin: true)),
        ]
        catchUp.track([.variant(1), .variant(2)], limit: 10)
        var tracking = TrackingValues([.variant(1), .variant(2)])
        tracking.takePart()
        tracking.image = (image, from: 1)
        catchUp.stages[3] = .tracking(tracking)
        let reading = catchUp.beginReading()
        catchUp.readAgain { room in if case .followed? = room { true } else { false } }
        #expect(catchUp.endReading(reading) == false, "what is being read is in the old form")
        let progress = catchUp.stages.map { stage in
            switch stage {
            case .values(_, _, .waiting(let answersJoin)): "waiting \(answersJoin)"
            case .values(_, _, .sending(_, let start)): "sending from \(start)"
            case .tracking(let values): "\(values.rest.count) to read, \(values.image == nil)"
            case .awaiting: "awaiting"
            case .replay: "replay"
            }
        }
        #expect(progress == ["waiting false", "sending from 200", "waiting true", "2 to read, true"])
    }

    @Test("nothing that waited is sent after the token expired or its key was withdrawn", arguments: ["expiry", "key"])
    func ended(by reason: String) throws {
        let key = KeyIdentity(digest: [1])
        let until = Timestamp(milliseconds: 1_795_365_605_000)
        let table = TableAuthenticator(["t": Principal(role: .admin, subject: "a", validUntil: until, key: key)])
        let connection = try EmbeddedConnection("/ws?room=admin_room", as: try table.principal(bearing: "t"), judgedBy: table)
        _ = try connection.sent()
        connection.channel.isWritable = false
        connection.channel.pipeline.fireChannelWritabilityChanged()
        let shard = try #require(connection.hub.shard(of: connection.channel.eventLoop))
        for seq in UInt64(42)...50 { shard.take(Pass([envelope(seq, .stockAlert)], for: shard.directory.audiences)) }
        #expect(connection.hub.metrics.current.behind == 1)
        if reason == "key" { table.withdraw(key) } else { table.advance(by: 6) }
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        connection.channel.isWritable = true
        connection.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try connection.sent().map(\.kind) == [.close])
        #expect(connection.hub.metrics.current.behind == 0)
    }
}
