import HTTPTypes
import HummingbirdTesting
import NIOCore
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Reservations over HTTP")
struct ReservationsTests {
    @Test("units are held, prolonged, captured in part and released, and each answer shows the whole reservation")
    func life() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":5}"#)
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":3,"location":"WH1"}"#)
            let held = try await client.post(
                "/api/reservations",
                #"{"id":"basket-7","reference":"order 1042","ttl":"10m","lines":[{"sku":"TEE-RED-M","quantity":6}]}"#, 201)
            #expect(held["reservationId"] == "basket-7" && held["status"] == "held" && held["movementId"] == "basket-7")
            #expect(held.header("Location") == "/api/reservations/basket-7")
            let line = try #require(held["lines"]?[0])
            #expect(line["quantity"] == 6 && line["stock"] == 2 && line["variantId"] == 11 && line["short"] == 0)
            #expect(line["allocations"]?.elements.map { $0["location"]?.string } == ["MAIN", "WH1"])
            #expect(line["allocations"]?.elements.map { $0["quantity"]?.int } == [5, 1])
            let stock = try await client.get("/api/variants/11")
            #expect(stock["stock"] == 2)
            #expect(try await client.get("/metrics").text.contains("\ntallywire_reservations 1\n"))
            #expect(stock["locations"]?.elements.map { $0["reserved"]?.int } == [5, 1])
            #expect(stock["locations"]?.elements.map { $0["onHand"]?.int } == [5, 3])

            let longer = try await client.patch("/api/reservations/basket-7", #"{"ttl":3600}"#)
            #expect(longer["expiresAt"] != held["expiresAt"] && longer["status"] == "held")
            let captured = try await client.post(
                "/api/reservations/basket-7/capture",
                #"{"id":"pick-1","keep":true,"reason":"sale","lines":[{"barcode":"4006381333931","quantity":4,"location":"MAIN"}]}"#
            )
            #expect(captured["status"] == "held" && captured["movementId"] == "pick-1" && captured["lines"]?[0]?["captured"] == 4)
            let event = try await client.get("/api/events?type=inventory_updated&after=\((captured["seq"]?.int ?? 1) - 1)")[
                "items"]?[0]
            #expect(event?["data"]?["operation"] == "capture" && event?["data"]?["reservationId"] == "basket-7")
            #expect(event?["data"]?["locationOnHand"] == 1 && event?["data"]?["locationReserved"] == 1)
            #expect(event?["data"]?["reason"] == "sale" && event?["data"]?["reference"] == "order 1042")
            let released = try await client.post("/api/reservations/basket-7/release", "")
            #expect(released["status"] == "released" && released["lines"]?[0]?["released"] == 2)
            let read = try await client.get("/api/reservations/basket-7")
            #expect(read["status"] == "released" && read["lines"]?[0]?["captured"] == 4)
            let again = try await client.post("/api/reservations/basket-7/capture", "{}", 409)
            #expect(again.code == "reservation_closed" && again["available"] == 4)
            #expect(try await client.get("/api/reservations/nobody", 404).code == "unknown_reservation")
        }
    }

    @Test("a repeat gets the first answer and says so; another meaning is a conflict; a refusal is the answer too")
    func repeats() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":5}"#)
            let body = #"{"id":"b","lines":[{"sku":"TEE-RED-M","quantity":2}]}"#
            let first = try await client.post("/api/reservations", body, 201)
            #expect(first["duplicate"] == nil)
            let second = try await client.post("/api/reservations", body, 200)
            #expect(second["duplicate"] == true && second["seq"] == first["seq"] && second["status"] == "held")
            let other = #"{"id":"b","lines":[{"sku":"TEE-RED-M","quantity":3}]}"#
            #expect(try await client.post("/api/reservations", other, 422).code == "idempotency_conflict")
            for _ in 0..<2 {
                let released = try await client.post("/api/reservations/b/release", #"{"id":"cancel"}"#)
                #expect(released["status"] == "released")
            }
            #expect(try await client.get("/api/variants/11")["stock"] == 5, "given back once")
        }
    }

    @Test("an array and NDJSON get a result each")
    func batches() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":5}"#)
            func hold(_ id: String, _ units: Int) -> String {
                #"{"id":"\#(id)","lines":[{"sku":"TEE-RED-M","quantity":\#(units)}]}"#
            }
            let results = try await client.post("/api/reservations", "[\(hold("a", 3)),\(hold("b", 3)),7,\(hold("c", 2))]")[
                "results"]
            let words = results?.elements.map { $0["code"]?.string ?? $0["status"]?.string }
            #expect(words == ["held", "insufficient_stock", "invalid_request", "held"])
            let lines = try await client.post(
                "/api/reservations", hold("a", 3) + "\n" + hold("d", 1) + "\n{\n", headers: [.contentType: "application/x-ndjson"])
            let answers = lines.lines
            #expect(
                answers.map { $0["code"]?.string ?? $0["status"]?.string } == ["held", "insufficient_stock", "invalid_request"])
            #expect(answers.first?["duplicate"] == true)
        }
    }

    @Test("a line of a movement captures, wherever the units are held, and leaves the rest held")
    func scans() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":2,"location":"WH1"}"#)
            _ = try await client.post("/api/reservations", #"{"id":"r","lines":[{"sku":"TEE-RED-M","quantity":2}]}"#, 201)
            let line = #"{"lines":[{"operation":"capture","reservation":"r","sku":"TEE-RED-M","quantity":1}]}"#
            let receipt = try await client.post("/api/movements", line)
            #expect(receipt["lines"]?[0]?["location"] == "WH1" && receipt["lines"]?[0]?["locationStock"] == 0)
            _ = try await client.post("/api/movements", line)
            #expect(try await client.get("/api/reservations/r")["status"] == "captured")
            #expect(try await client.post("/api/movements", line, 409).code == "reservation_closed")
            let none = try await client.post(
                "/api/movements", #"{"lines":[{"operation":"capture","sku":"TEE-RED-M","quantity":1}]}"#, 400)
            #expect(none["field"] == "lines[0].reservation")
        }
    }

    @Test("the list is filtered by status, reference and end, and goes on where a page ended")
    func list() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":50}"#)
            for number in 1...5 {
                _ = try await client.post(
                    "/api/reservations",
                    #"{"id":"r\#(number)","reference":"\#(number % 2 == 0 ? "even" : "odd")","ttl":\#(number * 100),"lines":[{"sku":"TEE-RED-M","quantity":1}]}"#,
                    201)
            }
            _ = try await client.post("/api/reservations/r3/release", "{}")
            func ids(_ query: String) async throws -> [String?] {
                try await client.get("/api/reservations\(query)")["items"]?.elements.map { $0["reservationId"]?.string } ?? []
            }
            #expect(try await ids("") == ["r1", "r2", "r3", "r4", "r5"])
            #expect(try await ids("?status=held&reference=odd") == ["r1", "r5"])
            #expect(try await ids("?status=released") == ["r3"])
            let end = try await client.get("/api/reservations/r2")["expiresAt"]?.string ?? ""
            #expect(try await ids("?expiringBefore=\(end)") == ["r1"])
            let page = try await client.get("/api/reservations?limit=2")
            #expect(try await ids("?limit=2&cursor=\(page["nextCursor"]?.string ?? "")") == ["r3", "r4"])
            #expect(try await client.get("/api/reservations?status=open", 400)["field"] == "status")
        }
    }

    /// What is wrong with a body, and where.
    static let mistakes: [(path: String, body: String, field: String?)] = {
        let line = #"{"sku":"TEE-RED-M","quantity":1}"#
        func reservation(_ members: String) -> String { #"{"lines":[\#(line)],\#(members)}"# }
        func held(_ line: String) -> String { #"{"lines":[\#(line)]}"# }
        let post: [(String, String?)] = [
            (reservation(#""id":7"#), "id"), (reservation(#""id":"""#), "id"), (reservation(#""reference":1"#), "reference"),
            (reservation(#""ttl":true"#), "ttl"), (reservation(#""ttl":"15""#), "ttl"), (reservation(#""ttl":"15 min""#), "ttl"),
            (reservation(#""ttl":0"#), "ttl"), (reservation(#""ttl":2592001"#), "ttl"), (reservation(#""ttl":-1"#), "ttl"),
            (reservation(#""expiresAt":"tomorrow""#), "expiresAt"),
            (reservation(#""expiresAt":"2020-01-01T00:00:00Z""#), "expiresAt"),
            (reservation(#""ttl":"5m","expiresAt":"2030-01-01T00:00:00Z""#), "expiresAt"),
            (reservation(#""partial":1"#), "partial"),
            (reservation(#""unknown":1"#), "unknown"), ("{}", "lines"), (#"{"lines":[]}"#, "lines"), (#"{"lines":{}}"#, "lines"),
            (#"{"lines":[1]}"#, "lines[0]"), (held(#"{"quantity":1}"#), "lines[0]"),
            (held(#"{"sku":"TEE-RED-M"}"#), "lines[0].quantity"),
            (held(#"{"sku":"TEE-RED-M","quantity":0}"#), "lines[0].quantity"),
            (held(#"{"sku":"TEE-RED-M","quantity":"1"}"#), "lines[0].quantity"),
            (held(#"{"sku":"TEE-RED-M","quantity":1000000001}"#), "lines[0].quantity"),
            (held(#"{"sku":7,"quantity":1}"#), "lines[0].sku"),
            (held(#"{"sku":"TEE-RED-M","variantId":11,"quantity":1}"#), "lines[0]"),
            (held(#"{"sku":"TEE-RED-M","quantity":1,"location":7}"#), "lines[0].location"),
            (held(#"{"sku":"TEE-RED-M","quantity":1,"locations":"all"}"#), "lines[0].locations"),
            (held(#"{"sku":"TEE-RED-M","quantity":1,"locations":[]}"#), "lines[0].locations"),
            (held(#"{"sku":"TEE-RED-M","quantity":1,"locations":[7]}"#), "lines[0].locations[0]"),
            (held(#"{"sku":"TEE-RED-M","quantity":1,"location":"MAIN","locations":["WH1"]}"#), "lines[0].locations"),
            (held(#"{"sku":"TEE-RED-M","quantity":1,"where":"MAIN"}"#), "lines[0].where"),
        ]
        let uses: [(String, String?)] = [
            (#"{"id":7}"#, "id"), (#"{"lines":[]}"#, "lines"), (#"{"lines":7}"#, "lines"), (#"{"line":[]}"#, "line"),
            (held(#"{"sku":"TEE-RED-M","quantity":0}"#), "lines[0].quantity"),
            (held(#"{"sku":"TEE-RED-M","quantity":1,"location":""}"#), "lines[0].location"),
            (held(#"{"sku":"TEE-RED-M","quantity":1,"locations":["MAIN"]}"#), "lines[0].locations"),
        ]
        let captures: [(String, String?)] = [(#"{"keep":"yes"}"#, "keep"), (#"{"reason":7}"#, "reason")]
        return post.map { ("/api/reservations", $0.0, $0.1) } + uses.map { ("/api/reservations/r/release", $0.0, $0.1) }
            + [("/api/reservations/r/release", #"{"keep":true}"#, "keep")]
            + (uses + captures).map { ("/api/reservations/r/capture", $0.0, $0.1) }
    }()

    @Test("each member of each body: the wrong type, out of range, unknown: 400 with the field, and nothing applied")
    func badInput() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":5}"#)
            _ = try await client.post("/api/reservations", #"{"id":"r","lines":[{"sku":"TEE-RED-M","quantity":2}]}"#, 201)
            let before = try await client.get("/health/ready")["seq"]
            for (path, body, field) in Self.mistakes {
                let answer = try await client.post(path, body, 400)
                #expect(answer.code == "invalid_request" && answer["field"]?.string == field, "\(path) \(body): \(answer.text)")
            }
            for (body, field) in [("{}", nil), (#"{"ttl":null}"#, "ttl"), (#"{"ttl":"1ms"}"#, "ttl"), (#"{"end":1}"#, "end")] {
                let answer = try await client.patch("/api/reservations/r", body, 400)
                #expect(answer["field"]?.string == field, "\(body): \(answer.text)")
            }
            #expect(try await client.get("/health/ready")["seq"] == before)
        }
    }
}
