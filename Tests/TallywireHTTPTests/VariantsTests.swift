import HTTPTypes
import TallywireCore
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Variants")
struct VariantsTests {
    @Test("a variant shows its stock by location, and its total over the locations that sell")
    func shows() async throws {
        try await Shop().openStocked { client in
            try await client.post("/api/locations", #"{"code":"BACK","name":"Back room","sells":false}"#, 201)
            for (location, quantity) in [("MAIN", 30), ("WH1", 11), ("BACK", 5)] {
                try await client.patch(
                    "/api/variants/11/inventory", #"{"operation":"add","quantity":\#(quantity),"location":"\#(location)"}"#)
            }
            let variant = try await client.get("/api/variants/11")
            #expect(variant["stock"] == 41)
            #expect(variant["level"] == "ok")
            #expect(variant["version"] == 3)
            let locations = variant["locations"]?.elements ?? []
            #expect(locations.map { $0["location"]?.string } == ["MAIN", "WH1", "BACK"])
            #expect(locations.map { $0["onHand"]?.int } == [30, 11, 5])
            #expect(locations.map { $0["stock"]?.int } == [30, 11, 5])
            #expect(locations.allSatisfy { $0["reserved"] == 0 })
        }
    }

    @Test("a variant is added to a product that has variants, and to no other")
    func adds() async throws {
        try await Shop().openStocked { client in
            let response = try await client.post("/api/products/1/variants", #"{"id":20,"sku":"TEE-GREEN-M"}"#, 201)
            #expect(response["name"] == "TEE-GREEN-M")
            #expect(response["price"]?.number == 19.99)
            #expect(response.header("Location") == "/api/variants/20")
            #expect(try await client.get("/api/products/1")["variants"]?.elements.count == 3)
            #expect(try await client.post("/api/products/2/variants", #"{"sku":"X"}"#, 400).code == "invalid_request")
            #expect(try await client.post("/api/products/9/variants", #"{"sku":"X"}"#, 404).code == "unknown_product")
            #expect(try await client.post("/api/products/1/variants", #"{"sku":"MUG"}"#, 409).code == "sku_taken")
            #expect(try await client.post("/api/products/1/variants", #"{"id":11,"sku":"X"}"#, 409).code == "id_taken")
        }
    }

    @Test("a variant's price, barcodes and threshold change, and null gives it back its product's price")
    func updates() async throws {
        try await Shop().openStocked { client in
            #expect(try await client.patch("/api/variants/12", #"{"price":25}"#)["price"]?.number == 25)
            #expect(try await client.patch("/api/variants/12", #"{"price":null}"#)["price"]?.number == 19.99)
            let changed = try await client.patch(
                "/api/variants/12", #"{"name":"Blue","barcodes":["40063","4006381333979"],"lowStockThreshold":5,"rearm":2}"#)
            #expect(changed["name"] == "Blue")
            #expect(changed["barcodes"]?.text == #"["40063","4006381333979"]"#)
            #expect(changed["lowStockThreshold"] == 5)
            #expect(changed["rearm"] == 2)
            #expect(try await client.patch("/api/variants/12", #"{"barcodes":[]}"#)["barcodes"]?.elements.isEmpty == true)
            let taken = try await client.patch("/api/variants/12", #"{"barcodes":["4006381333931"]}"#, 409)
            #expect(taken.code == "barcode_taken")
            #expect(try await client.patch("/api/variants/99", #"{"price":25}"#, 404).code == "unknown_variant")
        }
    }

    @Test("a variant gets another SKU, and keeps its id, its stock and its history")
    func renames() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":5}"#)
            let keyed: HTTPFields = [.contentType: "application/json", .idempotencyKey: "rename-1"]
            for status in ["applied", "duplicate"] {
                let renamed = try await client.patch("/api/variants/11", #"{"sku":" TEE-CRIMSON-M "}"#, headers: keyed)
                #expect(renamed["sku"] == "TEE-CRIMSON-M" && renamed["stock"] == 5 && renamed["id"] == 11)
                #expect(renamed.header("Tallywire-Status") == status)
            }
            try await client.patch("/api/variants/11", #"{"sku":"OTHER"}"#, 422, headers: keyed)
            try await client.patch("/api/variants/13", #"{"sku":"CUP"}"#)
            #expect(try await client.get("/api/products/2")["sku"] == "CUP")
            let event = try await client.get("/api/events?type=catalogue_changed&order=desc&limit=2")["items"]?[1]?["data"]
            #expect(event?["sku"] == "TEE-CRIMSON-M" && event?["values"]?["previousSku"] == "TEE-RED-M")
            #expect(try await client.get("/api/stock?sku=TEE-CRIMSON-M")["items"]?[0]?["onHand"] == 5)
            #expect(try await client.get("/api/stock?sku=TEE-RED-M", 404).code == "unknown_variant")
            #expect(try await client.get("/api/products?search=crimson")["items"]?.elements.count == 1)
            let line = #"{"lines":[{"sku":"TEE-RED-M","operation":"add","quantity":1}]}"#
            #expect(try await client.post("/api/movements", line, 404).field == "lines[0].sku")
        }
    }

    @Test("a SKU that is taken, or that is none, is refused, and nothing is changed")
    func badSKUs() async throws {
        try await Shop().openStocked { client in
            let taken = try await client.patch("/api/variants/12", #"{"sku":"MUG","name":"x"}"#, 409)
            #expect(taken.code == "sku_taken" && taken.field == "sku")
            let long = "\"\(String(repeating: "x", count: 65))\""
            for sku in ["1", "null", "true", "[]", "{}", "\"\"", "\" \"", "\"A/B\"", "\"A+\"", long] {
                let refused = try await client.patch("/api/variants/12", #"{"sku":\#(sku),"name":"x"}"#, 400)
                #expect(refused.code == "invalid_request" && refused.field == "sku", "\(sku)")
            }
            #expect(try await client.patch("/api/variants/12", #"{"name":"x","skuu":"X"}"#, 400).detail.contains("“sku”"))
            let variant = try await client.get("/api/variants/12")
            #expect(variant["sku"] == "TEE-BLUE-M" && variant["name"] == "Blue / M")
        }
    }

    @Test("a variant goes when its stock has gone")
    func removes() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":2}"#)
            #expect(try await client.delete("/api/variants/11", 409)["available"] == 2)
            try await client.patch("/api/variants/11/inventory", #"{"operation":"subtract","quantity":2}"#)
            try await client.delete("/api/variants/11")
            try await client.get("/api/variants/11", 404)
        }
    }

    @Test("an inventory update answers with a receipt that says before and after")
    func inventory() async throws {
        try await Shop().openStocked { client in
            let added = try await client.patch(
                "/api/variants/11/inventory", #"{"operation":"add","quantity":42,"reason":"restock","location":"WH1"}"#)
            #expect(added["status"] == "applied")
            let line = added["lines"]?[0]
            #expect(line?["sku"] == "TEE-RED-M")
            #expect(line?["previousStock"] == 0)
            #expect(line?["stock"] == 42)
            #expect(line?["location"] == "WH1")
            #expect(added["seq"] == line?["seq"])
            let sold = try await client.patch(
                "/api/variants/11/inventory",
                #"{"operation":"subtract","quantity":1,"reason":"sale","location":"WH1","expected":42}"#)
            #expect(sold["lines"]?[0]?["stock"] == 41)
        }
    }

    @Test("an inventory update without a location uses the default one")
    func defaultLocation() async throws {
        try await Shop().openStocked { client in
            let receipt = try await client.patch("/api/variants/13/inventory", #"{"operation":"set","quantity":7}"#)
            #expect(receipt["lines"]?[0]?["location"] == "MAIN")
        }
    }

    @Test("what an inventory update is refused for is named by its own members")
    func inventoryRefusals() async throws {
        try await Shop().openStocked { client in
            let path = "/api/variants/11/inventory"
            try await client.patch(path, #"{"operation":"add","quantity":3}"#)
            let insufficient = try await client.patch(path, #"{"operation":"subtract","quantity":4}"#, 409)
            #expect(insufficient.code == "insufficient_stock")
            #expect(insufficient["available"] == 3)
            let stale = try await client.patch(path, #"{"operation":"subtract","quantity":1,"expected":4}"#, 409)
            #expect(stale.code == "stale_expectation")
            #expect(stale["available"] == 3)
            let location = try await client.patch(path, #"{"operation":"add","quantity":1,"location":"NOWHERE"}"#, 404)
            #expect(location.code == "unknown_location")
            #expect(
                try await client.patch("/api/variants/99/inventory", #"{"operation":"add","quantity":1}"#, 404).code
                    == "unknown_variant")
            for (body, field) in [
                (#"{"operation":"add","quantity":0}"#, "quantity"), (#"{"operation":"add","quantity":1000000001}"#, "quantity"),
                (#"{"operation":"set","quantity":-1}"#, "quantity"), (#"{"operation":"add"}"#, "quantity"),
                (#"{"quantity":1}"#, "operation"), (#"{"operation":"transfer","quantity":1}"#, "operation"),
                (#"{"operation":"subtract","quantity":1,"expected":-1}"#, "expected"),
            ] {
                let refused = try await client.patch(path, body, 400)
                #expect(refused.code == "invalid_request")
                #expect(refused.field == field, "\(body)")
            }
            try await client.patch(path, #"{"operation":"add","quantity":1000000000}"#)
            try await client.patch(path, #"{"operation":"set","quantity":0}"#)
        }
    }

    @Test("the key stands in the header or in the body, and both have to agree")
    func keys() async throws {
        try await Shop().openStocked { client in
            let path = "/api/variants/11/inventory"
            let keyed: HTTPFields = [.contentType: "application/json", .idempotencyKey: "scan-1"]
            let first = try await client.patch(path, #"{"operation":"add","quantity":5}"#, headers: keyed)
            #expect(first["movementId"] == "scan-1")
            let again = try await client.patch(path, #"{"quantity":5,"operation":"add","id":"scan-1"}"#)
            #expect(again["status"] == "duplicate")
            #expect(again["seq"] == first["seq"])
            let named = try await client.patch(path, #"{"operation":"add","quantity":5,"location":"MAIN"}"#, headers: keyed)
            #expect(named["status"] == "duplicate", "the default location and the same one named are one meaning")
            let differ = try await client.patch(path, #"{"operation":"add","quantity":5,"id":"scan-2"}"#, 400, headers: keyed)
            #expect(differ.field == "id")
            #expect(
                try await client.patch(path, #"{"operation":"add","quantity":6}"#, 422, headers: keyed).code
                    == "idempotency_conflict")
            #expect(try await client.get("/api/variants/11")["stock"] == 5)
        }
    }
}
