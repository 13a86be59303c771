import HTTPPort
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

@Suite("What foreign pages cannot do")
struct SecurityTests {
    private static let body = #"{"code":"WH1"}"#

    private func headers(_ more: HTTPFields) -> HTTPFields {
        var headers: HTTPFields = [.contentType: "application/json"]
        headers.append(contentsOf: more)
        return headers
    }

    @Test(
        "a page of another origin changes nothing",
        arguments: [
            "http://evil.example", "http://localhost:1", "null", "http://127.0.0.1", "", "localhost",
            "http://localhost.evil.example",
        ])
    func foreignOrigin(origin: String) async throws {
        try await Shop().open { client in
            let refused = try await client.post("/api/locations", Self.body, 403, headers: headers([.origin: origin]))
            #expect(refused.code == "forbidden")
            #expect(try await client.get("/api/locations")["items"]?.elements.count == 1)
        }
    }

    @Test("the server's own page, and programs, can change things")
    func sameOrigin() async throws {
        try await Shop().open { client in
            try await client.post(
                "/api/locations", Self.body, 201, headers: headers([.origin: "http://localhost", .fetchSite: "same-origin"]))
            try await client.post("/api/locations", #"{"code":"WH2"}"#, 201)
        }
    }

    @Test("a request that a browser marks as coming from elsewhere changes nothing", arguments: ["cross-site", "same-site"])
    func fetchMetadata(site: String) async throws {
        try await Shop().open { client in
            try await client.post("/api/locations", Self.body, 403, headers: headers([.fetchSite: site]))
            try await client.get("/api/locations", headers: [.fetchSite: site])
        }
    }

    @Test("no response lets a page of another origin read it")
    func noCORS() async throws {
        try await Shop().open { client in
            let response = try await client.get("/api/products", headers: [.origin: "http://evil.example"])
            #expect(response.header("Access-Control-Allow-Origin") == nil)
            #expect(response.header("X-Content-Type-Options") == "nosniff")
            #expect(response.header("Cache-Control") == "no-store")
            let preflight = try await client.send(.options, "/api/products", nil, 405, [.origin: "http://evil.example"])
            #expect(preflight.header("Access-Control-Allow-Origin") == nil)
        }
    }

    @Test(
        "a request has to name this server",
        arguments: [
            ("localhost", true), ("localhost:8080", true), ("LOCALHOST:1", true), ("127.0.0.1:8080", true), ("127.8.8.8", true),
            ("[::1]:8080", true), ("[::1]", true), ("::1", true), ("app.localhost", true), ("stock.example", true),
            ("STOCK.EXAMPLE:80", true), ("evil.example", false), ("127.0.0.1.evil.example", false), ("127.0.0", false),
            ("localhost.evil.example", false), ("[::2]", false), ("128.0.0.1", false), ("127.0.0.256", false),
        ])
    func hosts(authority: String, isAllowed: Bool) async throws {
        #expect(HostPolicy(names: ["stock.example"]).allows(authority) == isAllowed)
        #expect(HostPolicy(names: ["*"]).allows(authority))
        let shop = try Shop(hosts: HostPolicy(names: ["Stock.Example"]))
        let request = Request(
            head: HTTPRequest(method: .get, scheme: "http", authority: authority, path: "/health/live"),
            body: RequestBody(buffer: ByteBuffer()))
        let context = APIContext(
            source: ApplicationRequestContextSource(channel: NIOAsyncTestingChannel(), logger: contextLogger))
        let response = try await shop.api.makeRouter().buildResponder().respond(to: request, context: context)
        #expect(response.status == (isAllowed ? .ok : .forbidden))
        await shop.engine.stop()
    }

    private var contextLogger: Logger {
        var logger = Logger(label: "test")
        logger[metadataKey: "hb.request.id"] = "1"
        return logger
    }

    @Test(
        "a body has to say that it is JSON",
        arguments: ["text/plain", "multipart/form-data", "application/xml", "image/png", "json"])
    func mediaTypes(type: String) async throws {
        try await Shop().open { client in
            let refused = try await client.post("/api/locations", Self.body, 415, headers: [.contentType: type])
            #expect(refused.code == "unsupported_media_type")
            try await client.post("/api/movements", Self.body, 415, headers: [.contentType: type])
        }
    }

    @Test("a program's body without a type, or with the one that curl sets, is JSON; a browser's is not")
    func curl() async throws {
        try await Shop().open { client in
            let form = "application/x-www-form-urlencoded"
            try await client.post("/api/locations", #"{"code":"A"}"#, 201, headers: [.contentType: form])
            try await client.post("/api/locations", #"{"code":"B"}"#, 201, headers: [:])
            try await client.post(
                "/api/locations", #"{"code":"C"}"#, 201, headers: [.contentType: "Application/JSON ; charset=utf-8"])
            try await client.post(
                "/api/locations", #"{"code":"D"}"#, 415, headers: [.contentType: form, .fetchSite: "same-origin"])
            try await client.post("/api/locations", #"{"code":"D"}"#, 415, headers: [.origin: "http://localhost"])
        }
    }

    @Test("NDJSON is taken for movements and nothing else")
    func ndjsonElsewhere() async throws {
        try await Shop().open { client in
            try await client.post("/api/locations", Self.body, 415, headers: [.contentType: "application/x-ndjson"])
        }
    }
}
