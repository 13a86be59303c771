import Foundation
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import RoomHub
@testable import WebSocketSink

@Suite("What an audience sees")
struct AudienceTests {
    private func data(_ json: [UInt8]?) throws -> [String: JSONValue] {
        guard let json, let data = try JSONValue(json)["data"]?.members else {
            return [:]
        }
        return data
    }

    @Test("everything is the journal's own bytes")
    func everything() {
        let envelope = stockEnvelope(1, from: 5, to: 3)
        #expect(Audience.everybody.json(of: envelope, envelope.step) == envelope.json)
    }

    @Test("fields leave out the others, and identity and version stay")
    func fields() throws {
        let envelope = stockEnvelope(1, from: 5, to: 3)
        let json = Audience(fields: ["stock", "variantName"], bands: nil).json(of: envelope, envelope.step)
        let data = try data(json)
        #expect(Set(data.keys) == ["productId", "variantId", "version", "stock", "variantName"])
        #expect(data["variantName"] == .string(#"A "quoted" name, with {braces}"#))
        #expect(try JSONValue(json ?? [])["seq"]?.unsigned == 1)
    }

    @Test("an alert says its scope to every audience, and the units at its location to none that sees bands")
    func scope() throws {
        let alert = StockAlert(
            productID: ProductID(1), variantID: VariantID(11), isDefaultVariant: false, sku: "A", scope: .location("WH1", stock: 3),
            level: .low, previousLevel: .ok, stock: 30, threshold: 3, message: "3 left")
        let event = Event(seq: 1, timestamp: Timestamp(milliseconds: 0), body: .stockAlert(alert))
        let envelope = EventEnvelope(event, json: event.json)
        let fields = try data(Audience(fields: ["stockLevel"], bands: nil).json(of: envelope, nil))
        #expect(Set(fields.keys) == ["productId", "variantId", "scope", "stockLevel"])
        let bands = try data(Audience(fields: nil, bands: [0, 5]).json(of: envelope, nil))
        #expect(bands["location"] == .string("WH1") && StockBands.telling.isDisjoint(with: bands.keys))
    }

    @Test(
        "bands say out, few and in stock, and nothing from which the units could be told",
        arguments: [(0, "out", nil, nil), (3, "few", 5, nil), (8, "few", 10, nil), (11, "in stock", nil, 10)]
            as [(Int64, String, UInt64?, UInt64?)])
    func bands(stock: Int64, name: String, atMost: UInt64?, moreThan: UInt64?) throws {
        let audience = Audience(fields: nil, bands: [0, 5, 10])
        let envelope = stockEnvelope(1, from: stock == 0 ? 5 : 0, to: stock)
        let data = try data(audience.json(of: envelope, envelope.step))
        #expect(
            data["stock"] == .string(name) && data["stockAtMost"]?.unsigned == atMost && data["stockMoreThan"]?.unsigned == moreThan
        )
        #expect(StockBands.telling.isDisjoint(with: data.keys))
    }

    @Test("a change within a band is not sent, a change of price is")
    func withinBand() {
        let audience = Audience(fields: nil, bands: [0, 5])
        let within = stockEnvelope(1, from: 5, to: 3)
        #expect(audience.json(of: within, within.step) == nil)
        let price = Event(
            seq: 2, timestamp: Timestamp(milliseconds: 0),
            body: .inventoryUpdated(
                InventoryUpdated(
                    productID: ProductID(1), variantID: VariantID(11), isDefaultVariant: false, sku: "A", variantName: "A",
                    stock: 3,
                    previousStock: 3, totalProductStock: 3, change: .price(previous: nil, isOwn: nil), reason: nil, reference: nil,
                    price: Price("2"), status: .active, level: .low, version: 2, source: "http", movementID: "m", occurredAt: nil)))
        let envelope = EventEnvelope(price, json: price.json)
        #expect(audience.json(of: envelope, envelope.step) != nil)
    }

    @Test("two rooms, two audiences: each client gets its own, live, replayed, merged and as values")
    func rooms() async throws {
        try await Gateway.run { configuration in
            configuration.hub.rooms[1].bands = [0, 5]
            configuration.hub.rooms[1].fields = ["sku", "stock", "level", "status", "price", "variantName"]
            configuration.hub.broadcastBands = [0, 5]
        } _: { gateway in
            let start = gateway.head
            let admin = try await gateway.server.join("/ws?room=admin_room")
            let shop = try await gateway.server.join("/ws?room=ecommerce_room")
            for quantity in [Int64(20), 30, 4, 3, 0] { try await gateway.set("A", quantity) }
            let exact = try await admin.sequenceOfEvents(7)
            #expect(exact.count == 7)
            var stocks: [String] = []
            for _ in 0..<3 {
                let event = try await shop.nextJSON()
                stocks.append(event["data"]?["stock"]?.string ?? "")
                guard let data = event["data"]?.members else { continue }
                #expect(
                    Set(data.keys).isSubset(of: [
                        "productId", "variantId", "version", "sku", "stock", "stockAtMost", "stockMoreThan", "level", "status",
                        "price", "variantName",
                    ]))
            }
            #expect(stocks == ["in stock", "few", "out"])
            let late = try await gateway.server.connect("/ws?room=ecommerce_room&since=epoch:\(start)")
            _ = try await late.nextJSON(type: "joined")
            var replayed: [String] = []
            for _ in 0..<3 { replayed.append(try await late.nextJSON()["data"]?["stock"]?.string ?? "") }
            #expect(replayed == stocks)
            let visitor = try await gateway.server.connect("/ws?room=ecommerce_room&snapshot=true")
            let item = try await visitor.items("snapshot").items.first
            #expect(item?["stock"]?.string == "out" && item?["name"]?.string == "Variant 0")
        }
    }

    @Test("whatever a client of the shop's room asks for, it never sees a field that is the admin's")
    func attack() async throws {
        try await Gateway.run { configuration in
            configuration.hub.rooms[1].bands = [0]
            configuration.hub.rooms[1].fields = ["sku", "stock"]
            configuration.hub.broadcastBands = [0]
            configuration.hub.broadcastFields = ["sku", "stock"]
            configuration.hub.limits.errorsPerConnection = 1_000
        } _: { gateway in
            let start = gateway.head
            let shop = try await gateway.server.connect(
                "/ws?room=ecommerce_room&since=epoch:\(start)&fields=source&room=ecommerce_room")
            for message in [
                #"{"type":"join","room":"ecommerce_room","fields":["source"],"stock":"exact","role":"admin"}"#,
                #"{"type":"join","room":"ecommerce_room","since":{"epoch":"epoch","seq":0},"audience":0}"#,
                #"{"type":"join","room":"Admin_room"}"#, #"{"type":"join","room":"admin_room "}"#,
                #"{"type":"join","room":"ecommerce_room","snapshot":true}"#,
                #"{"type":"leave","room":"ecommerce_room"}"#,
                #"{"type":"join","room":"ecommerce_room","snapshot":true,"since":{"epoch":"other","seq":0}}"#,
            ] { try await shop.send(message) }
            for quantity in [Int64(5), 0, 7, 0] { try await gateway.set("A", quantity) }
            try await shop.send(#"{"type":"ping","id":"end"}"#)
            var texts: [String] = []
            while texts.last?.contains(#""pong""#) != true { texts.append(try await shop.nextText()) }
            let secrets = [
                "source", "movementId", "reason", "totalProductStock", "previousStock", "quantity", "locationStock", "threshold",
                "onHand", "reserved",
            ]
            for text in texts { #expect(secrets.allSatisfy { !text.contains("\"\($0)\"") }, "\(text)") }
        }
    }
}
