import HTTPTypes
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Thresholds of locations")
struct ThresholdsTests {
    private func set(_ units: Int, at location: String = "WH1", _ client: Client) async throws {
        try await client.patch(
            "/api/variants/13/inventory", #"{"operation":"set","quantity":\#(units),"location":"\#(location)"}"#)
    }

    private func alerts(_ client: Client, _ query: String = "") async throws -> [JSONValue] {
        try await client.get("/api/alerts\(query)")["items"]?.elements.filter { $0["variantId"] == 13 } ?? []
    }

    @Test("a variant has thresholds from its creation or by a change, and a change names the locations that change")
    func changes() async throws {
        try await Shop().openStocked { client in
            let product = try await client.post(
                "/api/products", #"{"id":7,"name":"Cup","sku":"CUP","thresholds":{" WH1":{"low":3,"rearm":1}}}"#, 201)
            #expect(product["thresholds"]?.text == #"{"WH1":{"low":3,"rearm":1}}"#)
            #expect(product["variants"]?[0]?["thresholds"] == product["thresholds"])
            let body = #"{"id":20,"sku":"TEE-GREEN-M","thresholds":{"WH1":{"low":3},"MAIN":{"low":0}}}"#
            let made = try await client.post("/api/products/1/variants", body, 201)
            #expect(made["thresholds"]?.text == #"{"MAIN":{"low":0,"rearm":0},"WH1":{"low":3,"rearm":0}}"#)
            let other = #"{"name":"X","variants":[{"sku":"X1","thresholds":{"MAIN":{"low":1}}},{"sku":"X2","thresholds":null}]}"#
            let several = try await client.post("/api/products", other, 201)
            let texts = several["variants"]?.elements.map { $0["thresholds"]?.text }
            #expect(texts == [#"{"MAIN":{"low":1,"rearm":0}}"#, "{}"])
            let changed = try await client.patch("/api/variants/20", #"{"thresholds":{"MAIN":null,"WH1":{"low":9,"rearm":2}}}"#)
            #expect(changed["thresholds"]?.text == #"{"WH1":{"low":9,"rearm":2}}"#)
            try await client.patch("/api/variants/20", #"{"thresholds":{"MAIN":{"low":5}}}"#)
            let read = try await client.get("/api/variants/20")
            #expect(read["thresholds"]?.text == #"{"MAIN":{"low":5,"rearm":0},"WH1":{"low":9,"rearm":2}}"#)
            #expect(try await client.patch("/api/variants/20", #"{"thresholds":{}}"#)["thresholds"] == read["thresholds"])
            let event = try await client.get("/api/events?type=catalogue_changed&order=desc&limit=2")["items"]?[1]?["data"]
            #expect(event?["values"]?["thresholds"]?.text == #"{"MAIN":null,"WH1":{"low":9,"rearm":2}}"#)
        }
    }

    @Test("the level at a location shows there, and each alert is listed, alone and beside the total's")
    func listed() async throws {
        let shop = try Shop()
        try await shop.openStocked { client in
            try await client.patch("/api/variants/13", #"{"thresholds":{"WH1":{"low":3},"MAIN":{"low":30}}}"#)
            #expect(try await alerts(client).map { $0["seq"] } == [.null, .null, .null], "where it never was")
            try await set(50, at: "MAIN", client)
            try await set(2, client)
            let variant = try await client.get("/api/variants/13")
            #expect(variant["locations"]?.elements.map { $0["level"] } == ["ok", "low"] && variant["level"] == "ok")
            let low = try #require(try await alerts(client).first)
            #expect(try await alerts(client).count == 1 && low["scope"] == "location" && low["location"] == "WH1")
            #expect(low["locationStock"] == 2 && low["stock"] == 52 && low["threshold"] == 3 && low["stockLevel"] == "low")
            let event = try #require(shop.journal.allEvents.last)
            #expect(event.type == .stockAlert && low["seq"]?.int == Int(event.seq) && event.location == "WH1")
            #expect(try await alerts(client, "?location=%20WH1") == [low])
            #expect(try await alerts(client, "?location=MAIN").isEmpty)
            try await set(4, at: "MAIN", client)
            let all = try await alerts(client)
            #expect(
                all.map { $0["location"] } == [nil, "MAIN", "WH1"] && all[0]["scope"] == "total" && all[0]["locationStock"] == nil)
            var (paged, cursor): ([JSONValue], String) = ([], "")
            repeat {
                let page = try await client.get("/api/alerts?limit=1\(cursor)")
                paged += page["items"]?.elements ?? []
                cursor = page["nextCursor"]?.string.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(paged == (try await client.get("/api/alerts")["items"]?.elements))
            #expect(try await client.get("/api/alerts?location=NO", 404).field == "location")
            #expect(try await client.get("/api/alerts?location=", 400).field == "location")
        }
    }

    @Test("an alert of a location is acknowledged, and over when its threshold is taken away or its location removed")
    func over() async throws {
        try await Shop().openStocked { client in
            try await set(50, at: "MAIN", client)
            try await set(2, client)
            try await client.patch("/api/variants/13", #"{"thresholds":{"WH1":{"low":3}}}"#)
            let seq = try #require(try await alerts(client, "?location=WH1").first?["seq"]?.int)
            let path = "/api/alerts/\(seq)/acknowledgement"
            let seen = try await client.post(path, #"{"note":"on its way"}"#)
            #expect(seen["location"] == "WH1" && seen["acknowledgement"]?["note"] == "on its way")
            let event = try await client.get("/api/events?type=alert_acknowledged")["items"]?[0]
            #expect(event?["data"]?["location"] == "WH1" && event?["data"]?["alertSeq"]?.int == seq)
            try await client.patch("/api/variants/13", #"{"thresholds":{"WH1":null}}"#)
            #expect(try await alerts(client).isEmpty)
            #expect(try await client.post(path, "{}", 404).code == "unknown_alert")
            try await client.patch("/api/variants/13", #"{"thresholds":{"WH1":{"low":3}}}"#)
            try await set(0, client)
            try await client.delete("/api/locations/WH1")
            #expect(try await alerts(client).isEmpty)
            #expect(try await client.get("/api/variants/13")["thresholds"]?.text == "{}")
            let last = try await client.get("/api/events?type=stock_alert&order=desc&limit=1")["items"]?[0]?["data"]
            #expect(last?["stockLevel"] == "ok" && last?["location"] == "WH1")
        }
    }

    @Test(
        "thresholds that are none are refused with their field, and nothing is changed",
        arguments: [
            ("1", "thresholds"), ("[]", "thresholds"), (#""WH1""#, "thresholds"), (#"{"WH1":3}"#, "thresholds.WH1"),
            (#"{"WH1":[]}"#, "thresholds.WH1"), (#"{"WH1":{}}"#, "thresholds.WH1.low"),
            (#"{"WH1":{"low":"3"}}"#, "thresholds.WH1.low"), (#"{"WH1":{"low":null}}"#, "thresholds.WH1.low"),
            (#"{"WH1":{"low":1.5}}"#, "thresholds.WH1.low"), (#"{"WH1":{"low":-1}}"#, "thresholds.WH1.low"),
            (#"{"WH1":{"low":1000000001}}"#, "thresholds.WH1.low"), (#"{"WH1":{"low":1,"rearm":null}}"#, "thresholds.WH1.rearm"),
            (#"{"WH1":{"low":1,"rearm":"0"}}"#, "thresholds.WH1.rearm"), (#"{"WH1":{"low":1,"rearm":-1}}"#, "thresholds.WH1.rearm"),
            (#"{"WH1":{"low":1,"rearm":1000000001}}"#, "thresholds.WH1.rearm"),
            (#"{"WH1":{"low":1,"high":2}}"#, "thresholds.WH1.high"), (#"{"WH1":{"low":1},"WH1 ":{"low":2}}"#, "thresholds.WH1"),
            (#"{" ":{"low":1}}"#, "thresholds."),
        ])
    func refusals(thresholds: String, field: String) async throws {
        try await Shop().openStocked { client in
            let refused = try await client.patch("/api/variants/12", #"{"name":"x","thresholds":\#(thresholds)}"#, 400)
            #expect(refused.code == "invalid_request" && refused.field == field, "\(refused.text)")
            let body = #"{"sku":"X","thresholds":\#(thresholds)}"#
            #expect(try await client.post("/api/products/1/variants", body, 400).field == field)
            #expect(
                try await client.post("/api/products", #"{"name":"X","variants":[\#(body)]}"#, 400).field == "variants[0].\(field)")
            let variant = try await client.get("/api/variants/12")
            #expect(variant["name"] == "Blue / M" && variant["thresholds"]?.text == "{}")
        }
    }

    @Test("so are those of a location that there is not, more than a thousand, and those of a product with variants")
    func unknown() async throws {
        try await Shop().openStocked { client in
            for rule in [#"{"low":1}"#, "null"] {
                let refused = try await client.patch("/api/variants/12", #"{"name":"x","thresholds":{"STORE-7":\#(rule)}}"#, 404)
                #expect(refused.code == "unknown_location" && refused.field == "thresholds.STORE-7")
            }
            let body = #"{"sku":"X","thresholds":{"STORE-7":{"low":1}}}"#
            #expect(try await client.post("/api/products/1/variants", body, 404).field == "thresholds.STORE-7")
            #expect(
                try await client.post("/api/products", #"{"name":"X","variants":[\#(body)]}"#, 404).field
                    == "variants[0].thresholds.STORE-7")
            let many = (0...1_000).map { #""L\#($0)":null"# }.joined(separator: ",")
            #expect(try await client.patch("/api/variants/12", #"{"thresholds":{\#(many)}}"#, 400).field == "thresholds")
            let both = #"{"name":"X","thresholds":{},"variants":[{"sku":"X"}]}"#
            #expect(try await client.post("/api/products", both, 400).field == "thresholds")
            #expect(try await client.get("/api/variants/12")["name"] == "Blue / M")
        }
    }
}
