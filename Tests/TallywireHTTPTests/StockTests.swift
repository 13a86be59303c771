import TallywireCore
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Stock, alerts and locations")
struct StockTests {
    private func stock(_ client: Client) async throws {
        for (variant, location, quantity) in [(11, "MAIN", 30), (11, "WH1", 11), (12, "WH1", 4), (13, "MAIN", 1)] {
            try await client.patch(
                "/api/variants/\(variant)/inventory", #"{"operation":"add","quantity":\#(quantity),"location":"\#(location)"}"#)
        }
    }

    @Test("stock is one item a variant and location, also of a default variant")
    func lists() async throws {
        try await Shop().openStocked { client in
            try await stock(client)
            let items = try await client.get("/api/stock")["items"]?.elements ?? []
            #expect(
                items.map { "\($0["variantId"]?.int ?? 0) \($0["location"]?.string ?? "") \($0["stock"]?.int ?? 0)" } == [
                    "11 MAIN 30", "11 WH1 11", "12 WH1 4", "13 MAIN 1",
                ])
            let response = try await client.get("/api/stock?sku=TEE-RED-M&location=WH1")
            #expect(response["items"]?.elements.count == 1)
            #expect(response["items"]?[0]?["onHand"] == 11)
            let seq = try await client.get("/api/events?limit=1000")["last"]?.int
            #expect(response.header("Tallywire-Seq") == seq.map { "\($0)" })
        }
    }

    @Test("every answer with a location's stock shows what is unavailable and on the way, and a state where something is in it")
    func states() async throws {
        try await Shop().openStocked { client in
            try await stock(client)
            try await client.post(
                "/api/movements",
                #"{"lines":[{"variantId":11,"location":"WH1","operation":"move","from":"available","to":"damaged","quantity":2},"#
                    + #"{"variantId":11,"location":"WH1","operation":"move","from":"available","to":"safety","quantity":1},"#
                    + #"{"variantId":11,"location":"WH1","operation":"add","toState":"incoming","quantity":7},"#
                    + #"{"variantId":11,"location":"MAIN","operation":"transfer","to":"WH1","toState":"incoming","quantity":5}]}"#)
            let item = try await client.get("/api/stock?sku=TEE-RED-M&location=WH1")["items"]?[0]
            let place = try await client.get("/api/variants/11")["locations"]?[1]
            for units in [item, place] {
                #expect(units?["onHand"] == 11 && units?["unavailable"] == 3 && units?["incoming"] == 12 && units?["stock"] == 8)
                #expect(units?["damaged"] == 2 && units?["safety"] == 1 && units?["inspection"] == nil)
            }
            let main = try await client.get("/api/variants/11")["locations"]?[0]
            #expect(main?["unavailable"] == 0 && main?["incoming"] == 0 && main?["damaged"] == nil)
            #expect(try await client.get("/api/variants/11")["stock"] == 33)
        }
    }

    @Test("stock comes in pages that may end between two locations of a variant")
    func pages() async throws {
        try await Shop().openStocked { client in
            try await stock(client)
            var locations: [String] = []
            var path = "/api/stock?limit=1"
            while locations.count < 100 {
                let page = try await client.get(path)
                locations += page["items"]?.elements.map { "\($0["sku"]?.string ?? "") \($0["location"]?.string ?? "")" } ?? []
                guard let cursor = page["nextCursor"]?.string else { break }
                path = "/api/stock?limit=1&cursor=\(cursor)"
            }
            #expect(locations == ["TEE-RED-M MAIN", "TEE-RED-M WH1", "TEE-BLUE-M WH1", "MUG MAIN"])
            let broken = Cursor(list: "stock", position: "11").text
            #expect(try await client.get("/api/stock?cursor=\(broken)", 400).field == "cursor")
        }
    }

    @Test("a filter that has no stock gives an empty list, one that names something unknown is told so")
    func filters() async throws {
        try await Shop().openStocked { client in
            #expect(try await client.get("/api/stock?sku=MUG")["items"]?.elements.isEmpty == true)
            #expect(try await client.get("/api/stock?location=WH1")["items"]?.elements.isEmpty == true)
            let sku = try await client.get("/api/stock?sku=NOPE", 404)
            #expect(sku.code == "unknown_variant")
            #expect(sku.field == "sku")
            #expect(try await client.get("/api/stock?location=NOPE", 404).code == "unknown_location")
        }
    }

    @Test("alerts are the variants that are low or out, in pages")
    func alerts() async throws {
        try await Shop().openStocked { client in
            try await stock(client)
            try await client.patch("/api/variants/13/inventory", #"{"operation":"set","quantity":0}"#)
            let items = try await client.get("/api/alerts")["items"]?.elements ?? []
            #expect(items.map { $0["sku"]?.string } == ["TEE-BLUE-M", "MUG"])
            #expect(items.map { $0["stockLevel"]?.string } == ["low", "out"])
            #expect(items[0]["threshold"] == 10)
            let first = try await client.get("/api/alerts?limit=1")
            let cursor = try #require(first["nextCursor"]?.string)
            let second = try await client.get("/api/alerts?limit=1&cursor=\(cursor)")
            #expect(second["items"]?[0]?["sku"] == "MUG")
            #expect(second["nextCursor"] == .null)
        }
    }

    @Test("locations come by code, in pages, and MAIN is there from the beginning")
    func locations() async throws {
        try await Shop().openStocked { client in
            let created = try await client.post("/api/locations", #"{"code":"BACK","name":"Back room","sells":false}"#, 201)
            #expect(created["sells"] == false)
            let items = try await client.get("/api/locations")["items"]?.elements ?? []
            #expect(items.map { $0["code"]?.string } == ["BACK", "MAIN", "WH1"])
            #expect(items.map { $0["sells"] } == [false, true, true])
            let first = try await client.get("/api/locations?limit=2")
            let cursor = try #require(first["nextCursor"]?.string)
            #expect(try await client.get("/api/locations?limit=2&cursor=\(cursor)")["items"]?[0]?["code"] == "WH1")
        }
    }

    @Test("a location code has up to 32 characters and none that mean something in a topic")
    func locationCodes() async throws {
        try await Shop().open { client in
            try await client.post("/api/locations", #"{"code":"\#(String(repeating: "W", count: 32))"}"#, 201)
            for code in [String(repeating: "W", count: 33), "", "A/B", "A+", "#", "A\\u0007"] {
                #expect(try await client.post("/api/locations", #"{"code":"\#(code)","name":"X"}"#, 400).field == "code")
            }
            #expect(try await client.post("/api/locations", #"{"code":"A","sells":"yes"}"#, 400).field == "sells")
        }
    }
}
