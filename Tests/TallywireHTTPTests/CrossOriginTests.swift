import HTTPTypes
import HummingbirdTesting
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import HTTPPort
@testable import TallywireHTTP

@Suite("Pages of other origins that are allowed")
struct CrossOriginTests {
    private static let shopOrigin = "https://shop.example"
    private static let hosts = HostPolicy(origins: [shopOrigin])

    private func headers(_ origin: String, _ more: HTTPFields = [:]) -> HTTPFields {
        var headers: HTTPFields = [.contentType: "application/json", .origin: origin, .fetchSite: "cross-site"]
        headers.append(contentsOf: more)
        return headers
    }

    @Test("a page of an origin on the list may read and change, and its browser is told so")
    func allowed() async throws {
        try await Shop(hosts: Self.hosts).open { client in
            let created = try await client.post("/api/locations", #"{"code":"WH1"}"#, 201, headers: headers(Self.shopOrigin))
            #expect(created.header("Access-Control-Allow-Origin") == Self.shopOrigin)
            #expect(created.header("Access-Control-Expose-Headers")?.contains("Tallywire-Seq") == true)
            #expect(created.header("Access-Control-Allow-Credentials") == nil)
            #expect(created.header("Vary") == "Origin")
            let problem = try await client.get("/api/products/99", 404, headers: headers(Self.shopOrigin))
            #expect(problem.header("Access-Control-Allow-Origin") == Self.shopOrigin, "a page has to see what was wrong")
        }
    }

    @Test(
        "no other origin is, however near it looks",
        arguments: [
            "https://shop.example.evil.example", "http://shop.example", "https://shop.example:8443", "https://evil-shop.example",
            "null", "https://shop.example/", "https://shop.example https://evil.example",
        ])
    func others(origin: String) async throws {
        try await Shop(hosts: Self.hosts).open { client in
            try await client.post("/api/locations", #"{"code":"WH1"}"#, 403, headers: headers(origin))
            let read = try await client.get("/api/products", headers: headers(origin))
            #expect(read.header("Access-Control-Allow-Origin") == nil)
            #expect(read.header("Vary") == "Origin")
            let preflight = try await client.send(
                .options, "/api/products", nil, 405, headers(origin, [.accessControlRequestMethod: "POST"]))
            #expect(preflight.header("Access-Control-Allow-Origin") == nil)
        }
    }

    @Test("a preflight says which methods and headers a page may use, without a token")
    func preflight() async throws {
        try await Shop(hosts: Self.hosts, authenticator: TableAuthenticator()).open { client in
            let received = try await client.client.execute(
                uri: "/api/variants/11", method: .options,
                headers: [.origin: Self.shopOrigin, .accessControlRequestMethod: "PATCH"])
            let response = APIResponse(received)
            #expect(response.status == 204)
            #expect(response.header("Access-Control-Allow-Origin") == Self.shopOrigin)
            #expect(response.header("Access-Control-Allow-Methods") == "GET, HEAD, PATCH, DELETE")
            #expect(response.header("Access-Control-Allow-Headers")?.contains("Authorization") == true)
            #expect(response.header("Access-Control-Max-Age") == "600")
        }
    }

    @Test("with * any origin is answered, by its name")
    func all() async throws {
        try await Shop(hosts: HostPolicy(names: ["*"], origins: ["*"])).open { client in
            let response = try await client.get("/api/products", headers: headers("https://anywhere.example"))
            #expect(response.header("Access-Control-Allow-Origin") == "https://anywhere.example")
        }
    }

    @Test("without a list nothing is said about origins")
    func none() async throws {
        try await Shop().open { client in
            let response = try await client.get("/api/products", headers: headers(Self.shopOrigin))
            #expect(response.header("Vary") == nil && response.header("Access-Control-Allow-Origin") == nil)
        }
    }

    @Test(
        "a WebSocket is for pages of this server, of this machine if the server is on it, and of the list",
        arguments: [
            ("http://localhost:3000", "127.0.0.1:8080", true), ("https://shop.example", "127.0.0.1:8080", true),
            ("https://evil.example", "127.0.0.1:8080", false), ("null", "127.0.0.1", false), ("", "127.0.0.1", false),
            ("https://stock.example", "stock.example", true), ("https://evil.example", "stock.example", false),
            ("http://localhost:3000", "stock.example", false), ("https://stock.example:444", "stock.example", false),
        ])
    func sockets(origin: String, authority: String, isAllowed: Bool) {
        // With any name allowed, the origin still has to be this server's.
        let hosts = HostPolicy(names: ["*"], origins: [Self.shopOrigin])
        #expect(hosts.allowsReader(of: origin, calling: authority) == isAllowed)
    }
}
