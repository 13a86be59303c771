import HTTPTypes
import HummingbirdTesting
import NIOCore
import TallywireAccess
import TallywireEngine
import TallywireTesting
import Testing

@testable import HTTPPort
@testable import TallywireHTTP

@Suite("Limits for each address", .timeLimit(.minutes(1)))
struct AddressLimitTests {
    private let request = "GET /hello HTTP/1.1\nHost: 127.0.0.1\n\n"

    @Test("an address that has its share of connections is answered with 429, until one has gone")
    func connections() async throws {
        var configuration = UpgradingServerConfiguration()
        configuration.connectionsPerAddress = 1
        let metrics = configuration.metrics
        try await withChannelServer([], configuration) { port in
            try await ChannelConnection.open(port) { first in
                try await first.send(request)
                _ = try await first.receive(through: "hello")
                let response = try await ChannelConnection.open(port) { second in
                    try await second.send(request)
                    return try await second.receiveAll()
                }
                #expect(response.hasPrefix("HTTP/1.1 429 "))
                #expect(response.contains(#""code":"too_many_connections""#))
                #expect(response.contains("Retry-After: 5"))
                #expect(metrics.count(of: .connectionsPerAddress) == 1)
            }
            try await eventually("there is room again") {
                try await ChannelConnection.open(port) { exchange in
                    try await exchange.send(request)
                    return try await exchange.receive(through: "\r\n").hasPrefix("HTTP/1.1 200 ")
                }
            }
        }
    }

    @Test("a proxy may have many connections, and those for whom it asks have a share of WebSockets each")
    func proxies() async throws {
        var configuration = UpgradingServerConfiguration()
        configuration.connectionsPerAddress = 1
        configuration.proxies = TrustedProxies([try #require(AddressRange("127.0.0.0/8"))])
        func handshake(for caller: String) -> String {
            """
            GET /ws HTTP/1.1
            Host: localhost
            X-Forwarded-For: 192.0.2.99, \(caller)
            Upgrade: websocket
            Connection: Upgrade
            Sec-WebSocket-Version: 13
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==


            """
        }
        try await withChannelServer([ByteEcho()], configuration) { port in
            func status(_ caller: String) async throws -> Substring {
                try await ChannelConnection.open(port) { exchange in
                    try await exchange.send(handshake(for: caller))
                    return try await exchange.receive(through: "\r\n").dropFirst(9).prefix(3)
                }
            }
            try await ChannelConnection.open(port) { first in
                try await first.send(handshake(for: "198.51.100.1"))
                _ = try await first.receive(through: "\r\n\r\n")
                #expect(try await status("198.51.100.1") == "429")
                #expect(try await status("198.51.100.2") == "101")
                try await first.send("still here!")
                #expect(try await first.receive(through: "!") == "still here!")
            }
            try await eventually("its share is free again") { try await status("198.51.100.1") == "101" }
        }
    }

    @Test("counting leaves nothing behind")
    func balance() throws {
        let (one, other) = (try #require(IPAddress("192.0.2.1")), try #require(IPAddress("192.0.2.2")))
        let count = ConnectionCount(limit: 3, perAddress: 2)
        #expect([one, one, one].map(count.opened) == [.within, .within, .beyond(.connectionsPerAddress)])
        #expect(count.opened(other) == .beyond(.connections))
        for address in [one, one, one, other] { count.closed(address) }
        #expect(count.current == 0)
        #expect([one, one].map(count.opened) == [.within, .within])
        #expect(count.opened(behindProxy: other) && count.opened(behindProxy: other) && !count.opened(behindProxy: other))
        count.closed(behindProxy: other)
        #expect(count.opened(behindProxy: other))
    }

    @Test("an address that asks too often is answered with 429, and others are not held up")
    func requests() async throws {
        let proxies = TrustedProxies([try #require(AddressRange("127.0.0.1"))])
        let shop = try Shop(requestsPerSecond: 1, proxies: proxies)
        try await shop.open(.live) { client in
            @Sendable func get(_ caller: String) async throws -> APIResponse {
                APIResponse(
                    try await client.client.execute(uri: "/api/locations", method: .get, headers: [.forwardedFor: caller]))
            }
            // More than a slow machine lets come back meanwhile.
            let responses = try await withThrowingTaskGroup(of: APIResponse.self) { group in
                for _ in 0..<100 { group.addTask { try await get("192.0.2.1") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(responses.count { $0.status == 200 } >= RequestRate.burst)
            let refused = try #require(responses.first { $0.status == 429 })
            #expect(refused.code == "rate_limited")
            #expect(refused.header("Retry-After") == "1")
            #expect(try await get("192.0.2.2").status == 200)
            #expect(responses.count { $0.status == 429 } == Int(shop.api.port.count(of: .requestsPerAddress)))
        }
    }

    @Test("a flood from everywhere does not make the table of addresses grow")
    func bounded() throws {
        let start = NIODeadline.uptimeNanoseconds(0)
        let rate = RequestRate(perSecond: 1, addresses: 100, now: start)
        let addresses = (0..<256).compactMap { IPAddress("192.0.2.\($0)") }
        let admitted = addresses.filter { rate.admits($0, at: start) }
        #expect(rate.count == 100)
        #expect(admitted.count == 100 + RequestRate.burst, "those without a bucket of their own share one")
        #expect(rate.admits(addresses[0], at: start), "whoever was there before is not held up")
        let later = start + .seconds(60)
        #expect(addresses.dropFirst(100).prefix(100).allSatisfy { rate.admits($0, at: later) })
        #expect(rate.count == 100)
    }
}
