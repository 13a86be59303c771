import HTTPTypes
import HummingbirdTesting
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Counts over HTTP")
struct CountsTests {
    /// It happened before all that the tests do.
    private static let stock =
        #"{"occurredAt":"2026-11-22T16:00:00Z","lines":[{"sku":"TEE-RED-M","operation":"add","quantity":10},{"sku":"MUG","operation":"add","quantity":4}]}"#

    @Test("a count is opened, counted, closed, counted again and posted, and each answer shows what it is about")
    func life() async throws {
        try await Shop().openStocked { client in
            _ = try await client.post("/api/movements", Self.stock)
            let opened = try await client.post(
                "/api/counts", #"{"id":"c-1","location":"MAIN","skus":["TEE-RED-M","MUG"],"tolerance":0,"missing":"zero"}"#, 201)
            #expect(opened.header("Location") == "/api/counts/c-1" && opened["countId"] == "c-1" && opened["status"] == "open")
            #expect(opened["skus"]?.elements.map(\.string) == ["TEE-RED-M", "MUG"] && opened["lines"]?.elements.isEmpty == true)
            #expect(opened["blind"] == false && opened["missing"] == "zero" && opened["by"] == opened["openedBy"])
            let counted = try await client.post(
                "/api/counts/c-1/lines",
                #"{"id":"l-1","lines":[{"sku":"TEE-RED-M","quantity":5,"countedAt":"2026-11-22T16:20:00Z"},"#
                    + #"{"barcode":"4006381333931","quantity":4,"countedAt":"2026-11-22T16:30:00Z"}]}"#)
            #expect(counted["lines"]?[0]?["counted"] == 9 && counted["lines"]?[0]?["parts"] == 1)
            #expect(counted["movementId"] == "l-1" && counted["lines"]?[0]?["expected"] == nil)
            _ = try await client.post("/api/movements", #"{"lines":[{"sku":"TEE-RED-M","operation":"subtract","quantity":3}]}"#)
            let shown = try await client.get("/api/counts/c-1")["lines"]?[0]
            #expect(shown?["counted"] == 9 && shown?["expected"] == 10 && shown?["variance"] == -1, "as it was when it was counted")
            let closed = try await client.post("/api/counts/c-1/close", "")
            #expect(closed["status"] == "closed" && closed["lines"]?.elements.map { $0["variance"]?.int } == [-1, -4])
            #expect(
                try await client.post("/api/counts/c-1/lines", #"{"lines":[{"sku":"MUG","quantity":1}]}"#, 409).code
                    == "count_closed")
            _ = try await client.post("/api/counts/c-1/lines", #"{"recount":true,"lines":[{"sku":"MUG","quantity":4}]}"#)
            let posted = try await client.post("/api/counts/c-1/post", #"{"id":"p-1","reason":"year's end"}"#)
            #expect(posted["status"] == "posted" && posted["lines"]?.elements.map { $0["counted"]?.int } == [9, 4])
            #expect(try await client.get("/api/variants/11")["stock"] == 6)
            let read = try await client.get("/api/counts/c-1")
            #expect(read["status"] == "posted" && read["lines"]?[0]?["variance"] == -1 && read["changedAt"] != nil)
            #expect(try await client.post("/api/counts/c-1/void", "", 409).code == "count_closed")
            let events = try await client.get("/api/events?type=count_changed&order=desc&limit=1")["items"]?[0]
            #expect(events?["seq"] == posted["seq"] && events?["data"]?["movementId"] == "p-1")
            let last = try await client.get("/api/events?type=inventory_updated&order=desc&limit=1")["items"]?[0]?["data"]
            #expect(last?["operation"] == "count" && last?["countId"] == "c-1" && last?["reason"] == "year's end")
        }
    }

    @Test("a repeat gets the first answer and says so; another meaning is a conflict; a refusal is the answer too")
    func repeats() async throws {
        try await Shop().openStocked { client in
            let body = #"{"id":"c","location":"MAIN"}"#
            _ = try await client.post("/api/counts", body, 201)
            #expect(try await client.post("/api/counts", body, 200)["duplicate"] == true)
            #expect(try await client.post("/api/counts", #"{"id":"c","location":"WH1"}"#, 422).code == "idempotency_conflict")
            let line = #"{"id":"l","lines":[{"sku":"MUG","quantity":3}]}"#
            for _ in 0..<2 { #expect(try await client.post("/api/counts/c/lines", line)["lines"]?[0]?["counted"] == 3) }
            #expect(try await client.get("/api/counts/c")["lines"]?[0]?["counted"] == 3, "counted once")
            let again = #"{"id":"l","recount":true,"lines":[{"sku":"MUG","quantity":3}]}"#
            #expect(try await client.post("/api/counts/c/lines", again, 422).code == "idempotency_conflict")
            let second = try await client.post("/api/counts", #"{"id":"d","location":"MAIN"}"#, 409)
            #expect(second.code == "count_open" && second["field"] == "location")
            _ = try await client.post("/api/counts/c/void", #"{"id":"v"}"#)
            #expect(try await client.post("/api/counts", #"{"id":"d","location":"MAIN"}"#, 409).code == "count_open", "its answer")
            #expect(try await client.post("/api/counts/c/void", #"{"id":"v"}"#)["duplicate"] == true)
            #expect(try await client.get("/api/counts/nobody", 404).code == "unknown_count")
            #expect(try await client.post("/api/counts/nobody/close", "", 404).code == "unknown_count")
        }
    }

    @Test("an array and NDJSON open a count each")
    func batches() async throws {
        try await Shop().openStocked { client in
            let two = #"[{"id":"a","location":"MAIN"},{"id":"b","location":"MAIN"},7]"#
            let results = try await client.post("/api/counts", two)["results"]
            #expect(
                results?.elements.map { $0["code"]?.string ?? $0["status"]?.string } == ["open", "count_open", "invalid_request"])
            let lines = try await client.post(
                "/api/counts", #"{"id":"a","location":"MAIN"}"# + "\n{\n", headers: [.contentType: "application/x-ndjson"])
            #expect(lines.lines.first?["duplicate"] == true && lines.lines.last?["code"] == "invalid_request")
        }
    }

    @Test("movements count in the open count, which a reversal takes back; blind shows nobody what is there")
    func scans() async throws {
        try await Shop().openStocked { client in
            _ = try await client.post("/api/movements", Self.stock)
            _ = try await client.post("/api/counts", #"{"id":"c","location":"MAIN","prefix":"TEE-","blind":true}"#, 201)
            let scan = #"{"id":"s","device":"till-1","lines":[{"sku":"TEE-RED-M","operation":"count","quantity":2}]}"#
            let receipt = try await client.post("/api/movements", scan)
            let line = try #require(receipt["lines"]?[0])
            #expect(line["countId"] == "c" && line["counted"] == 2 && line["stock"] == nil && line["locationStock"] == nil)
            #expect(try await client.get("/api/movements/s?device=till-1")["lines"]?[0]?["stock"] == nil)
            #expect(try await client.get("/api/counts/c")["lines"]?[0]?["expected"] == nil)
            let outside = try await client.post("/api/counts/c/lines", #"{"lines":[{"sku":"MUG","quantity":2}]}"#, 422)
            #expect(outside.code == "out_of_scope" && outside["field"] == "lines[0]")
            let undone = try await client.post("/api/movements/s/reversal?device=till-1", "{}")
            #expect(undone["lines"]?[0]?["counted"] == 0)
            #expect(try await client.get("/api/counts/c")["lines"]?.elements.isEmpty == true)
            _ = try await client.post(
                "/api/movements", #"{"id":"t","lines":[{"sku":"TEE-RED-M","operation":"count","quantity":9}]}"#)
            let closed = try await client.post("/api/counts/c/close", "{}")
            #expect(closed["status"] == "closed" && closed["lines"]?[0]?["expected"] == 10)
            #expect(try await client.post("/api/movements/t/reversal", "{}", 409).code == "not_reversible")
            #expect(try await client.delete("/api/locations/MAIN", 409).code == "count_open")
        }
    }

    @Test("the list begins with the youngest, is filtered by status and location, and goes on where a page ended")
    func list() async throws {
        try await Shop().openStocked { client in
            for (id, location) in [("a", "MAIN"), ("b", "WH1")] {
                _ = try await client.post("/api/counts", #"{"id":"\#(id)","location":"\#(location)"}"#, 201)
            }
            _ = try await client.post("/api/counts/a/lines", #"{"lines":[{"sku":"MUG","quantity":2}]}"#)
            #expect(try await client.get("/metrics").text.contains("\ntallywire_counts 2\n"))
            _ = try await client.post("/api/counts/a/void", "")
            _ = try await client.post("/api/counts", #"{"id":"c","location":"MAIN"}"#, 201)
            func ids(_ query: String) async throws -> [String?] {
                try await client.get("/api/counts\(query)")["items"]?.elements.map { $0["countId"]?.string } ?? []
            }
            #expect(try await ids("") == ["c", "b", "a"])
            #expect(try await ids("?status=open") == ["c", "b"])
            #expect(try await ids("?location=MAIN") == ["c", "a"])
            #expect(try await ids("?status=void&location=WH1") == [])
            let page = try await client.get("/api/counts?limit=2")
            #expect(page["items"]?[0]?["lineCount"] == 0 && page["items"]?[0]?["lines"] == nil)
            #expect(try await ids("?limit=2&cursor=\(page["nextCursor"]?.string ?? "")") == ["a"])
            #expect(try await client.get("/api/counts?status=void")["items"]?[0]?["lineCount"] == 1)
            #expect(try await client.get("/api/counts?status=held", 400)["field"] == "status")
            #expect(try await client.get("/api/counts?location=NONE", 404).code == "unknown_location")
            #expect(try await client.get("/api/counts?limit=0", 400)["field"] == "limit")
        }
    }

    @Test("a device opens, counts and closes in its own name alone; an admin posts")
    func roles() async throws {
        try await Shop(authenticator: TableAuthenticator()).open { client in
            func token(_ name: String) -> HTTPFields { [.authorization: "Bearer \(name)", .contentType: "application/json"] }
            _ = try await client.post(
                "/api/products", #"{"id":2,"name":"Mug","sku":"MUG","variantId":13}"#, 201, headers: token("admin"))
            let opened = try await client.post("/api/counts", #"{"id":"c","location":"MAIN"}"#, 201, headers: token("dock-1"))
            #expect(opened["openedBy"] == "http/dock-1")
            let line = #"{"id":"1","lines":[{"sku":"MUG","quantity":1}]}"#
            for name in ["dock-1", "dock-2", "admin"] {
                _ = try await client.post("/api/counts/c/lines", line, headers: token(name))
            }
            #expect(
                try await client.get("/api/counts/c", headers: token("dock-2"))["lines"]?[0]?["counted"] == 3, "ids are their own")
            let other = #"{"device":"dock-1","lines":[{"sku":"MUG","quantity":1}]}"#
            _ = try await client.post("/api/counts/c/lines", other, 403, headers: token("dock-2"))
            let closed = try await client.post("/api/counts/c/close", "", headers: token("dock-2"))
            #expect(closed["status"] == "closed" && closed["by"] == "http/dock-2")
            for path in ["post", "void"] { _ = try await client.post("/api/counts/c/\(path)", "", 403, headers: token("dock-1")) }
            #expect(try await client.post("/api/counts/c/post", "", headers: token("admin"))["by"] == "admin")
        }
    }

    /// What is wrong with a body, and where.
    static let mistakes: [(path: String, body: String, field: String?)] = {
        func new(_ members: String) -> String { #"{"location":"WH1",\#(members)}"# }
        func line(_ line: String) -> String { #"{"lines":[\#(line)]}"# }
        let long = String(repeating: "x", count: 201)
        let opening: [(String, String?)] = [
            (new(#""id":7"#), "id"), (new(#""id":"""#), "id"), (new(#""id":"ö""#), "id"), (new(#""device":7"#), "device"),
            (new(#""device":"a/b""#), "device"), ("{}", "location"), (#"{"location":7}"#, "location"),
            (#"{"location":""}"#, "location"), (#"{"location":"\#(long)"}"#, "location"), (new(#""skus":"MUG""#), "skus"),
            (new(#""skus":[]"#), "skus"), (new(#""skus":[7]"#), "skus[0]"), (new(#""skus":[""]"#), "skus[0]"),
            (new(#""skus":["MUG","MUG"]"#), "skus"), (new(#""prefix":7"#), "prefix"), (new(#""prefix":"""#), "prefix"),
            (new(#""prefix":"\#(long)""#), "prefix"), (new(#""prefix":"M","skus":["MUG"]"#), "prefix"),
            (new(#""blind":1"#), "blind"),
            (new(#""tolerance":-1"#), "tolerance"), (new(#""tolerance":"1""#), "tolerance"),
            (new(#""tolerance":1.5"#), "tolerance"),
            (new(#""tolerance":1000000001"#), "tolerance"), (new(#""missing":true"#), "missing"),
            (new(#""missing":"drop""#), "missing"), (new(#""skip":1"#), "skip"), ("7", nil),
        ]
        let lines: [(String, String?)] = [
            (#"{"id":7,"lines":[]}"#, "id"), ("{}", "lines"), (#"{"lines":[]}"#, "lines"), (#"{"lines":7}"#, "lines"),
            (#"{"lines":[7]}"#, "lines[0]"), (#"{"lines":[{"sku":"MUG","quantity":1}],"recount":1}"#, "recount"),
            (#"{"lines":[{"sku":"MUG","quantity":1}],"device":7}"#, "device"), (line(#"{"quantity":1}"#), "lines[0]"),
            (#"{"lines":[{"sku":"MUG","quantity":1}],"more":1}"#, "more"), (line(#"{"sku":"MUG"}"#), "lines[0].quantity"),
            (line(#"{"sku":"MUG","quantity":-1}"#), "lines[0].quantity"),
            (line(#"{"sku":"MUG","quantity":"1"}"#), "lines[0].quantity"),
            (line(#"{"sku":"MUG","quantity":1000000001}"#), "lines[0].quantity"),
            (line(#"{"sku":7,"quantity":1}"#), "lines[0].sku"),
            (line(#"{"sku":"","quantity":1}"#), "lines[0].sku"), (line(#"{"barcode":7,"quantity":1}"#), "lines[0].barcode"),
            (line(#"{"variantId":"x","quantity":1}"#), "lines[0].variantId"), (line(#"{"code":7,"quantity":1}"#), "lines[0].code"),
            (line(#"{"sku":"MUG","variantId":13,"quantity":1}"#), "lines[0]"),
            (line(#"{"sku":"MUG","quantity":1,"countedAt":"now"}"#), "lines[0].countedAt"),
            (line(#"{"sku":"MUG","quantity":1,"countedAt":"2099-01-01T00:00:00Z"}"#), "lines[0].countedAt"),
            (line(#"{"sku":"MUG","quantity":1,"location":"MAIN"}"#), "lines[0].location"),
        ]
        let closing: [(String, String?)] = [
            (#"{"id":7}"#, "id"), (#"{"reason":7}"#, "reason"), (#"{"reason":"\#(long)"}"#, "reason"), (#"{"lines":[]}"#, "lines"),
            ("[]", nil),
        ]
        return opening.map { ("/api/counts", $0.0, $0.1) } + lines.map { ("/api/counts/c/lines", $0.0, $0.1) }
            + closing.flatMap { [("/api/counts/c/close", $0.0, $0.1), ("/api/counts/c/post", $0.0, $0.1)] }
            + [
                ("/api/counts/c/close", #"{"device":7}"#, "device"), ("/api/counts/c/post", #"{"device":"a"}"#, "device"),
                ("/api/counts/c/void", #"{"id":7}"#, "id"), ("/api/counts/c/void", #"{"reason":"x"}"#, "reason"),
            ]
    }()

    @Test("each member of each body: the wrong type, out of range, unknown: 400 with the field, and nothing applied")
    func badInput() async throws {
        try await Shop().openStocked { client in
            _ = try await client.post("/api/counts", #"{"id":"c","location":"MAIN"}"#, 201)
            let before = try await client.get("/health/ready")["seq"]
            for (path, body, field) in Self.mistakes {
                let answer = try await client.post(path, body, 400)
                #expect(answer.code == "invalid_request" && answer["field"]?.string == field, "\(path) \(body): \(answer.text)")
            }
            let late = #"{"lines":[{"sku":"MUG","quantity":1,"countedAt":"2020-01-01T00:00:00Z"}]}"#
            #expect(try await client.post("/api/counts/c/lines", late, 422)["field"] == "lines[0].countedAt")
            let none = #"{"lines":[{"sku":"MUG","quantity":1},{"sku":"NONE","quantity":1}]}"#
            #expect(try await client.post("/api/counts/c/lines", none, 404)["field"] == "lines[1].sku")
            #expect(try await client.get("/health/ready")["seq"] == before)
        }
    }
}
