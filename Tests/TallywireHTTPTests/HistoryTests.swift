import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Events from the newest backwards, and all variants")
struct HistoryTests {
    private func seqs(_ response: APIResponse) -> [Int] { response["items"]?.elements.compactMap { $0["seq"]?.int } ?? [] }

    @Test("the history of a variant has its events alone, newest first, in pages")
    func variant() async throws {
        let shop = try Shop()
        try await shop.openStocked { client in
            for quantity in 1...5 {
                try await client.patch("/api/variants/13/inventory", #"{"operation":"add","quantity":\#(quantity)}"#)
                try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":1}"#)
            }
            let expected = shop.journal.allEvents.filter { $0.subject.variant == VariantID(13) }.map { Int($0.seq) }.reversed()
            #expect(seqs(try await client.get("/api/events?variant=13")) == Array(expected))
            var page = try await client.get("/api/events?variant=13&type=inventory_updated&limit=2")
            var found = seqs(page)
            while let cursor = page["nextCursor"]?.string {
                page = try await client.get("/api/events?variant=13&type=inventory_updated&limit=2&cursor=\(cursor)")
                found += seqs(page)
            }
            #expect(found.count == 5 && found == found.sorted(by: >))
        }
    }

    @Test("order=desc begins with the last event; after, from and until bound it")
    func bounds() async throws {
        let shop = try Shop()
        try await shop.openStocked { client in
            let all = shop.journal.allEvents.map { Int($0.seq) }
            let newest: [Int] = all.reversed()
            let expected: [(query: String, seqs: [Int])] = [
                ("order=desc", newest), ("order=desc&after=3", newest.filter { $0 > 3 }), ("from=2100-01-01T00:00:00Z", []),
                ("until=2000-01-01T00:00:00Z", []), ("from=2000-01-01T00:00:00Z", newest),
            ]
            for (query, wanted) in expected {
                let found = seqs(try await client.get("/api/events?\(query)"))
                #expect(found == wanted, "\(query)")
            }
        }
    }

    @Test("what does not go together is refused")
    func mistakes() async throws {
        try await Shop().openStocked { client in
            #expect(try await client.get("/api/events?order=asc&variant=11", 400).field == "order")
            #expect(try await client.get("/api/events?order=newest", 400).field == "order")
            #expect(try await client.get("/api/events?from=yesterday", 400).field == "from")
            #expect(try await client.get("/api/events?variant=0", 400).field == "variant")
            let cursor = try #require(try await client.get("/api/events?limit=1")["nextCursor"]?.string)
            #expect(try await client.get("/api/events?order=desc&cursor=\(cursor)", 400).field == "cursor")
        }
    }

    @Test("all variants come by id, with stock by location and the product's name, in pages")
    func variants() async throws {
        try await Shop().openStocked { client in
            let all = try await client.get("/api/variants")["items"]?.elements ?? []
            #expect(all.compactMap { $0["id"]?.int } == [11, 12, 13])
            for variant in all {
                let alone = try await client.get("/api/variants/\(variant["id"]?.int ?? 0)")
                #expect(variant == alone.json)
            }
            let page = try await client.get("/api/variants?limit=2")
            let cursor = try #require(page["nextCursor"]?.string)
            #expect(try await client.get("/api/variants?limit=2&cursor=\(cursor)")["items"]?.elements == [all[2]])
            #expect(try await client.get("/api/variants?limit=5001", 400).field == "limit")
        }
    }
}
