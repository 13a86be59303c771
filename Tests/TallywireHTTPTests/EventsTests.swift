import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Events")
struct EventsTests {
    private func fill(_ client: Client, _ count: Int) async throws {
        for _ in 0..<count { try await client.patch("/api/variants/13/inventory", #"{"operation":"add","quantity":20}"#) }
    }

    @Test("events come in order without gap, byte for byte as they were committed")
    func order() async throws {
        let shop = try Shop()
        try await shop.openStocked { client in
            try await fill(client, 5)
            let response = try await client.get("/api/events")
            let seqs = response["items"]?.elements.compactMap { $0["seq"]?.int } ?? []
            #expect(seqs == Array(1...shop.journal.allEvents.count))
            #expect(response["nextCursor"] == .null)
            #expect(response["last"]?.int == seqs.last)
            for event in shop.journal.allEvents { #expect(response.text.contains(String(decoding: event.json, as: UTF8.self))) }
        }
    }

    @Test("after and cursor go on where the page before ended")
    func pages() async throws {
        try await Shop().openStocked { client in
            try await fill(client, 5)
            let all = try await client.get("/api/events")["items"]?.elements ?? []
            let page = try await client.get("/api/events?after=2&limit=3")
            #expect(page["items"]?.elements == Array(all[2..<5]))
            let cursor = try #require(page["nextCursor"]?.string)
            #expect(try await client.get("/api/events?limit=2&cursor=\(cursor)")["items"]?.elements == Array(all[5..<7]))
            #expect(try await client.get("/api/events?after=5&limit=2")["items"]?.elements == Array(all[5..<7]))
            let end = try await client.get("/api/events?after=\(all.count)")
            #expect(end["items"]?.elements.isEmpty == true)
            #expect(end["nextCursor"] == .null)
        }
    }

    @Test("a type leaves the others out, and last says how far the response looked")
    func types() async throws {
        try await Shop().openStocked { client in
            try await fill(client, 3)
            try await client.patch("/api/products/2/status", #"{"status":"inactive"}"#)
            let all = try await client.get("/api/events")["items"]?.elements.count ?? 0
            let response = try await client.get("/api/events?type=product_status_changed")
            #expect(response["items"]?.elements.count == 1)
            #expect(response["last"]?.int == all)
            let alerts = try await client.get("/api/events?type=stock_alert")
            #expect(alerts["items"]?.elements.isEmpty == true)
            #expect(alerts["last"]?.int == all)
            #expect(alerts["nextCursor"] == .null)
            let wrong = try await client.get("/api/events?type=inventory_update", 400)
            #expect(wrong.field == "type")
            #expect(wrong.detail.contains("did you mean “inventory_updated”?"))
        }
    }

    @Test("a search for a rare type stops after so many events and can be continued")
    func scanLimit() async throws {
        try await Shop(limits: HTTPLimits(eventScan: 4)).openStocked { client in
            try await fill(client, 10)
            try await client.patch("/api/products/2/status", #"{"status":"inactive"}"#)
            var path = "/api/events?type=product_status_changed"
            var pages = 0
            var found = 0
            while pages < 100 {
                let page = try await client.get(path)
                pages += 1
                found += page["items"]?.elements.count ?? 0
                guard let cursor = page["nextCursor"]?.string else { break }
                path = "/api/events?type=product_status_changed&cursor=\(cursor)"
            }
            #expect(found == 1)
            #expect((4..<100).contains(pages))
        }
    }

    @Test("a page ends when it has enough bytes, but has one event at least")
    func byteLimit() async throws {
        try await Shop(limits: HTTPLimits(eventBytes: 10)).openStocked { client in
            try await fill(client, 2)
            let page = try await client.get("/api/events")
            #expect(page["items"]?.elements.count == 1)
            #expect(page["last"] == 1)
        }
    }

    @Test("events that retention took are gone, and the response says which is the first kept")
    func pruned() async throws {
        let shop = try Shop()
        try await shop.openStocked { client in
            let last = UInt64(shop.journal.allEvents.count)
            let report = try await shop.journal.prune(
                Retention(age: .seconds(1), size: 0), protected: last - 2, now: Timestamp(milliseconds: 1_795_365_700_000))
            #expect(report.deleted > 0)
            let gone = try await client.get("/api/events", 410)
            #expect(gone.code == "pruned")
            #expect(gone.detail.contains("\(report.firstKept)"))
            #expect(try await client.get("/api/events?after=\(report.firstKept - 1)")["items"]?.elements.isEmpty == false)
        }
    }

    @Test(
        "a position that is no position, or of another journal, is refused", arguments: ["-1", "x", "99999999999999999999", "1000"])
    func positions(after: String) async throws {
        try await Shop().open { client async throws in
            #expect(try await client.get("/api/events?after=\(after)", 400).field == "after")
        }
    }
}
