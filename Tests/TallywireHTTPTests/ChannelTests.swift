import HTTPEndpoints
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import HTTPPort
@testable import TallywireHTTP

private let handshake = """
    GET /ws?x=1 HTTP/1.1
    Host: 127.0.0.1
    Connection: keep-alive, Upgrade
    Upgrade: websocket
    Sec-WebSocket-Version: 13
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==


    """

@Suite("The HTTP port with upgrades", .serialized, .timeLimit(.minutes(2)))
struct ChannelTests {
    @Test("an admitted request is answered with 101 and the key of RFC 6455's example")
    func upgrade() async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send(handshake)
                let head = try await exchange.receive(through: "\r\n\r\n").lowercased()
                #expect(head.hasPrefix("http/1.1 101 "))
                #expect(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="))
                #expect(head.contains("x-echo: yes"))
                try await exchange.send("ping!")
                #expect(try await exchange.receive(through: "!") == "ping!")
            }
        }
    }

    @Test("what comes in one packet with the handshake is not lost")
    func early() async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send(handshake + "early!")
                #expect(try await exchange.receive(through: "!").hasSuffix("\r\n\r\nearly!"))
            }
        }
    }

    @Test("HTTP goes on as ever: bodies, more requests on a connection, pipelining, unknown paths")
    func plain() async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send(
                    "GET /hello HTTP/1.1\nHost: 127.0.0.1\n\nPOST /length HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 5\n\n12345")
                #expect(try await exchange.receive(through: "hello").hasPrefix("HTTP/1.1 200 "))
                let second = try await exchange.receive(through: "\r\n\r\n5")
                #expect(second.contains("HTTP/1.1 200 ") && second.hasSuffix("5"))
                try await exchange.send("GET /nowhere HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n")
                #expect(try await exchange.receiveAll().hasPrefix("HTTP/1.1 404 "))
            }
        }
    }

    @Test("a plain request on a WebSocket path is answered with 426, and the connection goes on")
    func upgradeRequired() async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send("GET /ws HTTP/1.1\nHost: 127.0.0.1\n\n")
                let response = try await exchange.receive(through: "}")
                #expect(response.hasPrefix("HTTP/1.1 426 "))
                #expect(response.lowercased().contains("\r\nupgrade: websocket\r\n"))
                #expect(response.lowercased().contains("\r\nsec-websocket-version: 13\r\n"))
                #expect(response.lowercased().contains("\r\ncontent-type: application/problem+json\r\n"))
                #expect(response.contains(#""code":"upgrade_required""#))
                try await exchange.send("GET /hello HTTP/1.1\nHost: 127.0.0.1\n\n")
                #expect(try await exchange.receive(through: "hello").hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test(
        "a handshake that is not in order is refused whole, as the last request of its connection",
        arguments: [
            ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", 426, "upgrade_required"),
            ("Sec-WebSocket-Version: 13", "X: y", 426, "upgrade_required"),
            ("GET ", "POST ", 426, "upgrade_required"),
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "X: y", 400, "invalid_request"),
            ("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 400, "invalid_request"),
            (
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 400,
                "invalid_request"
            ),
            ("Host: 127.0.0.1", "Host: evil.example", 403, "forbidden"),
            ("Host: 127.0.0.1", "Host: 127.0.0.1\nOrigin: https://evil.example", 403, "forbidden"),
            ("Host: 127.0.0.1", "Host: 127.0.0.1\nOrigin: null", 403, "forbidden"),
        ])
    func broken(part: String, replacement: String, status: Int, code: String) async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                var request = handshake
                let range = try #require(request.firstRange(of: part))
                request.replaceSubrange(range, with: replacement)
                try await exchange.send(request)
                let response = try await exchange.receiveAll()
                #expect(response.hasPrefix("HTTP/1.1 \(status) "))
                #expect(response.lowercased().contains("\r\nconnection: close\r\n"))
                #expect(response.contains(#""code":"\#(code)""#))
            }
        }
    }

    @Test("pages of this machine may connect")
    func origin() async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                var request = handshake
                let range = try #require(request.firstRange(of: "Host: 127.0.0.1"))
                request.replaceSubrange(range, with: "Host: localhost:\(port)\nOrigin: http://localhost:\(port)")
                try await exchange.send(request)
                #expect(try await exchange.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
            }
        }
    }

    @Test("an endpoint's refusal is answered with its status, code and message")
    func refusal() async throws {
        let endpoint = ByteEcho(admission: .refuse(.serviceUnavailable, code: "overloaded", message: "not now"))
        try await withChannelServer([endpoint]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send(handshake)
                let response = try await exchange.receiveAll()
                #expect(response.hasPrefix("HTTP/1.1 503 "))
                #expect(response.lowercased().contains("\r\nretry-after: 5\r\n"))
                #expect(response.lowercased().contains("\r\nconnection: close\r\n"))
                #expect(response.contains(#""code":"overloaded","detail":"not now""#))
            }
        }
    }

    @Test(
        "a request for another upgrade is served as if it had not asked, and says that it is the last",
        arguments: ["Upgrade: h2c\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA", "Upgrade: websocket", "Upgrade: TLS/1.0, h2c"])
    func otherUpgrades(fields: String) async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send("GET /hello HTTP/1.1\nHost: 127.0.0.1\nConnection: Upgrade, HTTP2-Settings\n\(fields)\n\n")
                let response = try await exchange.receiveAll()
                #expect(response.hasPrefix("HTTP/1.1 200 "))
                #expect(response.lowercased().contains("\r\nconnection: close\r\n"))
                #expect(response.hasSuffix("hello"))
            }
        }
    }

    @Test("an upgrade that is not asked for with the first request is refused")
    func notFirst() async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send("GET /hello HTTP/1.1\nHost: 127.0.0.1\n\n" + handshake)
                #expect(try await exchange.receive(through: "hello").hasPrefix("HTTP/1.1 200 "))
                let response = try await exchange.receiveAll()
                #expect(response.hasPrefix("HTTP/1.1 400 "))
                #expect(response.contains("first request"))
            }
        }
    }

    @Test(
        "what is not HTTP or has too large a header is answered and closed",
        arguments: [
            ("hello\n\n", 400), ("GET / HTTP/3.0\n\n", 400),
            ("GET /hello HTTP/1.1\nX: \(String(repeating: "x", count: 20_000))\n\n", 431),
            ("GET /hello HTTP/1.1\n" + String(repeating: "X: y\n", count: 200) + "\n", 431),
        ])
    func notHTTP(text: String, status: Int) async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send(text)
                #expect(try await exchange.receiveAll().hasPrefix("HTTP/1.1 \(status) "))
            }
        }
    }

    @Test("a connection that does not begin in time is told so and closed", arguments: ["", "GET /hello HT"])
    func handshakeTimeout(start: String) async throws {
        var configuration = UpgradingServerConfiguration()
        configuration.handshakeTimeout = .milliseconds(200)
        try await withChannelServer([ByteEcho()], configuration) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send(start)
                let response = try await exchange.receiveAll()
                #expect(response.hasPrefix("HTTP/1.1 408 "))
                #expect(response.contains(#""code":"request_timeout""#))
            }
        }
        #expect(configuration.metrics.count(of: .handshakeTime) == 1)
    }

    @Test("a connection that rests too long is closed, but not one that was upgraded")
    func idle() async throws {
        var configuration = UpgradingServerConfiguration()
        configuration.idleTimeout = .milliseconds(200)
        try await withChannelServer([ByteEcho()], configuration) { port in
            try await ChannelConnection.open(port) { upgraded in
                try await upgraded.send(handshake)
                _ = try await upgraded.receive(through: "\r\n\r\n")
                try await ChannelConnection.open(port) { exchange in
                    try await exchange.send("GET /hello HTTP/1.1\nHost: 127.0.0.1\n\n")
                    #expect(try await exchange.receiveAll().hasSuffix("hello"))
                }
                try await upgraded.send("still here!")
                #expect(try await upgraded.receive(through: "!") == "still here!")
            }
        }
    }

    @Test("one connection too many is answered with 503, and there is room again when one has gone")
    func connectionLimit() async throws {
        var configuration = UpgradingServerConfiguration()
        configuration.connections = 1
        try await withChannelServer([ByteEcho()], configuration) { port in
            try await ChannelConnection.open(port) { first in
                try await first.send(handshake)
                _ = try await first.receive(through: "\r\n\r\n")
                try await ChannelConnection.open(port) { second in
                    try await second.send("GET /hello HTTP/1.1\nHost: 127.0.0.1\n\n")
                    let response = try await second.receiveAll()
                    #expect(response.hasPrefix("HTTP/1.1 503 "))
                    #expect(response.contains(#""code":"overloaded""#))
                }
            }
            let end = ContinuousClock.now + .seconds(10)
            var response = ""
            while !response.hasPrefix("HTTP/1.1 200 "), ContinuousClock.now < end {
                response = try await ChannelConnection.open(port) { exchange in
                    try await exchange.send("GET /hello HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n")
                    return try await exchange.receiveAll()
                }
            }
            #expect(response.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("connections beyond all measure are closed without a word")
    func count() {
        let count = ConnectionCount(limit: 2)
        #expect((0..<2).map { _ in count.opened(nil) } == [.within, .within])
        #expect((0..<ConnectionCount.answered).allSatisfy { _ in count.opened(nil) == .beyond(.connections) })
        #expect(count.opened(nil) == .farBeyond)
        for _ in 0..<count.current { count.closed(nil) }
        #expect(count.opened(nil) == .within)
    }

    @Test("a shutdown closes connections that have not begun, and upgraded ones may end by themselves")
    func shutdown() async throws {
        var configuration = UpgradingServerConfiguration()
        configuration.arrivalTime = .milliseconds(100)
        try await withChannelServer([ByteEcho()], configuration) { port, group in
            try await ChannelConnection.open(port) { upgraded in
                try await upgraded.send(handshake)
                _ = try await upgraded.receive(through: "\r\n\r\n")
                try await ChannelConnection.open(port) { silent in
                    await group.triggerGracefulShutdown()
                    // It is reset if the server had not even accepted it.
                    let rest = (try? await silent.receiveAll()) ?? ""
                    #expect(rest == "")
                }
                try await upgraded.send("still here!")
                #expect(try await upgraded.receive(through: "!") == "still here!")
            }
        }
    }

    @Test(
        "a connection that came just before a shutdown has its first request answered, and no other",
        arguments: [
            ("GET /hello HTTP/1.1\nHost: 127.0.0.1\n\n", "HTTP/1.1 200 ", "hello"), (handshake, "HTTP/1.1 503 ", "shutting down"),
            ("GET /hello HTTP/1.1\nHost: 127.0.0.1\nUpgrade: h2c\n\n", "HTTP/1.1 200 ", "hello"),
        ])
    func lastMoment(request: String, status: String, body: String) async throws {
        var configuration = UpgradingServerConfiguration()
        configuration.arrivalTime = .seconds(20)
        configuration.closingTime = .seconds(20)
        try await withChannelServer([ByteEcho()], configuration) { port, group in
            try await ChannelConnection.open(port) { late in
                try await ChannelConnection.open(port) { kept in
                    try await kept.send("GET /hello HTTP/1.1\nHost: 127.0.0.1\n\n")
                    _ = try await kept.receive(through: "hello")
                    await group.triggerGracefulShutdown()
                    // It ends when the shutdown has come to the connections, of which the other was accepted first.
                    #expect(try await kept.receiveAll() == "")
                }
                try await late.send(request + request)
                let response = try await late.receiveAll()
                #expect(response.hasPrefix(status) && response.contains(body), "\(response)")
                #expect(response.lowercased().contains("\r\nconnection: close\r\n"), "\(response)")
                #expect(response.split(separator: "HTTP/1.1").count == 1, "\(response)")
            }
        }
    }
}
