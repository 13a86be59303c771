import HummingbirdTesting
import TallywireCore
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Control codes to print")
struct CodesTests {
    @Test("the codes without a location come first, then two for each location, page by page, each with its drawing")
    func list() async throws {
        try await Shop().openStocked { client in
            let first = try await client.get("/api/codes?limit=1")
            let codes = first["items"]?.elements.map { $0["code"]?.string } ?? []
            #expect(
                codes == [
                    "TW:UNDO", "TW:END", "TW:OP:count", "TW:OP:add", "TW:OP:subtract", "TW:OP:transfer", "TW:AT:MAIN", "TW:TO:MAIN",
                ])
            for code in first["items"]?.elements ?? [] {
                #expect(code["side"] == 29 && code["path"]?.string?.hasPrefix("M4 4h7v1h-7z") == true, "\(code)")
                #expect(code["problem"] == nil)
            }
            #expect(first["items"]?[7]?["kind"] == "destination" && first["items"]?[6]?["name"] == "Main")
            let next = try await client.get("/api/codes?limit=1&cursor=\(first["nextCursor"]?.string ?? "")")
            #expect(next["items"]?.elements.map { $0["code"]?.string } == ["TW:AT:WH1", "TW:TO:WH1"])
            #expect(next["nextCursor"]?.string == nil)
        }
    }

    @Test("a page has at most a hundred locations, and a cursor of another list is none")
    func badInput() async throws {
        try await Shop().openStocked { client in
            for (query, field) in [
                ("limit=101", "limit"), ("limit=0", "limit"), ("cursor=xyz", "cursor"), ("location=WH1", "location"),
            ] {
                let refused = try await client.get("/api/codes?\(query)", 400)
                #expect(refused["field"]?.string == field)
            }
        }
    }
}
