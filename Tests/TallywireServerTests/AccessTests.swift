import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@Suite("Tokens and TLS of the server as a process", .timeLimit(.minutes(3)))
struct AccessTests {
    private static let secret = "a secret for tests that is long enough for HS256"

    private func plugins(_ auth: String, http: String = "{}") -> String {
        #"{ "http": \#(http), "auth": \#(auth), "sinks": [ { "plugin": "websocket" } ] }"#
    }

    private func token(_ server: ServerProcess, _ options: String...) async throws -> String {
        let result = try await ServerProcess.run(["token"] + options, in: server.folder.path)
        #expect(result.status == 0, "\(result.output)")
        return result.output.trimmingCharacters(in: .newlines)
    }

    private func port(_ server: ServerProcess) throws -> Int { try #require(URL(string: server.url)?.port) }

    @Test("a token that the command line signed opens what its role may, and nothing else")
    func life() async throws {
        let server = try ServerProcess(plugins: plugins(#"{ "mode": "jwt", "secret": "\#(Self.secret)", "audience": "stock" }"#))
        try await server.start()
        #expect(try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#).status == 401)
        #expect(try await server.call(.GET, "/api/products").status == 200)
        let admin = try await token(server, "--role", "admin")
        let shop = try await token(server, "--role", "shop", "--ttl", "5m")
        #expect(admin.split(separator: ".").count == 3 && !admin.contains("\n"))
        let exported = try await server.run("export", "--server", server.url, "--token", admin)
        #expect(exported.status == 0, "\(exported.output)")
        let refused = try await server.run("tail", "--count", "1", "--server", server.url, "--token", shop)
        #expect(refused.status == 1 && refused.output.contains("[forbidden]"), "\(refused.output)")
        let nobody = try await server.run("tail", "--count", "1", "--server", server.url)
        #expect(nobody.status == 1 && nobody.output.contains("[unauthenticated]"), "\(nobody.output)")
        let forged = try await server.run("tail", "--room", "admin_room", "--server", server.url, "--token", shop + "x")
        #expect(forged.status == 1 && forged.output.contains("does not take the token"), "\(forged.output)")
        let room = try await server.run("tail", "--room", "admin_room", "--server", server.url, "--token", shop)
        #expect(room.status == 1 && room.output.contains("for the role") && room.output.contains("--token"), "\(room.output)")
        #expect(!room.output.contains("message"), "nothing of what only a program could send")
        let client = try await WebSocketClient.connect(
            port: try port(server), "/ws?room=admin_room", headers: ["Sec-WebSocket-Protocol": "tallywire, bearer.\(admin)"])
        #expect(try await client.nextJSON(type: "joined")["room"] == "admin_room")
        #expect(await server.terminate() == 0)
    }

    @Test("a connection ends with 4001 when its token expires")
    func expiry() async throws {
        let server = try ServerProcess(plugins: plugins(#"{ "mode": "jwt", "secret": "\#(Self.secret)" }"#))
        try await server.start()
        let short = try await token(server, "--role", "admin", "--ttl", "2s")
        let client = try await WebSocketClient.connect(
            port: try port(server), "/ws?room=admin_room", headers: ["Authorization": "Bearer \(short)"])
        #expect(try await client.closeCode() == 4001)
        #expect(await server.terminate() == 0)
    }

    @Test("a secret that changes revokes its tokens: their connections are closed with 4001")
    func revocation() async throws {
        let server = try ServerProcess(plugins: plugins(#"{ "mode": "jwt", "secret": "${file:secret}" }"#))
        let file = server.folder.file("secret")
        try Self.secret.write(toFile: file, atomically: true, encoding: .utf8)
        try await server.start()
        let old = try await token(server, "--role", "admin", "--ttl", "30d")
        let client = try await WebSocketClient.connect(
            port: try port(server), "/ws?room=admin_room", headers: ["Authorization": "Bearer \(old)"])
        _ = try await client.nextJSON(type: "joined")
        // What cannot be used changes nothing, and is told.
        try "short".write(toFile: file, atomically: true, encoding: .utf8)
        struct Ready: Decodable { let warnings: [String]? }
        try await eventually("the broken secret is told") {
            try await server.get("/health/ready", as: Ready.self).warnings?.count == 1
        }
        try await client.send(#"{"type":"ping"}"#)
        _ = try await client.nextJSON(type: "pong")
        try String(Self.secret.reversed()).write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try await client.closeCode() == 4001)
        await #expect(throws: WebSocketClient.Failure.self) {
            try await WebSocketClient.connect(port: try port(server), headers: ["Authorization": "Bearer \(old)"])
        }
        #expect(try await server.get("/health/ready", as: Ready.self).warnings == nil)
        #expect(!server.output.contains(Self.secret))
        #expect(await server.terminate() == 0)
    }

    @Test("bad usage of token, and keys that cannot sign, are told")
    func tokenMistakes() async throws {
        let server = try ServerProcess(plugins: plugins(#"{ "mode": "jwt", "jwks": "keys.json" }"#))
        func run(_ arguments: String...) async throws -> (status: Int32, output: String) {
            try await ServerProcess.run(["token"] + arguments, in: server.folder.path)
        }
        #expect(try await run("--role", "root").status == 64)
        #expect(try await run("--role", "device").status == 64)
        #expect(try await run("--role", "shop", "--device", "x").status == 64)
        #expect(try await run("--role", "shop", "--ttl", "soon").status == 64)
        let missing = try await run("--role", "shop")
        #expect(missing.status == 78 && missing.output.contains("plugins.json:1:"), "\(missing.output)")
        let key = #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#
        try key.write(toFile: server.folder.file("keys.json"), atomically: true, encoding: .utf8)
        let isPublic = try await run("--role", "shop")
        #expect(isPublic.status == 1 && isPublic.output.contains("none of the keys can sign"), "\(isPublic.output)")
    }

    @Test("check reads the files of keys and certificate, and says where what is wrong stands")
    func check() async throws {
        let server = try ServerProcess(
            plugins: """
                {
                  "http": { "tls": { "certificate": "server.pem", "key": "server.key" } },
                  "auth": { "mode": "jwt", "jwks": "keys.json" }
                }
                """)
        let result = try await server.run("check")
        #expect(result.status == 78)
        #expect(
            result.output.contains("plugins.json:2:37: error: “certificate”: server.pem cannot be read: No such file or directory"),
            "\(result.output)")
        #expect(result.output.contains("plugins.json:3:36: error: “jwks”: keys.json: cannot be read"), "\(result.output)")
        try #"{"keys":[]}"#.write(toFile: server.folder.file("keys.json"), atomically: true, encoding: .utf8)
        let expired = try TestCertificate(validFor: -60)
        try expired.write(into: URL(fileURLWithPath: server.folder.path))
        let second = try await server.run("check")
        #expect(second.output.contains("holds no key"), "\(second.output)")
        let third = try await server.run("check", "--set", #"auth={"mode":"open"}"#)
        #expect(third.status == 78 && third.output.contains("has expired"), "\(third.output)")
    }

    @Test("the server speaks TLS, takes a new certificate without a restart, and keeps the old one if the new one is broken")
    func tls() async throws {
        let server = try ServerProcess(
            plugins: plugins(#"{ "mode": "open" }"#, http: #"{ "tls": { "certificate": "server.pem", "key": "server.key" } }"#))
        let folder = URL(fileURLWithPath: server.folder.path)
        let first = try TestCertificate()
        try first.write(into: folder)
        try await server.start()
        #expect(server.url.hasPrefix("https://127.0.0.1:"))
        let port = try port(server)
        let client = try await WebSocketClient.connect(port: port, "/ws?room=admin_room", tls: first.clientContext())
        _ = try await client.nextJSON(type: "joined")
        let exported = try await server.run("export", "--server", "https://localhost:\(port)", "--ca", "server.pem")
        #expect(exported.status == 0, "\(exported.output)")
        let untrusted = try await server.run("export", "--server", "https://localhost:\(port)")
        #expect(untrusted.status == 1)
        try Data("broken".utf8).write(to: folder.appending(path: "server.pem"))
        try await eventually("the broken one is told") { server.output.contains("cannot use its certificate as the files are now") }
        _ = try await WebSocketClient.connect(port: port, tls: first.clientContext())
        let second = try TestCertificate()
        try second.write(into: folder)
        try await eventually("the new one is shown") {
            do {
                _ = try await WebSocketClient.connect(port: port, tls: second.clientContext())
                return true
            } catch {
                return false
            }
        }
        try await client.send(#"{"type":"ping"}"#)
        _ = try await client.nextJSON(type: "pong")
        #expect(await server.terminate() == 0)
    }

    @Test("SIGHUP reads everything again and ends nothing")
    func hangUp() async throws {
        let server = try ServerProcess(plugins: plugins(#"{ "mode": "jwt", "secret": "\#(Self.secret)" }"#))
        try await server.start()
        server.signal(SIGHUP)
        try await eventually("it was read again") { server.output.contains("has read its keys again") }
        #expect(try await server.call(.GET, "/health/live").status == 200)
        #expect(await server.terminate() == 0)
    }
}
