import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@testable import SocketIOSink

/// The cases of the two protocols' texts, as their official suites expect them.
@Suite("Conformance", .serialized, .timeLimit(.minutes(2)))
struct ConformanceTests {
    private static func run(
        pings: Bool = false, _ body: @Sendable (SocketGateway) async throws -> Void
    ) async throws {
        try await SocketGateway.run(
            { setup in
                setup.configuration.conformance = true
                setup.configuration.connectTimeout = pings ? .seconds(20) : .milliseconds(500)
                // Pings come into no case but those that wait for them.
                setup.configuration.pingInterval = pings ? .milliseconds(100) : .seconds(20)
                setup.configuration.pingTimeout = .seconds(pings ? 2 : 20)
            }, body)
    }

    // MARK: Engine.IO

    @Test("a handshake by polling and over a WebSocket says what the protocol wants, and nothing else")
    func handshake() async throws {
        try await Self.run { gateway in
            for path in ["/engine.io/", "/engine.io", "/socket.io/", "/socket.io"] {
                let answer = try await gateway.call("GET", "\(path)?EIO=4&transport=polling")
                #expect(answer.status == 200 && answer.text.hasPrefix("0"))
                #expect(answer.headers["content-type"] == "text/plain; charset=UTF-8")
                let open = try JSONValue(String(answer.text.dropFirst()))
                #expect(Set(open.members.keys) == ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"])
                #expect(open["upgrades"] == ["websocket"] && open["maxPayload"] == 1_000_000)
                let client = try await WebSocketClient.connect(port: gateway.port, "\(path)?EIO=4&transport=websocket")
                let first = try JSONValue(String(try await client.nextText().dropFirst()))
                #expect(Set(first.members.keys) == ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"])
                #expect(first["upgrades"] == [])
                await client.disconnect()
            }
        }
    }

    @Test("a wrong protocol, transport or method is 400", arguments: ["/engine.io/", "/socket.io/"])
    func refusals(path: String) async throws {
        try await Self.run { gateway in
            for query in ["transport=polling", "EIO=abc&transport=polling", "EIO=4", "EIO=4&transport=abc"] {
                #expect(try await gateway.call("GET", "\(path)?\(query)").status == 400, "\(query)")
            }
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                #expect(try await gateway.call(method, "\(path)?EIO=4&transport=polling", "4a").status == 400, "\(method)")
            }
            for query in [
                "transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc",
                "EIO=4&transport=polling", "EIO=4&transport=websocket&sid=nobody",
            ] {
                let failure = await #expect(throws: WebSocketClient.Failure.self) {
                    try await WebSocketClient.connect(port: gateway.port, "\(path)?\(query)")
                }
                guard case .refused(400, _, _) = failure else { throw try #require(failure) }
            }
        }
    }

    @Test("messages are echoed by polling: one, several in a body, binary ones, and none of what is malformed")
    func polling() async throws {
        try await Self.run { gateway in
            for body in ["4hello", "4test1\u{1E}4test2\u{1E}4test3", "4hello\u{1E}bAQIDBA=="] {
                let poller = try await gateway.poller("/engine.io/")
                let answer = try await poller.post(body)
                #expect(answer.status == 200 && answer.text == "ok")
                #expect(try await poller.poll().text == body)
            }
            let malformed = try await gateway.poller("/engine.io/")
            #expect(try await malformed.post("abc").status == 400)
            #expect(try await malformed.poll().status == 400)
        }
    }

    @Test("a second poll beside the first one closes the session")
    func secondPoll() async throws {
        try await Self.run { gateway in
            let poller = try await gateway.poller("/engine.io/")
            async let one = poller.poll()
            async let other = poller.poll()
            let answers = try await [one, other].sorted { $0.status < $1.status }
            #expect(answers[0].status == 200 && answers[0].text == "1")
            #expect(answers[1].status == 400)
            #expect(try await poller.poll().status == 400)
        }
    }

    @Test("messages are echoed over a WebSocket, and what is malformed closes it")
    func webSocket() async throws {
        try await Self.run { gateway in
            let client = try await gateway.socket("/engine.io/")
            try await client.send("4hello")
            #expect(try await client.nextText() == "4hello")
            try await client.send(binary: [1, 2, 3, 4])
            #expect(try await client.next() == .binary([1, 2, 3, 4]))
            try await client.send("abc")
            try await client.waitForEnd()
            let other = try await gateway.socket("/engine.io/")
            try await other.send("1")
            try await other.waitForEnd()
        }
    }

    @Test("pings come and are answered; without a pong the session ends", arguments: ["/engine.io/", "/socket.io/"])
    func heartbeat(path: String) async throws {
        try await Self.run(pings: true) { gateway in
            let client = try await gateway.socket(path)
            try await client.send("40")
            let poller = try await gateway.poller(path)
            for _ in 0..<3 {
                while try await client.nextText() != "2" {}
                try await client.send("3")
                #expect(try await poller.packets() == ["2"])
                #expect(try await poller.post("3").status == 200)
            }
            try await client.waitForEnd()
            try await eventually("the session is over") { try await poller.post("6").status == 400 }
        }
    }

    @Test("a client's close lets its poll go and ends the session")
    func close() async throws {
        try await Self.run { gateway in
            let poller = try await gateway.poller("/engine.io/")
            async let poll = poller.poll()
            try await eventually("the poll waits") { gateway.sink.waitingPolls == 1 }
            try await poller.post("1")
            #expect(try await poll.text == "6")
            #expect(try await poller.poll().status == 400)
        }
    }

    @Test("a session goes over to a WebSocket, and requests with its sid are refused then")
    func upgrade() async throws {
        try await Self.run { gateway in
            let poller = try await gateway.poller("/engine.io/")
            let target = "/engine.io/?EIO=4&transport=websocket&sid=\(poller.sid)"
            let client = try await WebSocketClient.connect(port: gateway.port, target)
            try await client.send("2probe")
            #expect(try await client.nextText() == "3probe")
            // A poll that waits is let go, so that the client can change over.
            #expect(try await poller.packets() == ["6"])
            try await poller.post("4before")
            try await client.send("5")
            try await client.send("4hello")
            #expect(try await client.nextText() == "4before")
            #expect(try await client.nextText() == "4hello")
            #expect(try await poller.poll().status == 400)
            #expect(try await poller.post("4x").status == 400)
            await #expect(throws: WebSocketClient.Failure.self) {
                try await WebSocketClient.connect(port: gateway.port, target)
            }
            try await client.send("4still")
            #expect(try await client.nextText() == "4still")
        }
    }

    @Test("a WebSocket that probes and goes leaves the session where it was, and another may probe")
    func abandonedProbe() async throws {
        try await Self.run { gateway in
            let poller = try await gateway.poller("/engine.io/")
            let target = "/engine.io/?EIO=4&transport=websocket&sid=\(poller.sid)"
            let first = try await WebSocketClient.connect(port: gateway.port, target)
            try await first.send("2probe")
            #expect(try await first.nextText() == "3probe")
            let second = try await WebSocketClient.connect(port: gateway.port, target)
            try await second.send("2probe")
            try await second.waitForEnd()
            await first.disconnect()
            try await poller.post("4a")
            #expect(try await poller.packets() == ["4a"])
            try await eventually("another one may probe") {
                let third = try await WebSocketClient.connect(port: gateway.port, target)
                try await third.send("2probe")
                guard case .text("3probe") = try await third.next() else { return false }
                return true
            }
        }
    }

    // MARK: Socket.IO

    @Test("a client connects to the namespaces that there are, and hears the payload that it gave")
    func connect() async throws {
        try await Self.run { gateway in
            for (namespace, sent) in [("", ""), ("", #"{"token":"123"}"#), ("/custom,", ""), ("/custom,", #"{"token":"abc"}"#)] {
                let client = try await gateway.socket()
                try await client.send("40\(namespace)\(sent)")
                let text = try await client.nextText()
                #expect(text.hasPrefix("40\(namespace){"))
                #expect(try JSONValue(String(text.dropFirst(2 + namespace.count))).members.keys.map { $0 } == ["sid"])
                #expect(try await client.nextText() == "42\(namespace)[\"auth\",\(sent.isEmpty ? "{}" : sent)]")
                await client.disconnect()
            }
            let client = try await gateway.socket()
            try await client.send("40/random")
            #expect(try await client.nextText() == #"44/random,{"message":"Invalid namespace"}"#)
            try await client.waitForEnd()
        }
    }

    @Test("who does not connect in time, or says nothing that can be read, is closed", arguments: ["", "4abc"])
    func unconnected(_ text: String) async throws {
        try await Self.run { gateway in
            let client = try await gateway.socket()
            if !text.isEmpty { try await client.send(text) }
            try await client.waitForEnd()
        }
    }

    @Test("a namespace is left alone, and the others go on")
    func disconnect() async throws {
        try await Self.run { gateway in
            let client = try await suiteClient(gateway)
            try await client.send("40/custom")
            #expect(try await client.nextText().hasPrefix("40/custom,"))
            _ = try await client.nextText()
            try await client.send("41/custom")
            try await client.send(#"42["message","to the main namespace"]"#)
            #expect(try await client.nextText() == #"42["message-back","to the main namespace"]"#)
            try await client.send("41")
            try await client.send("40")
            #expect(try await client.nextText().hasPrefix("40{"), "the session goes on")
        }
    }

    private func suiteClient(_ gateway: SocketGateway) async throws -> WebSocketClient {
        let client = try await gateway.socket()
        try await client.send("40")
        _ = try await client.nextText()
        _ = try await client.nextText()
        return client
    }

    @Test("events come back, with attachments and acknowledgements")
    func messages() async throws {
        try await Self.run { gateway in
            let client = try await suiteClient(gateway)
            try await client.send(#"42["message",1,"2",{"3":[true]}]"#)
            #expect(try await client.nextText() == #"42["message-back",1,"2",{"3":[true]}]"#)
            try await client.send(#"42456["message-with-ack",1,"2",{"3":[false]}]"#)
            #expect(try await client.nextText() == #"43456[1,"2",{"3":[false]}]"#)
            let placeholders = #"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#
            for (sent, expected) in [
                ("452-[\"message\",\(placeholders)]", "452-[\"message-back\",\(placeholders)]"),
                ("452-789[\"message-with-ack\",\(placeholders)]", "462-789[\(placeholders)]"),
            ] {
                try await client.send(sent)
                try await client.send(binary: [1, 2, 3])
                try await client.send(binary: [4, 5, 6])
                #expect(try await client.nextText() == expected)
                #expect(try await client.next() == .binary([1, 2, 3]))
                #expect(try await client.next() == .binary([4, 5, 6]))
            }
        }
    }

    @Test("what is malformed closes the connection", arguments: ["4abc", "42{}", #"42abc["message-with-ack",1]"#, "45[]", "7"])
    func malformed(_ text: String) async throws {
        try await Self.run { gateway in
            let client = try await suiteClient(gateway)
            try await client.send(text)
            try await client.waitForEnd()
        }
    }

    @Test("an attachment that was not announced, or a text in its place, closes the connection")
    func attachments() async throws {
        try await Self.run { gateway in
            let client = try await suiteClient(gateway)
            try await client.send(binary: [1])
            try await client.waitForEnd()
            let other = try await suiteClient(gateway)
            try await other.send(#"451-["message",{"_placeholder":true,"num":0}]"#)
            try await other.send(#"42["message"]"#)
            try await other.waitForEnd()
        }
    }

    @Test("an event before the connection to its namespace closes the connection")
    func eventBeforeConnect() async throws {
        try await Self.run { gateway in
            let client = try await gateway.socket()
            try await client.send(#"42["message"]"#)
            try await client.waitForEnd()
        }
    }
}
