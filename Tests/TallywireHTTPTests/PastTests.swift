import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Stock at a time")
struct PastTests {
    private let stockPaths = [
        "/api/stock", "/api/stock?sku=TEE-RED-M", "/api/stock?location=WH1", "/api/variants/11", "/api/variants/12",
        "/api/variants/13",
    ]

    private func with(_ path: String, _ parameter: String) -> String { path + (path.contains("?") ? "&" : "?") + parameter }

    /// Changes of every kind, each of which another answer could come from.
    private let changes: [(path: String, body: String)] = [
        ("/api/movements", #"{"lines":[{"variantId":11,"operation":"add","quantity":30,"location":"WH1"}]}"#),
        ("/api/reservations", #"{"id":"r","lines":[{"variantId":11,"quantity":4,"location":"WH1"}]}"#),
        (
            "/api/movements",
            #"{"lines":[{"variantId":11,"operation":"move","from":"available","to":"damaged","quantity":2,"location":"WH1"}]}"#
        ),
        (
            "/api/movements",
            #"{"lines":[{"variantId":11,"operation":"transfer","to":"MAIN","toState":"incoming","quantity":5,"location":"WH1"}]}"#
        ),
        ("/api/reservations/r/capture", #"{}"#),
        ("/api/movements", #"{"lines":[{"variantId":11,"operation":"count","quantity":20,"location":"WH1"}]}"#),
    ]

    @Test("the same request gets the answer of then, in the same bytes, after every change and with the position of then")
    func again() async throws {
        try await Shop().openStocked { client in
            var answers: [(path: String, seq: String, bytes: [UInt8])] = []
            func remember() async throws {
                for path in stockPaths {
                    let answer = try await client.get(path)
                    answers.append((path, try #require(answer.header("Tallywire-Seq")), answer.bytes))
                }
            }
            for (path, body) in changes {
                try await remember()
                try await client.post(path, body, path == "/api/reservations" ? 201 : 200)
            }
            for body in [#"{"price":7,"thresholds":{"WH1":{"low":30}}}"#, #"{"sku":"TEE-9","name":"Nine","barcodes":[]}"#] {
                try await remember()
                try await client.patch("/api/variants/11", body)
            }
            try await client.delete("/api/variants/12")
            try await client.patch("/api/locations/WH1", #"{"sells":false}"#)
            for (path, seq, bytes) in answers {
                let then = try await client.get(with(path, "seq=\(seq)"))
                #expect(then.header("Tallywire-Seq") == seq)
                #expect(then.bytes == bytes, "\(path) after \(seq): \(then.text)")
            }
            #expect(try await client.get("/api/stock?sku=TEE-RED-M", 404).field == "sku")
            #expect(try await client.get("/api/variants/12", 404).code == "unknown_variant")
        }
    }

    @Test("the pages of a moment are one list, whatever happens between them")
    func pages() async throws {
        try await Shop().openStocked { client in
            for id in 11...13 { try await client.patch("/api/variants/\(id)/inventory", #"{"operation":"add","quantity":5}"#) }
            let seq = try #require(try await client.get("/api/stock").header("Tallywire-Seq"))
            var items: [Int?] = []
            var path = "/api/stock?limit=1&seq=\(seq)"
            while items.count < 9 {
                let page = try await client.get(path)
                items += page["items"]?.elements.map { $0["onHand"]?.int } ?? []
                guard let cursor = page["nextCursor"]?.string else { break }
                try await client.patch("/api/variants/13/inventory", #"{"operation":"add","quantity":1}"#)
                #expect(try await client.get("/api/stock?cursor=\(cursor)", 400).field == "cursor")
                #expect(try await client.get("/api/stock?seq=1&cursor=\(cursor)", 400).field == "cursor")
                path = "/api/stock?limit=1&seq=\(seq)&cursor=\(cursor)"
            }
            #expect(items == [5, 5, 5])
        }
    }

    @Test("what is not known is refused with the parameter that names it")
    func refusals() async throws {
        try await Shop().openStocked { client in
            for path in ["/api/stock", "/api/variants/11"] {
                let numbers = ["x", "-1", "", "1.5", "99", "99999999999999999999", "1&at=2026-11-22T00:00:00Z"]
                for query in numbers.map({ "seq=\($0)" }) {
                    #expect(try await client.get("\(path)?\(query)", 400).field == "seq", "\(query)")
                }
                for query in ["at=", "at=yesterday", "at=2026-11-22", "at=1", "at=9999-01-01T00:00:00Z"] {
                    #expect(try await client.get("\(path)?\(query)", 400).field == "at", "\(query)")
                }
                for (query, field) in [("seq=0", "seq"), ("at=2026-11-22T16:39:59.999Z", "at")] {
                    let gone = try await client.get("\(path)?\(query)", 410)
                    #expect(gone.code == "pruned" && gone.field == field)
                    #expect(gone["oldest"]?["seq"] == 1 && gone["oldest"]?["timestamp"] == "2026-11-22T16:40:00.000Z")
                }
            }
            #expect(try await client.get("/api/variants/11?seq=1", 404).code == "unknown_variant")
            #expect(try await client.get("/api/stock?sku=MUG&seq=1", 404).field == "sku")
            #expect(try await client.get("/api/stock?location=WH1&seq=1", 404).field == "location")
            let none = try await client.get("/api/stock?sku=MUG&location=WH1&at=2026-11-22T16:40:00Z")
            #expect(none["items"]?.elements.isEmpty == true)
            #expect(try await client.get("/api/stock?seqq=1", 400).field == "seqq")
        }
    }

    @Test("a time means the last event up to it")
    func times() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":5}"#)
            let last = try await client.get("/api/stock").header("Tallywire-Seq")
            // All events bear the same millisecond.
            for time in ["2026-11-22T16:40:00Z", "2026-11-22T17:40:00%2B01:00", "2026-11-22T16:40:00.001Z"] {
                let answer = try await client.get("/api/variants/11?at=\(time)")
                #expect(answer["stock"] == 5 && answer.header("Tallywire-Seq") == last)
            }
        }
    }

    @Test("after retention the oldest moment is said, and answered")
    func retention() async throws {
        let shop = try Shop()
        try await shop.openStocked { client in
            for _ in 0..<3 { try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":1}"#) }
            let last = try await shop.journal.range().last
            _ = try await shop.journal.prune(
                Retention(age: .seconds(0), size: 0, hardLimit: 1 << 30), protected: last - 2, now: Timestamp(milliseconds: 1))
            let gone = try await client.get("/api/variants/11?seq=\(last - 3)", 410)
            #expect(gone.code == "pruned" && gone["oldest"]?["seq"]?.int == Int(last) - 2)
            #expect(try await client.get("/api/variants/11?seq=\(last - 2)")["stock"] == 1)
            #expect(try await client.get("/api/variants/11?seq=\(last - 1)")["stock"] == 2)
        }
    }
}
