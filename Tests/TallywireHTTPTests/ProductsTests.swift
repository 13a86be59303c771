import HTTPTypes
import TallywireCore
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Products")
struct ProductsTests {
    @Test("a product with variants is created with the ids that were wanted and shown as it was sent")
    func createsWithVariants() async throws {
        try await Shop().openStocked { client in
            let response = try await client.get("/api/products/1")
            #expect(response["name"] == "Tee")
            #expect(response["price"]?.number == 19.99)
            #expect(response["status"] == "active")
            #expect(response["totalProductStock"] == 0)
            #expect(response["sku"] == nil)
            let red = response["variants"]?[0]
            #expect(red?["id"] == 11)
            #expect(red?["price"]?.number == 19.99)
            #expect(red?["barcodes"]?.text == #"["4006381333931",{"code":"14006381333938","units":12}]"#)
            #expect(red?["lowStockThreshold"] == 10)
            #expect(red?["isDefault"] == false)
            #expect(response["variants"]?[1]?["price"]?.number == 21.5)
        }
    }

    @Test("ids that are not given are assigned, and the response says where the product is")
    func assignsIDs() async throws {
        try await Shop().openStocked { client in
            let response = try await client.post("/api/products", #"{"name":"Cap","sku":"CAP","barcodes":["4006381333962"]}"#, 201)
            #expect(response["id"] == 3)
            #expect(response["sku"] == "CAP")
            #expect(response["price"] == .null)
            #expect(response["variants"]?[0]?["isDefault"] == true)
            #expect(response["variants"]?[0]?["name"] == "Cap")
            #expect(response.header("Location") == "/api/products/3")
            #expect(response.header("Tallywire-Status") == "applied")
            #expect(response.header("Tallywire-Epoch") == "test-epoch")
            let seq = try #require(response.header("Tallywire-Seq"))
            #expect(try await client.get("/api/products/3").header("Tallywire-Seq") == seq)
        }
    }

    @Test("a repeat with the same Idempotency-Key creates nothing and shows the product as it is now")
    func repeatsCreation() async throws {
        try await Shop().open { client in
            let headers: HTTPFields = [.contentType: "application/json", .idempotencyKey: "new-1"]
            let body = #"{"name":"Cap","sku":"CAP"}"#
            let first = try await client.post("/api/products", body, 201, headers: headers)
            try await client.patch("/api/products/\(first["id"]?.int ?? 0)", #"{"name":"Cap, blue"}"#)
            let again = try await client.post("/api/products", body, 200, headers: headers)
            #expect(again["id"] == first["id"])
            #expect(again["name"] == "Cap, blue")
            #expect(again.header("Tallywire-Status") == "duplicate")
            let other = try await client.post("/api/products", #"{"name":"Hat","sku":"CAP"}"#, 422, headers: headers)
            #expect(other.code == "idempotency_conflict")
            try await client.delete("/api/products/\(first["id"]?.int ?? 0)")
            let afterwards = try await client.post("/api/products", body, 200, headers: headers)
            #expect(afterwards["movementId"] == "new-1")
            #expect(afterwards["status"] == "duplicate")
        }
    }

    @Test("a key in the double quotes of the IETF's draft is the same key")
    func quotedKey() async throws {
        try await Shop().open { client in
            let body = #"{"code":"WH1"}"#
            try await client.post("/api/locations", body, 201, headers: [.contentType: "application/json", .idempotencyKey: "k"])
            let again = try await client.post(
                "/api/locations", body, 200, headers: [.contentType: "application/json", .idempotencyKey: "\"k\""])
            #expect(again["name"] == "WH1")
        }
    }

    @Test("a key that is too long or not printable is refused, one of 128 characters is taken", arguments: [1, 128])
    func keyLimits(length: Int) async throws {
        try await Shop().open { client in
            let key = String(repeating: "k", count: length)
            try await client.post(
                "/api/locations", #"{"code":"WH1"}"#, 201, headers: [.contentType: "application/json", .idempotencyKey: key])
            let tooLong = try await client.post(
                "/api/locations", #"{"code":"WH2"}"#, 400,
                headers: [.contentType: "application/json", .idempotencyKey: key + String(repeating: "k", count: 129 - length)])
            #expect(tooLong.field == "Idempotency-Key")
        }
    }

    @Test("what is in use is a conflict that names it")
    func conflicts() async throws {
        try await Shop().openStocked { client in
            let sku = try await client.post("/api/products", #"{"name":"X","sku":"MUG"}"#, 409)
            #expect(sku.code == "sku_taken")
            let barcode = try await client.post("/api/products", #"{"name":"X","sku":"X","barcodes":["4006381333931"]}"#, 409)
            #expect(barcode.code == "barcode_taken")
            let id = try await client.post("/api/products", #"{"id":1,"name":"X","sku":"X"}"#, 409)
            #expect(id.code == "id_taken")
            let variant = try await client.post("/api/products", #"{"name":"X","variants":[{"id":11,"sku":"X"}]}"#, 409)
            #expect(variant.code == "id_taken")
            let location = try await client.post("/api/locations", #"{"code":"MAIN"}"#, 409)
            #expect(location.code == "location_taken")
        }
    }

    @Test("a change leaves alone what it does not name, and null takes the price away")
    func updates() async throws {
        try await Shop().openStocked { client in
            let priced = try await client.patch("/api/products/1", #"{"price":17.50}"#)
            #expect(priced["price"]?.number == 17.5)
            #expect(priced["name"] == "Tee")
            #expect(priced["variants"]?[0]?["price"]?.number == 17.5)
            #expect(priced["variants"]?[1]?["price"]?.number == 21.5)
            let renamed = try await client.patch("/api/products/1", #"{"name":"Tee, organic","status":"inactive"}"#)
            #expect(renamed["name"] == "Tee, organic")
            #expect(renamed["price"]?.number == 17.5)
            #expect(renamed["variants"]?[0]?["status"] == "inactive")
            #expect(try await client.patch("/api/products/1", #"{"price":null}"#)["price"] == .null)
            #expect(try await client.patch("/api/products/1", "{}", 400).detail.contains("nothing to change"))
        }
    }

    @Test("the status has a path of its own and knows four words")
    func status() async throws {
        try await Shop().openStocked { client in
            for status in ["draft", "inactive", "discontinued", "active"] {
                #expect(try await client.patch("/api/products/1/status", #"{"status":"\#(status)"}"#)["status"]?.string == status)
            }
            let wrong = try await client.patch("/api/products/1/status", #"{"status":"activ"}"#, 400)
            #expect(wrong.field == "status")
            #expect(wrong.detail.contains("did you mean “active”?"))
            #expect(try await client.patch("/api/products/9/status", #"{"status":"draft"}"#, 404).code == "unknown_product")
        }
    }

    @Test("a product goes when its stock has gone, and not before")
    func removes() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/13/inventory", #"{"operation":"add","quantity":3}"#)
            let refused = try await client.delete("/api/products/2", 409)
            #expect(refused.code == "in_stock")
            #expect(refused["available"] == 3)
            try await client.patch("/api/variants/13/inventory", #"{"operation":"set","quantity":0}"#)
            let receipt = try await client.delete("/api/products/2")
            #expect(receipt["status"] == "applied")
            #expect(try await client.get("/api/products/2", 404).code == "unknown_product")
            #expect(try await client.delete("/api/products/2", 404).code == "unknown_product")
        }
    }

    @Test("a path whose id is no id names nothing", arguments: ["0", "-1", "abc", "9007199254740992", "1.5", "%31"])
    func strangeIDs(id: String) async throws {
        try await Shop().open { client async throws in
            #expect(try await client.get("/api/products/\(id)", 404).code == "unknown_product")
            #expect(try await client.get("/api/variants/\(id)", 404).code == "unknown_variant")
        }
    }

    @Test("pages follow each other without gap or repeat, and the last one has no cursor")
    func pages() async throws {
        try await Shop().open { client in
            for number in 1...7 { try await client.post("/api/products", #"{"name":"P\#(number)","sku":"S\#(number)"}"#, 201) }
            var seen: [Int] = []
            var path = "/api/products?limit=3"
            var sizes: [Int] = []
            while sizes.count < 100 {
                let page = try await client.get(path)
                let items = page["items"]?.elements ?? []
                sizes.append(items.count)
                seen += items.compactMap { $0["id"]?.int }
                guard let cursor = page["nextCursor"]?.string else { break }
                path = "/api/products?limit=3&cursor=\(cursor)"
            }
            #expect(sizes == [3, 3, 1])
            #expect(seen == Array(1...7))
            #expect(try await client.get("/api/products?limit=7")["nextCursor"] == .null)
        }
    }

    @Test("a search looks at names and SKUs in any case")
    func search() async throws {
        try await Shop().openStocked { client async throws in
            #expect(try await client.get("/api/products?search=blue")["items"]?.elements.count == 1)
            #expect(try await client.get("/api/products?search=tee%20")["items"]?.elements.isEmpty == true)
            #expect(try await client.get("/api/products?search=MUG")["items"]?[0]?["id"] == 2)
        }
    }

    @Test("limits and cursors are refused beyond their edges")
    func pageLimits() async throws {
        try await Shop().openStocked { client in
            try await client.get("/api/products?limit=1")
            try await client.get("/api/products?limit=1000")
            for limit in ["0", "1001", "-1", "x", "1e3", "99999999999999999999"] {
                #expect(try await client.get("/api/products?limit=\(limit)", 400).field == "limit")
            }
            let foreign = Cursor(list: "stock", position: "11:MAIN").text
            for cursor in ["x", "%00", foreign, Cursor(list: "products", position: "-1").text, String(repeating: "A", count: 600)] {
                #expect(try await client.get("/api/products?cursor=\(cursor)", 400).field == "cursor")
            }
            let unknown = try await client.get("/api/products?serach=x", 400)
            #expect(unknown.field == "serach")
            #expect(unknown.detail.contains("did you mean “search”?"))
            #expect(try await client.get("/api/products?limit=1&limit=2", 400).detail.contains("twice"))
        }
    }
}
