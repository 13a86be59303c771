import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import RoomHub
@testable import WebSocketSink

@Suite("Tracking")
struct TrackTests {
    @Test("who tracks gets the current values, then these products' events and no others, until it untracks")
    func track() async throws {
        try await Gateway.run { gateway in
            try await gateway.set("B", 7)
            try await gateway.settle()
            let client = try await gateway.server.join()
            try await client.send(#"{"type":"track","products":[2],"variants":[12,999]}"#)
            let (items, seq) = try await client.items("tracking")
            #expect(items.map { $0["sku"]?.string } == ["B", "Z"] && seq == gateway.head)
            #expect(items.first?["stock"]?.unsigned == 7)
            try await gateway.set("A", 50)
            let mug = try await gateway.set("Z", 60)
            let tee = try await gateway.set("B", 70)
            #expect(
                try await client.sequenceOfEvents(3) == [mug, tee, tee + 1], "the alert about B is for the open server's admins")
            try await client.send(#"{"type":"untrack","products":[2]}"#)
            #expect(try await client.nextJSON(type: "untracked")["products"] == .array([2]))
            try await gateway.set("Z", 61)
            let last = try await gateway.set("B", 71)
            #expect(try await client.sequenceOfEvents(1) == [last])
            try await client.send(#"{"type":"untrack","variants":[12,999]}"#)
            _ = try await client.nextJSON(type: "untracked")
            let broadcast = try await gateway.set("A", 51)
            #expect(try await client.sequenceOfEvents(1) == [broadcast], "in no room again")
        }
    }

    @Test("a product that is tracked and in a room comes once")
    func both() async throws {
        try await Gateway.run { gateway in
            let client = try await gateway.server.join("/ws?room=ecommerce_room&room=product:1")
            try await client.send(#"{"type":"track","products":[1],"variants":[11]}"#)
            _ = try await client.items("tracking")
            let events = [try await gateway.set("A", 50), try await gateway.set("Z", 50)]
            #expect(try await client.sequenceOfEvents(2) == events)
        }
    }

    @Test("thousands are tracked, and one more than the limit is refused")
    func limit() async throws {
        try await Gateway.run(variants: 5) {
            $0.hub.limits.trackedPerConnection = 3_000
        } _: { gateway in
            let client = try await gateway.server.join()
            try await client.send(#"{"type":"track","variants":[\#((11..<3_011).map(String.init).joined(separator: ","))]}"#)
            #expect(try await client.items("tracking").items.count == 6)
            try await client.send(#"{"type":"track","products":[1]}"#)
            #expect(try await client.nextJSON()["code"]?.string == "too_many_tracked")
            let last = try await gateway.set("C", 9)
            #expect(try await client.sequenceOfEvents(1) == [last])
        }
    }

    @Test("while writes go on, the values and the events after them leave nothing out", arguments: 1...3)
    func duringWrites(seed: UInt64) async throws {
        try await Gateway.run { gateway in
            async let writing: Void = {
                for quantity in 1...1_000 { try await gateway.set("A", Int64(quantity)) }
            }()
            let client = try await gateway.server.join()
            try await client.send(#"{"type":"track","variants":[11]}"#)
            let (items, seq) = try await client.items("tracking")
            var stock = items.first?["stock"]?.unsigned ?? 0
            var position = seq
            while stock < 1_000 {
                let event = try await client.nextJSON()
                guard let data = event["data"], data["stockLevel"] == nil else { continue }
                #expect(data["stock"]?.unsigned == stock + 1 && (event["seq"]?.unsigned ?? 0) > position)
                stock += 1
                position = event["seq"]?.unsigned ?? 0
            }
            try await writing
        }
    }
}
