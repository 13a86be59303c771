import HTTPPort
import HTTPTypes
import HummingbirdTesting
import NIOCore
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Batches of movements")
struct BatchesTests {
    private static func add(_ id: String, _ quantity: Int = 1) -> String {
        #"{"id":"\#(id)","lines":[{"sku":"MUG","operation":"add","quantity":\#(quantity)}]}"#
    }

    private static let ndjson: HTTPFields = [.contentType: "application/x-ndjson"]

    @Test("an array gets a result each, in order, and a wrong one does not stop the others")
    func array() async throws {
        try await Shop().openStocked { client in
            let response = try await client.post(
                "/api/movements",
                """
                [\(Self.add("a")), {"lines":[{"sku":"NOPE","operation":"add","quantity":1}]}, {"lines":[{"sku":"MUG","operatoin":"add"}]},
                 7, \(Self.add("a")), {"id":"b","lines":[{"sku":"MUG","operation":"subtract","quantity":5}]}, \(Self.add("c", 9))]
                """)
            let results = response["results"]?.elements ?? []
            #expect(
                results.map { $0["code"]?.string ?? $0["status"]?.string } == [
                    "applied", "unknown_variant", "invalid_request", "invalid_request", "duplicate", "insufficient_stock",
                    "applied",
                ])
            #expect(results[2]["field"] == "lines[0].operatoin")
            #expect(results[5]["available"] == 1)
            #expect(try await client.get("/api/variants/13")["stock"] == 10)
        }
    }

    @Test("an empty array has no results")
    func emptyArray() async throws {
        try await Shop().open { client async throws in
            #expect(try await client.post("/api/movements", " [ ] ")["results"]?.elements.isEmpty == true)
        }
    }

    @Test("a batch has up to so many movements as the limit says")
    func batchLimit() async throws {
        try await Shop(limits: HTTPLimits(batch: 3, window: 2)).openStocked { client async throws in
            func batch(_ count: Int) -> String {
                "[" + (0..<count).map { Self.add("m\(count)-\($0)") }.joined(separator: ",") + "]"
            }
            #expect(try await client.post("/api/movements", batch(3))["results"]?.elements.count == 3)
            #expect(try await client.post("/api/movements", batch(4), 413).code == "too_large")
            #expect(try await client.get("/api/variants/13")["stock"] == 3)
        }
    }

    @Test("a batch of ten thousand is answered in order, across all of its windows")
    func largeBatch() async throws {
        try await Shop(limits: HTTPLimits(body: 4 << 20)).openStocked { client in
            let batch = "[" + (0..<10_000).map { Self.add("m\($0)") }.joined(separator: ",") + "]"
            let response = try await client.client.execute(
                uri: "/api/movements", method: .post, headers: [.contentType: "application/json"], body: ByteBuffer(string: batch))
            // Ten thousand receipts are looked at as text: decoding them would take most of the test's time.
            let receipts = String(buffer: response.body).split(separator: #"{"movementId":""#).dropFirst()
            #expect(receipts.count == 10_000)
            let wrong = receipts.enumerated().first { index, receipt in
                !receipt.hasPrefix("m\(index)\"") || !receipt.contains("\"stock\":\(index + 1),")
            }
            #expect(wrong == nil)
        }
    }

    @Test("a batch takes no Idempotency-Key, since each of its movements has an id of its own")
    func noKey() async throws {
        try await Shop().openStocked { client in
            let keyed: HTTPFields = [.contentType: "application/json", .idempotencyKey: "k"]
            #expect(try await client.post("/api/movements", "[\(Self.add("a"))]", 400, headers: keyed).field == "Idempotency-Key")
            try await client.post(
                "/api/movements", Self.add("a"), 400, headers: [.contentType: "application/x-ndjson", .idempotencyKey: "k"])
        }
    }

    @Test("NDJSON gets a line for each line, and a broken one is its own problem with its number")
    func lines() async throws {
        try await Shop().openStocked { client in
            let body = """
                \(Self.add("a"))\r
                {"id":"broken","lines":[}

                \(Self.add("a"))
                {"lines":[{"sku":"MUG","operation":"add","quantity":0}]}
                \(Self.add("b", 4))
                """
            let response = try await client.post("/api/movements", body, headers: Self.ndjson)
            #expect(response.mediaType == "application/x-ndjson")
            #expect(response.text.hasSuffix("\n"))
            let lines = response.lines
            #expect(
                lines.map { $0["code"]?.string ?? $0["status"]?.string } == [
                    "applied", "invalid_request", "duplicate", "invalid_request", "applied",
                ])
            #expect(lines[1]["line"] == 2)
            #expect(lines[1]["detail"]?.string?.contains("column 25") == true)
            #expect(lines[3]["field"] == "lines[0].quantity")
            #expect(lines[4]["lines"]?[0]?["stock"] == 5)
            let validator = try #require(APIDescription.shared).validator
            for line in lines {
                let schema: JSONValue = [
                    "$ref": line["code"] == nil ? "#/components/schemas/Receipt" : "#/components/schemas/Problem"
                ]
                #expect(validator.mistakes(in: line, schema: schema) == [])
            }
        }
    }

    @Test("an empty NDJSON body has no results")
    func noLines() async throws {
        try await Shop().open { client async throws in
            #expect(try await client.post("/api/movements", "\n \n", headers: Self.ndjson).bytes.isEmpty)
            #expect(try await client.post("/api/movements", "", headers: Self.ndjson).bytes.isEmpty)
        }
    }

    @Test("a line that is too long is its own problem, and the next one is read again")
    func longLine() async throws {
        try await Shop(limits: HTTPLimits(body: 300)).openStocked { client in
            let long = Self.add("long") + String(repeating: " ", count: 300)
            let response = try await client.post(
                "/api/movements", "\(Self.add("a"))\n\(long)\n\(Self.add("b"))\n", headers: Self.ndjson)
            #expect(response.lines.map { $0["code"]?.string ?? $0["status"]?.string } == ["applied", "too_large", "applied"])
            #expect(response.lines[1]["line"] == 2)
        }
    }

    @Test("NDJSON may be far longer than a JSON body", .timeLimit(.minutes(1)))
    func longStream() async throws {
        try await Shop(limits: HTTPLimits(body: 1000)).openStocked(.ahc()) { client in
            let count = 5_000
            let body = (0..<count).map { Self.add("m\($0)") + "\n" }.joined()
            let response = try await client.client.execute(
                uri: "/api/movements", method: .post, headers: Self.ndjson, body: ByteBuffer(string: body))
            let lines = response.body.readableBytesView.split(separator: UInt8(ascii: "\n"))
            #expect(lines.count == count)
            let last = try JSONValue(lines.last ?? [])
            #expect(last["movementId"]?.string == "m\(count - 1)")
            #expect(last["lines"]?[0]?["stock"]?.int == count)
        }
    }

    @Test("what does not fit into the inbox is overloaded, and only that")
    func overloaded() async throws {
        let gateway = LimitedGateway(capacity: 3)
        try await Shop(limits: HTTPLimits(window: 5), gateway: gateway).open { client in
            let batch = "[" + (0..<5).map { Self.add("m\($0)") }.joined(separator: ",") + "]"
            let response = try await client.post("/api/movements", batch)
            #expect(
                response["results"]?.elements.map { $0["code"]?.string ?? "applied" } == [
                    "applied", "applied", "applied", "overloaded", "overloaded",
                ])
            let single = try await client.post("/api/movements", Self.add("x"), 503)
            #expect(single.code == "overloaded")
            #expect(single.header("Retry-After") == "1")
        }
    }

    @Test("a movement of which nobody can say whether it was applied has a problem of its own, and so has everything behind it")
    func unknown() async throws {
        let shop = try Shop()
        try await shop.openStocked { client in
            shop.journal.failAppends(with: JournalError(.uncertain, "the disk fails"))
            let single = try await client.post("/api/movements", Self.add("x"), 504)
            #expect(single.code == "unknown" && single.header("Retry-After") == "1")
            #expect(single.detail.contains("ask again with the same id"))
            let batch = "[" + (0..<3).map { Self.add("m\($0)") }.joined(separator: ",") + "]"
            let results = try await client.post("/api/movements", batch)["results"]?.elements ?? []
            #expect(results.count == 3 && results.first?["code"] == "unknown" && results.first?["status"] == 504)
            #expect(results.allSatisfy { ["unknown", "unavailable"].contains($0["code"]?.string) })
            shop.journal.failAppends(with: nil)
            #expect(try await client.post("/api/movements", Self.add("x"))["status"] == "applied", "it is no answer to the id")
        }
    }
}

/// Takes so many commands and no more.
private struct LimitedGateway: CommandGateway {
    private let taken = Counter()
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    func submit(_ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void) {
        completion(
            commands.map { command in
                taken.next() <= capacity
                    ? .applied(Receipt(movementID: command.id ?? "none", seq: nil))
                    : .rejected(Rejection(.overloaded, "too many commands are waiting"))
            })
    }
}
