import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Nothing that a caller writes is ignored in silence")
struct SilenceTests {
    @Test(
        "a change takes no query parameters",
        arguments: [
            ("POST", "/api/movements?dryRun=true", #"{"lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#, "dryRun"),
            ("PATCH", "/api/variants/13/inventory?location=WH1", #"{"operation":"add","quantity":1}"#, "location"),
            ("PATCH", "/api/products/1?notify=no", #"{"name":"x"}"#, "notify"), ("DELETE", "/api/variants/11?force=1", "", "force"),
            ("POST", "/api/locations?sells=false", #"{"code":"X"}"#, "sells"),
        ])
    func parameters(method: String, path: String, body: String, field: String) async throws {
        let shop = try Shop()
        try await shop.openStocked { client in
            let before = shop.journal.allEvents.count
            let response =
                switch method {
                case "POST": try await client.post(path, body, 400)
                case "PATCH": try await client.patch(path, body, 400)
                default: try await client.delete(path, 400)
                }
            #expect(response.code == "invalid_request" && response["field"] == .string(field))
            #expect(shop.journal.allEvents.count == before, "nothing was done")
        }
    }

    @Test(
        "a member that is there twice is refused, with its place",
        arguments: [
            (#"{"lines":[{"sku":"MUG","operation":"add","quantity":1,"quantity":2}]}"#, "lines[0].quantity"),
            (#"{"id":"a","lines":[],"id":"b"}"#, "id"), (#"{"reason":"a","re\u0061son":"b","lines":[]}"#, "reason"),
            (#"[{"lines":[]},{"lines":[{"sku":"A"},{"sku":"B","sku":"C"}]}]"#, "[1].lines[1].sku"),
        ])
    func twice(body: String, field: String) async throws {
        try await Shop().openStocked { client in
            let response = try await client.post("/api/movements", body, 400)
            #expect(response.code == "invalid_request" && response["field"] == .string(field))
        }
    }

    @Test(
        "a letter with any number of marks is refused wherever it stands",
        arguments: [#"{"X":[]}"#, #"{"reason":"X","lines":[]}"#, #"{"lines":[{"sku":"A","operation":"addX","quantity":1}]}"#])
    func marks(template: String) async throws {
        try await Shop().openStocked { client in
            // Half a MiB: comparing that once would take a minute.
            let body = template.replacing("X", with: String(repeating: "\u{301}\u{316}", count: 125_000))
            let response = try await client.post("/api/movements", body, 400)
            #expect(response.code == "invalid_request" && response.detail.contains("combining marks"))
            let search = String(repeating: "%CC%81%CC%96", count: 100)
            for path in ["/api/products?search=a\(search)", "/api/products?a\(search)=1", "/api/stock?sku=\(search)"] {
                #expect(try await client.get(path, 400).detail.contains("combining marks"))
            }
        }
    }

    @Test(
        "null is no value where it would leave things as they are",
        arguments: [
            ("/api/variants/11", "lowStockThreshold"), ("/api/variants/11", "rearm"), ("/api/variants/11", "thresholds"),
            ("/api/variants/11", "barcodes"),
            ("/api/variants/11", "name"), ("/api/products/1", "name"), ("/api/products/1", "status"),
        ])
    func null(path: String, member: String) async throws {
        try await Shop().openStocked { client in
            let response = try await client.patch(path, #"{"price":1,"\#(member)":null}"#, 400)
            #expect(response.code == "invalid_request" && response["field"] == .string(member))
        }
    }

    @Test("nor is it one for the units of a barcode")
    func nullUnits() async throws {
        try await Shop().openStocked { client in
            let response = try await client.patch("/api/variants/11", #"{"barcodes":[{"code":"q","units":null}]}"#, 400)
            #expect(response["field"] == "barcodes[0].units")
        }
    }

    @Test(
        "a parameter that is empty, or is nothing but white space, is refused where it would choose everything",
        arguments: ["/api/products?limit=", "/api/stock?sku=%20", "/api/stock?location=", "/api/events?from=&order=desc"])
    func empty(path: String) async throws {
        try await Shop().openStocked { client in
            let response = try await client.get(path, 400)
            #expect(response.code == "invalid_request")
        }
    }

    @Test("a barcode that holds an element string points to code")
    func elementString() async throws {
        try await Shop().openStocked { client in
            for code in ["]C10104006381333931", "(01)04006381333931", "010400638133393110AB\\u001d21S"] {
                let response = try await client.post(
                    "/api/movements", #"{"lines":[{"barcode":"\#(code)","operation":"add","quantity":1}]}"#, 404)
                #expect(response["detail"]?.text.contains("“code”") == true, "\(code)")
            }
            let plain = try await client.post(
                "/api/movements", #"{"lines":[{"barcode":"999","operation":"add","quantity":1}]}"#, 404)
            #expect(plain["detail"]?.text.contains("“code”") == false)
        }
    }

    @Test("a name is asked for in any form, and answers are a device's own")
    func forms() async throws {
        try await Shop().openStocked { client in
            #expect(try await client.get("/api/stock?sku=%20MUG%0A")["items"] != nil)
            _ = try await client.post(
                "/api/movements", #"{"id":"1","device":"till-1","lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#)
            #expect(try await client.get("/api/movements/1", 404).code == "unknown_movement")
            #expect(try await client.get("/api/movements/1?device=till-1")["movementId"] == "1")
            let other = try await client.post(
                "/api/movements", #"{"id":"1","device":"till-2","lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#)
            #expect(other["status"] == "applied")
        }
    }
}
