import HTTPTypes
import HummingbirdTesting
import NIOCore
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Who may call what", .timeLimit(.minutes(3)))
struct AccessTests {
    /// Who calls: the token of ``TableAuthenticator``, or none.
    private static let callers: [String?] = [nil, "shop", "dock-1", "admin"]

    private func headers(_ token: String?) -> HTTPFields {
        token.map { [.authorization: "Bearer \($0)", .contentType: "application/json"] } ?? [.contentType: "application/json"]
    }

    /// What the contract says of each call, by hand: who may, beside admins.
    private static let contract: [String: Set<String>] = {
        let everybody: Set = ["", "shop", "dock-1"]
        return [
            "GET /api/products": everybody, "GET /api/products/{id}": everybody, "GET /api/variants/{id}": everybody,
            "GET /api/variants": everybody, "GET /api/session": everybody, "POST /api/session": everybody,
            "POST /api/session/renewal": ["shop", "dock-1"], "GET /api/stock": everybody, "GET /api/locations": everybody,
            "GET /api/codes": everybody,
            "GET /health/live": everybody,
            "GET /health/ready": everybody, "GET /metrics": everybody, "GET /openapi.json": everybody,
            "GET /asyncapi.json": everybody, "GET /api/checkpoint/key": everybody,
            "POST /api/movements": ["dock-1"], "GET /api/movements/{id}": ["dock-1"],
            "POST /api/movements/{id}/reversal": ["dock-1"],
            "PATCH /api/variants/{id}/inventory": ["dock-1"],
            "GET /api/counts": ["dock-1"], "POST /api/counts": ["dock-1"], "GET /api/counts/{id}": ["dock-1"],
            "POST /api/counts/{id}/lines": ["dock-1"], "POST /api/counts/{id}/close": ["dock-1"],
        ]
    }()

    @Test("every route for every role: 401 without a token, 403 with one of another role, else it goes on")
    func matrix() async throws {
        let shop = try Shop(authenticator: TableAuthenticator())
        try await shop.open { client in
            for route in shop.api.routes {
                let name = "\(route.method.rawValue) \(route.path)"
                let isPage = WebFile.all.contains { $0.path == route.path }
                let allowed = isPage ? ["", "shop", "dock-1", "admin"] : (Self.contract[name] ?? []).union(["admin"])
                // Whoever may follow the stream follows it for ever: that is tried with its end.
                let callers = route.path == "/api/events/stream" ? Self.callers.filter { $0 != "admin" } : Self.callers
                for caller in callers {
                    let received = try await client.client.execute(
                        uri: route.path.replacing("{id}", with: "4711"), method: route.method, headers: headers(caller),
                        body: ByteBuffer(string: route.method == .get || route.method == .delete ? "" : "{}"))
                    let response = APIResponse(received)
                    let isRefused = [401, 403].contains(response.status)
                    #expect(isRefused == !allowed.contains(caller ?? ""), "\(name) as \(caller ?? "nobody"): \(response.status)")
                    guard isRefused else { continue }
                    #expect(response.status == (caller == nil ? 401 : 403), "\(name) as \(caller ?? "nobody")")
                    #expect(response.code == (caller == nil ? "unauthenticated" : "forbidden"))
                    #expect((response.header("WWW-Authenticate") != nil) == (caller == nil))
                    #expect(response.mediaType == "application/problem+json")
                }
            }
        }
    }

    @Test("a call that is refused changes nothing, and its body is not read")
    func nothingHappens() async throws {
        try await Shop(authenticator: TableAuthenticator()).open { client in
            let body = #"{"code":"WH1"}"#
            try await client.post("/api/locations", body, 401, headers: headers(nil))
            try await client.post("/api/locations", body, 403, headers: headers("shop"))
            try await client.post("/api/locations", "not JSON at all", 403, headers: headers("dock-1"))
            #expect(try await client.get("/api/locations")["items"]?.elements.count == 1)
            try await client.post("/api/locations", body, 201, headers: headers("admin"))
        }
    }

    @Test("a bad token is 401 also where none is needed", arguments: ["forged", "", "admin admin"])
    func badToken(token: String) async throws {
        try await Shop(authenticator: TableAuthenticator()).open { client in
            let response = try await client.get("/api/products", 401, headers: [.authorization: "Bearer \(token)"])
            #expect(response.header("WWW-Authenticate")?.hasPrefix(#"Bearer realm="tallywire", error="invalid_"#) == true)
            try await client.get("/health/live", headers: [.authorization: "Bearer \(token)"])
        }
    }

    @Test("other ways to show who one is are refused; the word Bearer is known in any case")
    func schemes() async throws {
        try await Shop(authenticator: TableAuthenticator()).open { client in
            for field in ["Basic YWRtaW46YWRtaW4=", "admin", "Bearer"] {
                try await client.get("/api/pipeline", 401, headers: [.authorization: field])
            }
            try await client.get("/api/pipeline", headers: [.authorization: "bearer  admin"])
            var two: HTTPFields = [:]
            two.append(HTTPField(name: .authorization, value: "Bearer shop"))
            two.append(HTTPField(name: .authorization, value: "Bearer admin"))
            try await client.get("/api/pipeline", 400, headers: two)
            try await client.get("/api/pipeline?token=admin", 401)
            try await client.get("/api/pipeline?access_token=admin", 401)
        }
    }

    @Test("what is on hand falls below 0 by the word of an admin alone")
    func negative() async throws {
        try await Shop(authenticator: TableAuthenticator()).open { client in
            try await client.post(
                "/api/products", #"{"name":"Mug","sku":"MUG"}"#, 201, headers: headers("admin"))
            let body = #"{"lines":[{"sku":"MUG","operation":"subtract","quantity":1,"negative":"allow"}]}"#
            let refused = try await client.post("/api/movements", body, 403, headers: headers("dock-1"))
            #expect(refused.code == "forbidden" && refused.detail.contains("lines[0]"))
            #expect(try await client.get("/api/stock", headers: headers("admin"))["items"]?.elements.isEmpty == true)
            try await client.post("/api/movements", body, headers: headers("admin"))
            #expect(try await client.get("/api/stock", headers: headers("admin"))["items"]?[0]?["onHand"] == -1)
        }
    }

    @Test("on an open server tokens are not looked at")
    func open() async throws {
        try await Shop().open { client in
            try await client.get("/api/pipeline")
            try await client.get("/api/pipeline", headers: [.authorization: "Basic x"])
        }
    }

    @Test("where a token is required, reading needs one too; health, metrics, description and page do not")
    func required() async throws {
        let shop = try Shop(authenticator: TableAuthenticator(anonymousAccess: .nothing))
        try await shop.open { client in
            for path in ["/api/products", "/api/stock", "/api/locations", "/api/events"] { try await client.get(path, 401) }
            try await client.get("/api/products", headers: headers("shop"))
            for path in ["/health/live", "/health/ready", "/metrics", "/openapi.json", "/asyncapi.json"] {
                try await client.get(path)
            }
            let metrics = try await client.get("/metrics").text
            #expect(metrics.contains(#"tallywire_authentication_failures_total{reason="missing"} 4"#))
        }
    }

    @Test("a stream of events ends when its token expires, or its key is withdrawn")
    func stream() async throws {
        for isRevoked in [false, true] {
            let table = TableAuthenticator()
            try await Shop(limits: HTTPLimits(streamHeartbeat: .milliseconds(20)), authenticator: table).open(.live) { client in
                let port = try #require(client.client.port)
                let text = try await ChannelConnection.open(port) { exchange in
                    try await exchange.send(
                        "GET /api/events/stream HTTP/1.1\nHost: localhost\nAuthorization: Bearer admin\n\n")
                    let head = try await exchange.receive(through: ": still here")
                    if isRevoked {
                        table.withdraw(KeyIdentity(digest: [1]))
                    } else {
                        table.advance(by: 3_600)
                    }
                    return try await head + exchange.receiveAll()
                }
                #expect(text.hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test("a request waits for keys that are fetched; if they do not come, nobody knows whether the token is good")
    func keysThatAreFetched() async throws {
        for succeeds in [true, false] {
            let table = TableAuthenticator()
            table.await(["late": Principal(role: .admin, subject: "late")])
            try await Shop(authenticator: table).open { client in
                async let pipeline = client.get("/api/pipeline", succeeds ? 200 : 503, headers: headers("late"))
                async let session = client.get("/api/session", succeeds ? 200 : 503, headers: headers("late"))
                try await eventually("both wait") { table.waiting == 2 }
                try await client.get("/api/pipeline", headers: headers("admin"))
                try await client.get("/api/pipeline", 401, headers: headers("wrong"))
                table.fetch(succeeds: succeeds)
                let (_, answer) = try await (pipeline, session)
                if succeeds { #expect(answer["user"] == "late") } else { #expect(answer.code == "unavailable") }
            }
        }
    }

    @Test("HEAD asks for what GET asks for")
    func head() async throws {
        try await Shop(authenticator: TableAuthenticator()).open { client in
            _ = try await client.send(.head, "/api/events", nil, 401, [:])
            _ = try await client.send(.head, "/api/events", nil, 403, headers("shop"))
            _ = try await client.send(.head, "/api/events", nil, 200, headers("admin"))
        }
    }
}

@Suite("In whose name a device moves stock")
struct DeviceTests {
    private func headers(_ token: String) -> HTTPFields {
        [.authorization: "Bearer \(token)", .contentType: "application/json"]
    }

    private static func movement(_ device: String?, id: String) -> String {
        let device = device.map { #","device":"\#($0)""# } ?? ""
        return #"{"id":"\#(id)"\#(device),"lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#
    }

    /// A server with a product, and a client for it.
    private func open(_ test: @Sendable (Client) async throws -> Void) async throws {
        try await Shop(authenticator: TableAuthenticator()).open { client in
            try await client.post(
                "/api/products", #"{"id":2,"name":"Mug","sku":"MUG","variantId":13}"#, 201, headers: headers("admin"))
            try await test(client)
        }
    }

    /// The sources of all changes of stock.
    private func sources(_ client: Client) async throws -> [String?] {
        let events = try await client.get("/api/events?type=inventory_updated", headers: headers("admin"))
        return (events["items"]?.elements ?? []).map { $0["data"]?["source"]?.string }
    }

    @Test("a device's token moves in that device's name, whether the movement says so or not")
    func own() async throws {
        try await open { client in
            try await client.post("/api/movements", Self.movement(nil, id: "a"), headers: headers("dock-1"))
            try await client.post("/api/movements", Self.movement("dock-1", id: "b"), headers: headers("dock-1"))
            try await client.patch(
                "/api/variants/13/inventory", #"{"operation":"add","quantity":1}"#, headers: headers("dock-2"))
            #expect(try await sources(client) == ["http/dock-1", "http/dock-1", "http/dock-2"])
        }
    }

    @Test("a device's token does not act for another device: alone, in a batch, as NDJSON, or by a variant")
    func another() async throws {
        try await open { client in
            let refused = try await client.post("/api/movements", Self.movement("dock-2", id: "a"), 403, headers: headers("dock-1"))
            #expect(refused.code == "forbidden")
            let batch = "[\(Self.movement("dock-2", id: "b")),\(Self.movement("dock-1", id: "c"))]"
            let results = try await client.post("/api/movements", batch, headers: headers("dock-1"))["results"]?.elements
            #expect(results?.map { $0["code"]?.string ?? $0["status"]?.string } == ["forbidden", "applied"])
            var ndjson = headers("dock-1")
            ndjson[.contentType] = "application/x-ndjson"
            let lines = try await client.post(
                "/api/movements", Self.movement("dock-2", id: "d") + "\n" + Self.movement(nil, id: "e"), headers: ndjson
            ).lines
            #expect(lines.map { $0["code"]?.string ?? $0["status"]?.string } == ["forbidden", "applied"])
            try await client.patch(
                "/api/variants/13/inventory", #"{"operation":"add","quantity":1,"device":"dock-2"}"#, 403,
                headers: headers("dock-1"))
            #expect(try await sources(client) == ["http/dock-1", "http/dock-1"])
        }
    }

    @Test("an admin may name any device, and a name has to fit into a topic")
    func admin() async throws {
        try await open { client in
            try await client.post("/api/movements", Self.movement("dock-7", id: "a"), headers: headers("admin"))
            #expect(try await sources(client) == ["http/dock-7"])
            for name in ["", "a/b", "#", String(repeating: "x", count: 65)] {
                let refused = try await client.post("/api/movements", Self.movement(name, id: "b"), 400, headers: headers("admin"))
                #expect(refused.field == "device")
            }
        }
    }
}
