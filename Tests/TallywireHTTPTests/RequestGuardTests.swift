import HummingbirdTesting
import NIOCore
import TallywireTesting
import Testing

@testable import TallywireHTTP

@Suite("What a request has to be before anybody reads it", .serialized, .timeLimit(.minutes(2)))
struct RequestGuardTests {
    private static let post = "POST /api/locations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    @Test(
        "a request of HTTP/1.1 without a host, with two, or with one that is none, is refused and is the last of its connection",
        arguments: [
            "", "Host: \n", "Host: :80\n", "Host: localhost\nHost: localhost\n", "Host: localhost\nHost: evil.example\n",
            "Host: [::1].evil.example\n",
            "Host: evil.example#.localhost\n", "Host: user@localhost\n", "Host: localhost:http\n", "Host: [::1\n", "Host: a b\n",
        ])
    func host(lines: String) async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send("GET /hello HTTP/1.1\n\(lines)\n")
                let response = try await exchange.receiveAll()
                #expect(response.hasPrefix("HTTP/1.1 400 "))
                #expect(response.contains(#""field":"Host""#))
            }
            // Behind another request it is answered in its turn.
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send("GET /hello HTTP/1.1\nHost: localhost\n\nGET /hello HTTP/1.1\n\(lines)\n")
                let response = try await exchange.receiveAll()
                #expect(response.hasPrefix("HTTP/1.1 200 "))
                #expect(response.contains("helloHTTP/1.1 400 "))
            }
        }
    }

    @Test(
        "a letter with any number of marks is refused in any header",
        arguments: ["GET /hello HTTP/1.1\nX-Any: a…\n", "GET /hello HTTP/1.1\nAuthorization: …\n"])
    func marks(head: String) async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                let marks = String(repeating: "\u{301}\u{316}", count: 40)
                try await exchange.send("\(head.replacing("…", with: marks))Host: localhost\n\n")
                let response = try await exchange.receiveAll()
                #expect(response.hasPrefix("HTTP/1.1 400 ") && response.contains("combining marks"))
            }
        }
    }

    @Test(
        "HTTP/1.0 needs no host",
        arguments: ["GET /hello HTTP/1.0\n\n", "GET /hello HTTP/1.1\nHost: [::1]:80\nConnection: close\n\n"])
    func old(request: String) async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send(request)
                #expect(try await exchange.receive(through: "hello").contains(" 200 "))
            }
        }
    }

    @Test(
        "a body that nobody reads is taken for a moment, and the connection ends",
        arguments: ["POST /nowhere", "GET /hello"])
    func unwanted(call: String) async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send("\(call) HTTP/1.1\nHost: localhost\nContent-Length: 1000000000\n\nx")
                let response = try await exchange.receiveAll()
                #expect(response.hasPrefix("HTTP/1.1 \(call.hasPrefix("GET") ? 200 : 404) "))
                #expect(response.lowercased().contains("\r\nconnection: close\r\n"))
                // However much or little comes, it is read for two seconds and 256 KiB at most.
                try await eventually("the connection is gone") {
                    do {
                        for _ in 0..<64 { try await exchange.send(String(repeating: "x", count: 16_384)) }
                        return false
                    } catch { return true }
                }
            }
        }
    }

    @Test(
        "what comes behind the last request of a connection is thrown away for a moment, and the connection ends",
        arguments: [
            "GET /hello HTTP/1.1\nHost: localhost\nConnection: close\n\n", "GET /hello HTTP/1.0\n\n",
            "GET /hello HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: foo\n\n",
            "GET /ws HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: websocket\n\n",
            "POST /length HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: h2c\nContent-Length: 5\n\nhello",
            "CONNECT localhost:80 HTTP/1.1\nHost: localhost\n\n",
        ])
    func behind(request: String) async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send(request)
                let response = try await exchange.receiveAll()
                #expect(response.hasPrefix("HTTP/1.1 ") && response.ranges(of: "HTTP/1.1 ").count == 1)
                if request.hasPrefix("POST") { #expect(response.hasSuffix("5")) }
            }
            // Without waiting for the response: the parser keeps what comes behind a request for an upgrade.
            try await ChannelConnection.open(port) { exchange in
                var sent = 0
                try await exchange.send(request)
                try await eventually("the connection is gone", within: .seconds(5)) {
                    do {
                        for _ in 0..<64 {
                            try await exchange.send(String(repeating: "x", count: 16_384))
                            sent += 16_384
                        }
                        return false
                    } catch { return true }
                }
                // What the kernels on both sides hold is not the server's.
                #expect(sent < 32 << 20)
            }
        }
    }

    @Test("a large response to who asks for the end of the connection goes out whole")
    func largeAndLast() async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send("GET /large HTTP/1.1\nHost: localhost\nConnection: close\n\n")
                #expect(try await exchange.receiveAll().utf8.count > 16 << 20)
            }
        }
    }

    @Test("who waits for 100 Continue with a stream of lines gets it before the response begins")
    func expectsStream() async throws {
        try await Shop().open(.live) { client in
            let port = try #require(client.client.port)
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    "POST /api/movements HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nExpect: 100-continue\r\n"
                        + "Content-Length: 68\r\n\r\n")
                try await connection.receive(until: "\r\n\r\n")
                #expect(connection.received.hasPrefix("HTTP/1.1 100 Continue\r\n\r\n"))
                try await connection.send(#"{"sku":"TEE-RED-M","operation":"add","quantity":1,"location":"MAIN"}"#)
                try await connection.receive(until: "0\r\n\r\n")
                #expect(connection.received.ranges(of: "100 Continue").count == 1)
                #expect(connection.received.contains("HTTP/1.1 200 ") && connection.received.contains(#""status":"#))
            }
        }
    }

    @Test("a body that came whole leaves the connection to the next request")
    func whole() async throws {
        try await withChannelServer([ByteEcho()]) { port in
            try await ChannelConnection.open(port) { exchange in
                try await exchange.send("POST /nowhere HTTP/1.1\nHost: localhost\nContent-Length: 1\n\nx")
                #expect(try await exchange.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 404 "))
                try await exchange.send("GET /hello HTTP/1.1\nHost: localhost\n\n")
                #expect(try await exchange.receive(through: "hello").contains("HTTP/1.1 200 "))
            }
        }
    }

    @Test("who waits for 100 Continue gets it when the body is wanted, and the refusal alone when it is not")
    func expects() async throws {
        try await Shop(limits: HTTPLimits(body: 100)).open(.live) { client in
            let port = try #require(client.client.port)
            let head = Self.post + "Expect: 100-continue\r\n"
            try await RawConnection.open(port: port) { connection in
                try await connection.send(head + "Content-Length: 14\r\n\r\n")
                try await connection.receive(until: "\r\n\r\n")
                #expect(connection.received == "HTTP/1.1 100 Continue\r\n\r\n")
                try await connection.send(#"{"code":"WH1"}"#)
                try await connection.receive(until: "}")
                #expect(connection.received.contains("HTTP/1.1 201 "))
            }
            try await RawConnection.open(port: port) { connection in
                try await connection.send(head + "Content-Length: 101\r\n\r\n")
                try await connection.receiveAll()
                #expect(connection.received.hasPrefix("HTTP/1.1 413 "))
            }
        }
    }

    @Test(
        "a body that is not chunked as it says is the caller's mistake",
        arguments: ["Transfer-Encoding: chunked\r\n\r\nzz\r\n", "Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"])
    func chunking(rest: String) async throws {
        try await Shop().open(.live) { client in
            let port = try #require(client.client.port)
            try await RawConnection.open(port: port) { connection in
                try await connection.send(Self.post + rest)
                try await connection.receiveAll()
                #expect(connection.received.hasPrefix("HTTP/1.1 400 "))
                #expect(connection.received.contains(#""code":"invalid_request""#))
            }
        }
    }

    @Test("who goes away in the middle of a body is no failure of the server")
    func gone() async throws {
        try await Shop().open(.live) { client in
            let port = try #require(client.client.port)
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    Self.post + "Content-Length: 100\r\n\r\n{")
            }
            try await eventually("the request is counted") {
                try await client.get("/metrics").text.contains(#"route="/api/locations",status="400""#)
            }
            #expect(try await !client.get("/metrics").text.contains(#"status="500""#))
        }
    }
}
