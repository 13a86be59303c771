import HTTPTypes
import HummingbirdTesting
import TallywireCore
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Reversals over HTTP")
struct ReversalTests {
    private static let add =
        #"{"id":"m/1","lines":[{"sku":"TEE-RED-M","operation":"add","quantity":5},{"sku":"MUG","operation":"add","quantity":2}]}"#

    @Test("a movement is taken back as a whole, and both movements name each other")
    func reverse() async throws {
        try await Shop().openStocked { client in
            _ = try await client.post("/api/movements", Self.add)
            let receipt = try await client.post("/api/movements/m%2F1/reversal", #"{"id":"r-1","reason":"correction"}"#)
            #expect(receipt["movementId"] == "r-1" && receipt["lines"]?.elements.map { $0["sku"]?.string } == ["MUG", "TEE-RED-M"])
            #expect(try await client.get("/api/variants/11")["stock"] == 0)
            let event = try await client.get("/api/events?type=inventory_updated&order=desc&limit=1")["items"]?[0]?["data"]
            #expect(event?["reverses"] == "m/1" && event?["operation"] == "subtract" && event?["reason"] == "correction")
            #expect(event?["source"] == "http")
            #expect(try await client.get("/api/movements/m%2F1")["reversedBy"] == "r-1")
            let reversal = try await client.get("/api/movements/r-1")
            #expect(reversal["reverses"] == "m/1" && reversal["reversedBy"] == nil && reversal["reason"] == "correction")
            #expect(
                try await client.post("/api/movements/m%2F1/reversal", #"{"id":"r-1","reason":"correction"}"#)["status"]
                    == "duplicate")
            #expect(try await client.post("/api/movements/m%2F1/reversal", "", 409).code == "already_reversed")
            _ = try await client.post("/api/movements/r-1/reversal", "{}")
            #expect(try await client.get("/api/variants/11")["stock"] == 5)
        }
    }

    @Test("what cannot be taken back has a code and says what there is")
    func refusals() async throws {
        try await Shop().openStocked { client in
            _ = try await client.post("/api/movements", Self.add)
            _ = try await client.post("/api/movements", #"{"lines":[{"sku":"TEE-RED-M","operation":"subtract","quantity":3}]}"#)
            let short = try await client.post("/api/movements/m%2F1/reversal", #"{"id":"r"}"#, 409)
            #expect(short.code == "insufficient_stock" && short["available"] == 2)
            #expect(try await client.get("/api/variants/13")["stock"] == 2, "nothing was applied")
            _ = try await client.post("/api/reservations", #"{"id":"b","lines":[{"sku":"MUG","quantity":1}]}"#, 201)
            #expect(try await client.post("/api/movements/b/reversal", "{}", 409).code == "not_reversible")
            for path in ["nobody", "%C3%B6", String(repeating: "x", count: 200)] {
                #expect(try await client.post("/api/movements/\(path)/reversal", "{}", 404).code == "unknown_movement")
            }
        }
    }

    @Test("each member of the body and the query: the wrong type, out of range, unknown: 400 with the field, and nothing applied")
    func badInput() async throws {
        try await Shop().openStocked { client in
            _ = try await client.post("/api/movements", Self.add)
            let before = try await client.get("/health/ready")["seq"]
            for (body, field) in [
                (#"{"id":7}"#, "id"), (#"{"id":""}"#, "id"), (#"{"id":"ö"}"#, "id"), (#"{"reason":7}"#, "reason"),
                (#"{"reason":"\#(String(repeating: "x", count: 201))"}"#, "reason"), (#"{"lines":[]}"#, "lines"), ("[]", nil),
                ("7", nil),
            ] {
                let refused = try await client.post("/api/movements/m%2F1/reversal", body, 400)
                #expect(refused.code == "invalid_request" && refused["field"]?.string == field, "\(body): \(refused.text)")
            }
            for (query, field) in [("device=a%2Fb", "device"), ("who=me", "who")] {
                #expect(try await client.post("/api/movements/m%2F1/reversal?\(query)", "{}", 400)["field"]?.string == field)
            }
            #expect(try await client.get("/health/ready")["seq"] == before)
        }
    }

    @Test("a device takes back its own movements alone, and an admin everybody's")
    func roles() async throws {
        try await Shop(authenticator: TableAuthenticator()).open { client in
            func token(_ name: String) -> HTTPFields { [.authorization: "Bearer \(name)", .contentType: "application/json"] }
            _ = try await client.post(
                "/api/products", #"{"id":2,"name":"Mug","sku":"MUG","variantId":13}"#, 201, headers: token("admin"))
            let body = #"{"id":"1","lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#
            for name in ["admin", "dock-1", "dock-2"] { _ = try await client.post("/api/movements", body, headers: token(name)) }
            for name in ["shop", "dock-2"] {
                _ = try await client.post("/api/movements/1/reversal?device=dock-1", "{}", 403, headers: token(name))
            }
            _ = try await client.post("/api/movements/1/reversal", "{}", 401)
            _ = try await client.post("/api/movements/1/reversal", #"{"id":"r"}"#, headers: token("dock-1"))
            #expect(try await client.get("/api/movements/1", headers: token("dock-1"))["reversedBy"] == "r")
            #expect(try await client.get("/api/movements/r", headers: token("dock-1"))["source"] == "http/dock-1")
            #expect(try await client.get("/api/movements/1", headers: token("dock-2"))["reversedBy"] == nil)
            _ = try await client.post("/api/movements/1/reversal?device=dock-2", "{}", headers: token("admin"))
            _ = try await client.post("/api/movements/1/reversal", "{}", headers: token("admin"))
            #expect(try await client.get("/api/variants/13")["stock"] == 0)
        }
    }
}
