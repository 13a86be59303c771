import HTTPEndpoints
import HTTPPort
import NIOCore
import NIOHTTP1
import TallywireAccess
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

/// An endpoint that says in a header who it was told asks.
private struct WhoIsThere: UpgradeEndpoint {
    let path = "/ws"

    func admit(_ request: UpgradeRequest) -> UpgradeAdmission {
        .accept(["X-Caller": request.principal.map { "\($0.subject) as \($0.role.rawValue)" } ?? "nobody"])
    }

    func install(on channel: any Channel, request: UpgradeRequest) -> EventLoopFuture<Void> {
        channel.close()
    }
}

@Suite("Tokens in a WebSocket's handshake", .timeLimit(.minutes(1)))
struct HandshakeTests {
    private func response(
        to fields: [String], at target: String = "/ws", _ authenticator: any Authenticator = TableAuthenticator()
    ) async throws -> String {
        var configuration = UpgradingServerConfiguration()
        configuration.authenticator = authenticator
        let (responses, continuation) = AsyncStream.makeStream(of: String.self)
        try await withChannelServer([WhoIsThere()], configuration) { port in
            continuation.yield(
                try await ChannelConnection.open(port) { exchange in
                    try await exchange.send(
                        """
                        GET \(target) HTTP/1.1
                        Host: localhost
                        Upgrade: websocket
                        Connection: Upgrade
                        Sec-WebSocket-Version: 13
                        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                        \(fields.map { $0 + "\n" }.joined())

                        """)
                    return try await exchange.receiveAll()
                })
        }
        var iterator = responses.makeAsyncIterator()
        return await iterator.next() ?? ""
    }

    private func status(_ response: String) -> Substring { response.prefix { $0 != "\r\n" } }

    private func header(_ name: String, of response: String) -> String? {
        response.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { $0.drop { $0 != ":" }.dropFirst().drop { $0 == " " } }.map(String.init)
    }

    @Test("a token in the header or in the subprotocol says who it is; without one it is nobody")
    func ways() async throws {
        for (field, caller) in [
            ("Authorization: Bearer admin", "admin as admin"), ("Sec-WebSocket-Protocol: bearer.shop", "shop as shop"),
            ("Sec-WebSocket-Protocol: tallywire, bearer.dock-1", "dock-1 as device"), ("X-Nothing: 1", "nobody"),
        ] {
            let response = try await response(to: [field])
            #expect(status(response) == "HTTP/1.1 101 Switching Protocols")
            #expect(header("X-Caller", of: response) == caller)
        }
    }

    @Test("a subprotocol that was offered is answered, and the token only if nothing else was offered")
    func subprotocols() async throws {
        for (offered, chosen) in [
            ("tallywire, bearer.admin", "tallywire"), ("bearer.admin, tallywire", "tallywire"), ("tallywire", "tallywire"),
            ("bearer.admin", "bearer.admin"), ("other, bearer.admin", "bearer.admin"), ("other", nil),
        ] as [(String, String?)] {
            let response = try await response(to: ["Sec-WebSocket-Protocol: \(offered)"])
            #expect(header("Sec-WebSocket-Protocol", of: response) == chosen, "\(offered)")
        }
        let twoLines = try await response(to: ["Sec-WebSocket-Protocol: tallywire", "Sec-WebSocket-Protocol: bearer.admin"])
        #expect(header("Sec-WebSocket-Protocol", of: twoLines) == "tallywire")
        #expect(header("X-Caller", of: twoLines) == "admin as admin")
    }

    @Test("a bad token is 401 with a challenge, whichever way it came")
    func bad() async throws {
        for field in [
            "Authorization: Bearer forged", "Authorization: Basic YQ==", "Sec-WebSocket-Protocol: bearer.forged",
            "Sec-WebSocket-Protocol: tallywire, bearer.",
            "Sec-WebSocket-Protocol: bearer.admin, bearer.forged\nAuthorization: Bearer x",
        ] {
            let response = try await response(to: [field])
            #expect(status(response) == "HTTP/1.1 401 Unauthorized", "\(field)")
            #expect(header("WWW-Authenticate", of: response)?.hasPrefix("Bearer realm=") == true)
            #expect(response.contains(#""code":"unauthenticated""#))
        }
    }

    @Test("a handshake waits for keys that are fetched; if they do not come, it is refused as one that may be right")
    func keysThatAreFetched() async throws {
        for (succeeds, expected) in [(true, "HTTP/1.1 101 Switching Protocols"), (false, "HTTP/1.1 503 Service Unavailable")] {
            let table = TableAuthenticator()
            table.await(["late": Principal(role: .admin, subject: "late")])
            async let waiting = response(to: ["Authorization: Bearer late"], at: "/ws", table)
            try await eventually("the handshake waits") { table.waiting == 1 }
            table.fetch(succeeds: succeeds)
            let response = try await waiting
            #expect(status(response) == expected)
            if succeeds { #expect(header("X-Caller", of: response) == "late as admin") }
        }
    }

    @Test("the header goes before the subprotocol")
    func both() async throws {
        let response = try await response(to: ["Authorization: Bearer shop", "Sec-WebSocket-Protocol: bearer.admin"])
        #expect(header("X-Caller", of: response) == "shop as shop")
    }

    @Test("a token in the address is not looked at")
    func address() async throws {
        let response = try await response(to: [], at: "/ws?token=admin&access_token=admin")
        #expect(header("X-Caller", of: response) == "nobody")
    }

    @Test("on an open server everybody is an admin, whatever they show")
    func open() async throws {
        let response = try await response(to: ["Authorization: Bearer forged"], at: "/ws", OpenAuthenticator())
        #expect(header("X-Caller", of: response) == "anybody as admin")
    }
}
