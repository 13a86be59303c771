import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Alerts, and who sees to them")
struct AlertsTests {
    /// A mug that is low: 7 left.
    private func lowMug(_ client: Client) async throws -> Int {
        try await client.patch("/api/variants/13/inventory", #"{"operation":"set","quantity":40}"#)
        try await client.patch("/api/variants/13/inventory", #"{"operation":"set","quantity":7}"#)
        let alert = try #require(try await client.get("/api/alerts")["items"]?.elements.first { $0["variantId"] == 13 })
        return try #require(alert["seq"]?.int)
    }

    @Test("an alert bears its event, and the first who sees to it is kept")
    func acknowledging() async throws {
        let shop = try Shop()
        try await shop.openStocked { client in
            let seq = try await lowMug(client)
            #expect(shop.journal.allEvents.last { $0.type == .stockAlert }?.seq == UInt64(seq))
            let path = "/api/alerts/\(seq)/acknowledgement"
            let first = try await client.post(path, #"{"note":"ordered"}"#)
            #expect(first["acknowledgement"]?["by"] == "anybody" && first["acknowledgement"]?["note"] == "ordered")
            let events = shop.journal.allEvents.count
            let second = try await client.post(path, #"{"note":"mine"}"#)
            #expect(second["acknowledgement"] == first["acknowledgement"])
            #expect(shop.journal.allEvents.count == events)
            let listed = try await client.get("/api/alerts")["items"]?.elements.first { $0["variantId"] == 13 }
            #expect(listed?["acknowledgement"]?["note"] == "ordered")
            let event = try #require(try await client.get("/api/events?type=alert_acknowledged")["items"]?.elements.first)
            #expect(event["data"]?["alertSeq"]?.int == seq && event["data"]?["by"] == "anybody")
        }
    }

    @Test("a new level is a new alert, which nobody has seen; the old one is not known any more")
    func overtaken() async throws {
        try await Shop().openStocked { client in
            let seq = try await lowMug(client)
            try await client.post("/api/alerts/\(seq)/acknowledgement", "{}")
            try await client.patch("/api/variants/13/inventory", #"{"operation":"set","quantity":0}"#)
            #expect(try await client.post("/api/alerts/\(seq)/acknowledgement", "{}", 404).code == "unknown_alert")
            let out = try await client.get("/api/alerts")["items"]?.elements.first { $0["variantId"] == 13 }
            #expect(out?["acknowledgement"] == .null && out?["stockLevel"] == "out")
            #expect(try await client.post("/api/alerts/1/acknowledgement", "{}", 404).code == "unknown_alert")
            #expect(try await client.post("/api/alerts/x/acknowledgement", "{}", 404).code == "unknown_alert")
            let long = #"{"note":"\#(String(repeating: "x", count: 201))"}"#
            let current = try #require(out?["seq"]?.int)
            #expect(try await client.post("/api/alerts/\(current)/acknowledgement", long, 400).field == "note")
        }
    }
}
