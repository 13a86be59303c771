import HTTPTypes
import HummingbirdTesting
import NIOCore
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Movements")
struct MovementsTests {
    @Test("the lines of a movement act in order and see each other")
    func lines() async throws {
        try await Shop().openStocked { client in
            let receipt = try await client.post(
                "/api/movements",
                """
                {"id":"m-1","reason":"received","reference":"PO 7","occurredAt":"2026-11-22T10:00:00+01:00","lines":[
                  {"sku":"TEE-RED-M","operation":"add","quantity":10},
                  {"variantId":11,"operation":"transfer","quantity":4,"location":"MAIN","to":"WH1","expected":10},
                  {"barcode":"14006381333938","operation":"add","quantity":2,"location":"WH1"}]}
                """)
            #expect(receipt["movementId"] == "m-1")
            let lines = receipt["lines"]?.elements ?? []
            #expect(lines.map { $0["location"]?.string } == ["MAIN", "MAIN", "WH1", "WH1"])
            #expect(lines.map { $0["locationStock"]?.int } == [10, 6, 4, 28])
            #expect(lines.last?["quantity"] == 24)
            let event = try await client.get("/api/events?type=inventory_updated&limit=1")["items"]?[0]
            #expect(event?["data"]?["reference"] == "PO 7")
            #expect(event?["data"]?["occurredAt"] == "2026-11-22T09:00:00.000Z")
            #expect(event?["data"]?["source"] == "http")
        }
    }

    @Test("a code is read as scanners' are: item, how many, batch, serial and expiry; what the line says goes first")
    func codes() async throws {
        try await Shop().openStocked { client in
            func move(_ code: String, _ more: String = "", _ status: Int = 200) async throws -> APIResponse {
                try await client.post(
                    "/api/movements", #"{"lines":[{"code":"\#(code)","operation":"add","quantity":2\#(more)}]}"#, status)
            }
            let plain = try await move("4006381333931")
            #expect(plain["lines"]?[0]?["sku"] == "TEE-RED-M")
            _ = try await move(#"]C10104006381333931172702283012\u001d10L-7\u001d21S-1"#, #","batch":"L-8""#)
            let event = try await client.get("/api/events?type=inventory_updated&after=\(plain["seq"]?.int ?? 0)")["items"]?[0]
            #expect(event?["data"]?["quantity"] == 24, "two scans of a code that counts twelve")
            #expect(event?["data"]?["batch"] == "L-8")
            #expect(event?["data"]?["serial"] == "S-1")
            #expect(event?["data"]?["expiry"] == "2027-02-28")
            let broken = try await move("]C10104006381333932", "", 400)
            #expect(broken.code == "invalid_request")
            #expect(broken.detail.contains("no proper GS1 code"))
            let both = try await move("4006381333931", #","sku":"TEE-RED-M""#, 400)
            #expect(both.detail.contains("exactly one of sku, variantId, barcode and code"))
        }
    }

    @Test("a movement with one impossible line applies none of them")
    func allOrNothing() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":5}"#)
            let refused = try await client.post(
                "/api/movements",
                """
                {"lines":[{"sku":"TEE-RED-M","operation":"subtract","quantity":3},{"sku":"TEE-RED-M","operation":"subtract","quantity":3}]}
                """, 409)
            #expect(refused.code == "insufficient_stock")
            #expect(refused["available"] == 2)
            #expect(refused.field?.hasPrefix("lines[1]") == true)
            #expect(try await client.get("/api/variants/11")["stock"] == 5)
        }
    }

    @Test("the answer to a movement can be read back, whether it was applied or refused")
    func readsBack() async throws {
        try await Shop().openStocked { client in
            let body = #"""
                {"id":"order 7/1","reason":"received","reference":"D-7","lines":[{"sku":"MUG","operation":"add","quantity":1}]}
                """#
            let first = try await client.post("/api/movements", body)
            let applied = try await client.get("/api/movements/order%207%2F1")
            for member in first.json?.object ?? [] { #expect(applied[member.name] == member.value, "\(member.name)") }
            #expect(applied["reason"] == "received" && applied["reference"] == "D-7" && applied["source"] == "http")
            #expect(applied["timestamp"]?.string.flatMap { Timestamp($0) } != nil && applied["occurredAt"] == nil)
            let lines = #"{"barcode":"0000","operation":"add","quantity":2},{"sku":"MUG","operation":"subtract","quantity":9}"#
            try await client.post(
                "/api/movements", #"{"id":"unknown","reference":"D-8","occurredAt":"2026-11-22T16:40:00Z","lines":[\#(lines)]}"#,
                404)
            let unknown = try await client.get("/api/movements/unknown")
            #expect(unknown["reference"] == "D-8" && unknown["reason"] == nil && unknown["source"] == "http")
            #expect(unknown["occurredAt"] == "2026-11-22T16:40:00.000Z")
            #expect(
                unknown["lines"] == [
                    ["barcode": "0000", "location": "MAIN", "operation": "add", "quantity": 2],
                    ["sku": "MUG", "location": "MAIN", "operation": "subtract", "quantity": 9],
                ])
            try await client.post(
                "/api/movements", #"{"id":"no","lines":[{"sku":"MUG","operation":"subtract","quantity":9}]}"#, 409)
            let refused = try await client.get("/api/movements/no")
            #expect(refused["status"] == "rejected")
            #expect(refused["problem"]?["code"] == "insufficient_stock")
            #expect(refused["problem"]?["status"] == 409)
            #expect(refused["problem"]?["available"] == 1)
            #expect(try await client.get("/api/movements/never", 404).code == "unknown_movement")
            #expect(try await client.get("/api/movements/\(String(repeating: "x", count: 129))", 404).code == "unknown_movement")
        }
    }

    @Test("a movement whose event is no longer kept has its receipt, and not what it asked")
    func readsBackWithoutEvent() async throws {
        let shop = try Shop()
        try await shop.openStocked { client in
            let body = #"{"id":"old","reason":"received","lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#
            let receipt = try await client.post("/api/movements", body)
            // The engine's clock goes on with the time that passes, so the movement is as old as a busy machine takes for it.
            let report = try await shop.journal.prune(
                Retention(age: .seconds(1), size: 0), protected: .max, now: Timestamp(milliseconds: 1_795_369_200_000))
            #expect(report.deleted > 0)
            let old = try await client.get("/api/movements/old")
            #expect(old["status"] == "applied" && old["lines"] == receipt["lines"] && old["timestamp"] != nil)
            #expect(old["reason"] == nil && old["source"] == nil)
        }
    }

    @Test("a refusal for a reason of stock is the key's answer too")
    func refusalIsRemembered() async throws {
        try await Shop().openStocked { client in
            let body = #"{"id":"early","lines":[{"sku":"MUG","operation":"subtract","quantity":1}]}"#
            try await client.post("/api/movements", body, 409)
            try await client.patch("/api/variants/13/inventory", #"{"operation":"add","quantity":5}"#)
            #expect(try await client.post("/api/movements", body, 409).code == "insufficient_stock")
            #expect(try await client.get("/api/variants/13")["stock"] == 5)
        }
    }

    @Test("a malformed request is not the key's answer")
    func mistakeIsForgotten() async throws {
        try await Shop().openStocked { client in
            try await client.post("/api/movements", #"{"id":"k","lines":[{"sku":"MUG","operation":"add","quantity":0}]}"#, 400)
            let receipt = try await client.post(
                "/api/movements", #"{"id":"k","lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#)
            #expect(receipt["status"] == "applied")
        }
    }

    @Test(
        "a wrong body is told where it is wrong",
        arguments: [
            (#"{"lines":[{"sku":"MUG","operation":"add"}]}"#, "lines[0].quantity", "missing"),
            (#"{"lines":[{"sku":"MUG","operation":"add","quantity":"1"}]}"#, "lines[0].quantity", "whole number"),
            (#"{"lines":[{"sku":"MUG","operation":"add","quantity":1.5}]}"#, "lines[0].quantity", "whole number"),
            (#"{"lines":[{"sku":"MUG","operation":"add","quantity":99999999999999999999}]}"#, "lines[0].quantity", "whole number"),
            (#"{"lines":[{"sku":"MUG","operation":"add","quantity":null}]}"#, "lines[0].quantity", "missing"),
            (#"{"lines":[{"sku":"MUG","operation":"substract","quantity":1}]}"#, "lines[0].operation", "did you mean “subtract”?"),
            (
                #"{"lines":[{"sku":"MUG","operation":"add","quantity":1},{"sku":"MUG","operation":"add","qty":1}]}"#,
                "lines[1].qty", "known"
            ),
            (#"{"lines":[{"sku":"MUG","operation":"add","quantitty":1}]}"#, "lines[0].quantitty", "did you mean “quantity”?"),
            (#"{"lines":[{"operation":"add","quantity":1}]}"#, "lines[0]", "exactly one of sku, variantId, barcode and code"),
            (#"{"lines":[{"sku":"MUG","variantId":13,"operation":"add","quantity":1}]}"#, "lines[0]", "exactly one"),
            (#"{"lines":[{"sku":5,"operation":"add","quantity":1}]}"#, "lines[0].sku", "text"),
            (#"{"lines":[5]}"#, "lines[0]", "object"),
            (#"{"lines":{}}"#, "lines", "list"),
            (#"{"lines":[]}"#, "lines", "at least one line"),
            (#"{"reason":"sale"}"#, "lines", "missing"),
            (#"{"line":[]}"#, "line", "did you mean “lines”?"),
            (#"{"occurredAt":"yesterday","lines":[]}"#, "occurredAt", "RFC 3339"),
            (#"{"id":7,"lines":[]}"#, "id", "text"),
            (#"{"id":"","lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#, "id", "1 to 128"),
            (#"{"lines":[{"sku":"MUG","operation":"transfer","quantity":1}]}"#, "lines[0].to", "needs"),
            (#"{"lines":[{"sku":"MUG","operation":"add","quantity":1,"to":"WH1"}]}"#, "lines[0].to", "only a transfer"),
            (#"{"lines":[{"sku":"MUG","operation":"move","quantity":1,"to":"damaged"}]}"#, "lines[0].from", "missing"),
            (#"{"lines":[{"sku":"MUG","operation":"move","quantity":1,"from":"available"}]}"#, "lines[0].to", "missing"),
            (
                #"{"lines":[{"sku":"MUG","operation":"move","quantity":1,"from":"available","to":"WH1"}]}"#, "lines[0].to",
                "one of available, damaged, inspection, safety, incoming"
            ),
            (#"{"lines":[{"sku":"MUG","operation":"move","quantity":1,"from":7,"to":"damaged"}]}"#, "lines[0].from", "one of"),
            (
                #"{"lines":[{"sku":"MUG","operation":"move","quantity":1,"from":"available","to":"damaged","toState":"safety"}]}"#,
                "lines[0].toState", "a move has “from” and “to”"
            ),
            (#"{"lines":[{"sku":"MUG","operation":"add","quantity":1,"from":"damaged"}]}"#, "lines[0].from", "only a move"),
            (
                #"{"lines":[{"sku":"MUG","operation":"add","quantity":1,"toState":"damagd"}]}"#, "lines[0].toState",
                "did you mean “damaged”?"
            ),
            (#"{"lines":[{"sku":"MUG","operation":"add","quantity":1,"toState":true}]}"#, "lines[0].toState", "one of"),
            (#"{"lines":[{"sku":"MUG","operation":"subtract","quantity":1,"toState":"damaged"}]}"#, "lines[0].toState", "no state"),
            (#"{"lines":[{"sku":"MUG","operation":"subtract","quantity":1,"fromState":7}]}"#, "lines[0].fromState", "one of"),
            (
                #"{"lines":[{"sku":"MUG","operation":"subtract","quantity":1,"negative":true}]}"#, "lines[0].negative",
                "allow, refuse"
            ),
            (
                #"{"lines":[{"sku":"MUG","operation":"add","quantity":1,"negative":"allow"}]}"#, "lines[0].negative",
                "only a subtract"
            ),
            (#"{"lines":[{"sku":"MUG","operation":"count","quantity":1,"expected":1}]}"#, "lines[0].expected", "a count has no"),
            (#"{"lines":[{"sku":"MUG","operation":"count","quantity":-1}]}"#, "lines[0].quantity", "from 0 to"),
            (#"{"lines":[{"sku":"MUG","operation":"count","quantity":1,"to":"WH1"}]}"#, "lines[0].to", "only a transfer"),
        ])
    func wrongBodies(body: String, field: String, detail: String) async throws {
        try await Shop().openStocked { client in
            let refused = try await client.post("/api/movements", body, 400)
            #expect(refused.code == "invalid_request")
            #expect(refused.field == field)
            #expect(refused.detail.contains(detail), "\(refused.detail)")
        }
    }

    @Test(
        "a body that is not JSON is told where it stops being JSON",
        arguments: [
            (#"{"lines":[}"#, "line 1, column 11"), ("{\n  \"lines\": [\n    {\"sku\": }\n", "line 3, column 13"),
            ("", "a JSON body is expected"), ("nul", "line 1, column 1"), (#"{"lines" []}"#, "line 1, column 10"),
            ("\"Käse", "line 1, column 6"), ("5", "a JSON object is expected"), ("[1,2", "line 1, column 5"),
            (String(repeating: "[", count: 5000), "levels"),
        ])
    func brokenJSON(body: String, detail: String) async throws {
        try await Shop().open { client in
            let refused = try await client.post("/api/movements", body, 400)
            #expect(refused.code == "invalid_request")
            #expect(refused.detail.contains(detail), "\(refused.detail)")
        }
    }

    @Test("a movement has up to a thousand lines")
    func lineLimit() async throws {
        try await Shop().openStocked { client in
            let line = #"{"sku":"MUG","operation":"add","quantity":1}"#
            func body(_ count: Int) -> String { #"{"lines":[\#(Array(repeating: line, count: count).joined(separator: ","))]}"# }
            #expect(try await client.post("/api/movements", body(1000))["lines"]?.elements.count == 1000)
            let refused = try await client.post("/api/movements", body(1001), 400)
            #expect(refused.field == "lines")
            #expect(try await client.get("/api/variants/13")["stock"] == 1000)
        }
    }

    @Test("a reason has up to 200 characters, and so has a reference")
    func textLimits() async throws {
        try await Shop().openStocked { client in
            for name in ["reason", "reference"] {
                func body(_ length: Int) -> String {
                    #"{"\#(name)":"\#(String(repeating: "é", count: length))","lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#
                }
                try await client.post("/api/movements", body(200))
                #expect(try await client.post("/api/movements", body(201), 400).field == name)
            }
        }
    }

    @Test("fifty clients that subtract from a hundred units at once get exactly a hundred of them", .timeLimit(.minutes(1)))
    func noOverselling() async throws {
        try await Shop().openStocked(.ahc()) { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"set","quantity":100}"#)
            let sold = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        var sold = 0
                        for _ in 0..<4 {
                            let response = try await client.client.execute(
                                uri: "/api/variants/11/inventory", method: .patch, headers: [.contentType: "application/json"],
                                body: .init(string: #"{"operation":"subtract","quantity":1,"reason":"sale"}"#))
                            if response.status == .ok { sold += 1 } else { #expect(response.status == .conflict) }
                        }
                        return sold
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sold == 100)
            let variant = try await client.get("/api/variants/11")
            #expect(variant["stock"] == 0)
            #expect(variant["level"] == "out")
            #expect(variant["version"] == 101)
        }
    }
}
