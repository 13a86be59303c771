import HummingbirdTesting
import NIOCore
import TallywireCore
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Movements as a stream", .timeLimit(.minutes(1)))
struct StreamingTests {
    private static let head = """
        POST /api/movements HTTP/1.1\r
        Host: localhost\r
        Content-Type: application/x-ndjson\r
        Transfer-Encoding: chunked\r
        \r

        """

    private static func add(_ id: String) -> String {
        #"{"id":"\#(id)","lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#
    }

    @Test("a client that sends a line gets its result before it sends the next")
    func interactive() async throws {
        try await Shop().openStocked(.live) { client in
            let port = try #require(client.client.port)
            try await RawConnection.open(port: port) { connection in
                try await connection.send(Self.head)
                for number in 1...3 {
                    try await connection.sendChunk(Self.add("m\(number)") + "\n")
                    try await connection.receive(until: #""movementId":"m\#(number)""#)
                    #expect(connection.received.contains(#""movementId":"m\#(number)","status":"applied""#))
                }
                try await connection.sendChunk(Self.add("half").prefix(20).description)
                try await connection.sendChunk(Self.add("half").dropFirst(20) + "\n" + Self.add("last"))
                try await connection.receive(until: #""movementId":"half""#)
                try await connection.sendChunk("")
                try await connection.receive(until: #""movementId":"last""#)
                #expect(connection.received.contains(#""movementId":"last","status":"applied""#))
            }
            #expect(try await client.get("/api/variants/13")["stock"] == 5)
        }
    }

    @Test("a stream that stalls is told so and ended, and what it had sent stays applied")
    func stalls() async throws {
        try await Shop(limits: HTTPLimits(bodyTime: .milliseconds(200))).openStocked(.live) { client in
            let port = try #require(client.client.port)
            try await RawConnection.open(port: port) { connection in
                try await connection.send(Self.head)
                try await connection.sendChunk(Self.add("m1") + "\n" + "{\"id\":")
                try await connection.receiveAll()
                #expect(connection.received.contains(#""movementId":"m1","status":"applied""#))
                #expect(connection.received.contains(#""code":"request_timeout""#))
            }
            #expect(try await client.get("/api/variants/13")["stock"] == 1)
        }
    }

    @Test("a stream that is cut off keeps what was complete, and the server goes on")
    func cutOff() async throws {
        try await Shop().openStocked(.live) { client in
            let port = try #require(client.client.port)
            try await RawConnection.open(port: port) { connection in
                try await connection.send(Self.head)
                try await connection.sendChunk(Self.add("m1") + "\n" + Self.add("m2").dropLast(5))
                try await connection.receive(until: #""movementId":"m1""#)
            }
            #expect(try await client.get("/api/variants/13")["stock"] == 1)
            #expect(try await client.get("/api/movements/m2", 404).code == "unknown_movement")
        }
    }
}
