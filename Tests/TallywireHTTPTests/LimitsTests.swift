import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTesting
import Logging
import NIOCore
import NIOEmbedded
import TallywireCore
import TallywireEngine
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Limits of a request")
struct LimitsTests {
    @Test("a body is taken up to its limit and refused a byte later")
    func bodySize() async throws {
        try await Shop(limits: HTTPLimits(body: 200)).open { client in
            func body(_ length: Int) -> String {
                let text = #"{"code":"W\#(length)"}"#
                return text + String(repeating: " ", count: length - text.utf8.count)
            }
            try await client.post("/api/locations", body(200), 201)
            let refused = try await client.post("/api/locations", body(201), 413)
            #expect(refused.code == "too_large")
            #expect(refused.detail.contains("200 bytes"))
            try await client.post("/api/movements", body(201), 413)
        }
    }

    @Test(
        "what a caller wrote is quoted in part, however long it is",
        arguments: [
            #"{"lines":[{"sku":"TEE","operation":"…","quantity":1}]}"#, #"{"…":1}"#, #"{"lines":[{"…":1}]}"#, #"{"a…":1,"a…":1}"#,
            #"{"id":"…","lines":[]}"#, #"{"lines":[{"sku":"…","operation":"add","quantity":1}]}"#,
        ])
    func quotes(body: String) async throws {
        try await Shop().open { client in
            let refused = try await client.post(
                "/api/movements", body.replacing("…", with: String(repeating: "Q", count: 60_000)), 400)
            #expect(refused.text.utf8.count < 2_000, "\(refused.text.prefix(300))")
        }
    }

    @Test(
        "paths, queries and headers are quoted in part too",
        arguments: [
            ("/api/…", 404), ("/api/variants/…", 404), ("/api/movements/…", 404), ("/api/products?…=1", 400),
            ("/api/events?type=…", 400), ("/api/products?cursor=…", 400), ("/api/alerts/…", 404),
        ])
    func pathQuotes(path: String, status: Int) async throws {
        try await Shop().open { client in
            let refused = try await client.get(path.replacing("…", with: String(repeating: "Q", count: 8_000)), status)
            #expect(refused.text.utf8.count < 2_000, "\(refused.text.prefix(300))")
        }
    }

    @Test("a body that does not say its length is refused when it has passed the limit", .timeLimit(.minutes(1)))
    func chunkedBodySize() async throws {
        let shop = try Shop(limits: HTTPLimits(body: 200))
        let (body, source) = RequestBody.makeStream()
        async let response = respond(shop, body)
        for _ in 0..<3 { await source.yield(ByteBuffer(repeating: 0x20, count: 100)) }
        source.finish()
        #expect(try await response.status == .contentTooLarge)
        await shop.engine.stop()
    }

    @Test("a body that stops coming is given up after its time", .timeLimit(.minutes(1)))
    func slowBody() async throws {
        try await Shop(limits: HTTPLimits(bodyTime: .milliseconds(100))).open(.live) { client in
            let port = try #require(client.client.port)
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    "POST /api/locations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"code\":"
                )
                try await connection.receiveAll()
                #expect(connection.received.hasPrefix("HTTP/1.1 408 "))
                #expect(connection.received.contains(#""code":"request_timeout""#))
            }
            #expect(try await client.get("/api/locations")["items"]?.elements.count == 1)
        }
    }

    private func respond(_ shop: Shop, _ body: RequestBody) async throws -> Response {
        var logger = Logger(label: "test")
        logger[metadataKey: "hb.request.id"] = "1"
        let request = Request(
            head: HTTPRequest(
                method: .post, scheme: "http", authority: "localhost", path: "/api/locations",
                headerFields: [.contentType: "application/json"]), body: body)
        let context = APIContext(source: ApplicationRequestContextSource(channel: NIOAsyncTestingChannel(), logger: logger))
        return try await shop.api.makeRouter().buildResponder().respond(to: request, context: context)
    }

    @Test(
        "names, SKUs and barcodes keep to Core's limits",
        arguments: [
            ("name", Limits.nameLength), ("sku", Limits.skuLength),
        ])
    func lengths(member: String, limit: Int) async throws {
        try await Shop().open { client in
            func body(_ length: Int) -> String {
                let text = String(repeating: "x", count: length)
                return member == "name" ? #"{"name":"\#(text)","sku":"S\#(length)"}"# : #"{"name":"N","sku":"\#(text)"}"#
            }
            try await client.post("/api/products", body(limit), 201)
            #expect(try await client.post("/api/products", body(limit + 1), 400).field == member)
            #expect(try await client.post("/api/products", body(0), 400).field == member)
        }
    }

    @Test("ids are whole numbers from 1 to 2^53 - 1")
    func ids() async throws {
        try await Shop().open { client in
            try await client.post("/api/products", #"{"id":9007199254740991,"name":"X","sku":"X"}"#, 201)
            for id in ["0", "-1", "9007199254740992", "1.5", "\"1\""] {
                #expect(try await client.post("/api/products", #"{"id":\#(id),"name":"Y","sku":"Y"}"#, 400).field == "id")
            }
        }
    }

    @Test("prices are exact: two decimals at most, never negative, never a text")
    func prices() async throws {
        try await Shop().open { client in
            let top = try await client.post("/api/products", #"{"name":"X","sku":"X","price":99999999999.99}"#, 201)
            #expect(top.text.contains(#""price":99999999999.99"#))
            let cent = try await client.post("/api/products", #"{"name":"Y","sku":"Y","price":0.10}"#, 201)
            #expect(cent.text.contains(#""price":0.10"#))
            for price in ["1.001", "-1", "100000000000", "\"5\"", "1e-3", "true"] {
                #expect(try await client.post("/api/products", #"{"name":"Z","sku":"Z","price":\#(price)}"#, 400).field == "price")
            }
        }
    }

    @Test("scans of a pack that stand for more units than a line may move are out of range, and nothing of them is applied")
    func packs() async throws {
        try await Shop().openStocked { client in
            try await client.patch("/api/variants/13", #"{"barcodes":[{"code":"PACK","units":1000000}]}"#)
            func movement(_ scans: Int) -> String { #"{"lines":[{"barcode":"PACK","operation":"add","quantity":\#(scans)}]}"# }
            try await client.post("/api/movements", movement(1000))
            #expect(try await client.post("/api/movements", movement(1001), 409).code == "out_of_range")
            #expect(try await client.get("/api/variants/13")["stock"] == 1_000_000_000)
        }
    }

    @Test("a product has at most 2000 variants, and a variant at most 64 barcodes")
    func listLimits() async throws {
        try await Shop().open { client in
            func product(_ barcodes: Int) -> String {
                let codes = (0..<barcodes).map { "\"\(barcodes)-\($0)\"" }.joined(separator: ",")
                return #"{"name":"X","sku":"X\#(barcodes)","barcodes":[\#(codes)]}"#
            }
            try await client.post("/api/products", product(64), 201)
            #expect(try await client.post("/api/products", product(65), 400).field == "barcodes")
            let variants = (0...2000).map { #"{"sku":"V\#($0)"}"# }.joined(separator: ",")
            #expect(try await client.post("/api/products", #"{"name":"X","variants":[\#(variants)]}"#, 400).field == "variants")
        }
    }

    @Test("a product has variants or a SKU of its own, not both and not neither")
    func content() async throws {
        try await Shop().open { client in
            #expect(try await client.post("/api/products", #"{"name":"X"}"#, 400).field == "sku")
            #expect(try await client.post("/api/products", #"{"name":"X","sku":"X","variants":[{"sku":"Y"}]}"#, 400).field == "sku")
            #expect(
                try await client.post("/api/products", #"{"name":"X","variants":[{"name":"Y"}]}"#, 400).field == "variants[0].sku")
            #expect(
                try await client.post("/api/products", #"{"name":"X","variants":[{"sku":"A"},{"sku":"A/B"}]}"#, 400).field
                    == "variants[1].sku")
            #expect(
                try await client.post("/api/products", #"{"name":"X","sku":"X","barcodes":["1",{"code":"2","unit":3}]}"#, 400).field
                    == "barcodes[1].unit")
            #expect(try await client.post("/api/products", #"{"name":"X","sku":"X","barcodes":[7]}"#, 400).field == "barcodes[0]")
            try await client.post("/api/products", #"{"name":"X","sku":"X","variants":[]}"#, 201)
        }
    }
}
