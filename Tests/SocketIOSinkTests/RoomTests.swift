import HTTPPort
import NIOCore
import NIOWebSocket
import RoomHub
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import SocketIOSink

@Suite("Rooms and rights of Socket.IO clients", .serialized, .timeLimit(.minutes(2)))
struct RoomTests {
    @Test("a client gets the broadcast from connect on, and a room's events beside it, each once and with its position")
    func broadcastAndRoom() async throws {
        try await SocketGateway.run { gateway in
            let (shop, _) = try await gateway.connected()
            let (admin, _) = try await gateway.connected()
            try await admin.send(#"421["join_admin_room"]"#)
            #expect(try await admin.nextText() == #"431[{"ok":true,"room":"admin_room"}]"#)
            let seq = try await gateway.set("A", 5)
            try await gateway.set("A", 4)
            let epoch = gateway.engine.journal.epoch
            for client in [shop, admin] {
                let event = try await client.nextEvent()
                #expect(event.name == "inventory_updated" && event.data["sku"] == "A" && event.data["stock"] == 5)
                #expect(event.offset == "\(epoch):\(seq)")
            }
            let alert = try await admin.nextEvent()
            #expect(alert.name == "stock_alert" && alert.data["stockLevel"] == "low" && alert.seq == seq + 1)
            #expect(try await admin.nextEvent().seq == seq + 2)
            #expect(try await shop.nextEvent().seq == seq + 2, "no alert for who is in no room")
        }
    }

    @Test("a client that polls gets the same, also what came while it did not poll")
    func polling() async throws {
        try await SocketGateway.run { gateway in
            let poller = try await gateway.poller()
            _ = try await poller.connect()
            try await poller.post(#"42["join_admin_room"]"#)
            async let first = poller.packets()
            try await eventually("the poll waits") { gateway.sink.waitingPolls == 1 }
            let seq = try await gateway.set("A", 5)
            var events = try await first.compactMap { try SocketEvent($0) }
            for stock in 6...40 { try await gateway.set("A", Int64(stock)) }
            let last = gateway.engine.feed.head
            while events.last?.seq != last { events += try await poller.packets().compactMap { try SocketEvent($0) } }
            #expect(events.compactMap(\.seq) == Array(seq...last), "each once, in order")
            #expect(events.contains { $0.name == "stock_alert" })
            let metrics = gateway.sink.metrics.current
            #expect(metrics.behind == 0 && metrics.merged == 0, "nothing was kept for it")
        }
    }

    @Test("an event between the connection and the first poll is not lost")
    func eventBeforePoll() async throws {
        try await SocketGateway.run { gateway in
            let poller = try await gateway.poller()
            try await poller.post("40")
            let seq = try await gateway.set("A", 50)
            try await eventually("the sink has it") { await gateway.isDelivered(seq) }
            #expect(try await poller.packets()[0].hasPrefix("40{"))
            #expect(try await poller.packets().compactMap { try SocketEvent($0)?.seq } == [seq])
        }
    }

    @Test("a session that goes over to a WebSocket misses nothing and repeats nothing")
    func upgrade() async throws {
        try await SocketGateway.run { gateway in
            let poller = try await gateway.poller()
            _ = try await poller.connect()
            try await poller.post(#"42["join_admin_room"]"#)
            let begin = gateway.engine.feed.head
            try await gateway.set("A", 50)
            let client = try await WebSocketClient.connect(
                port: gateway.port, "/socket.io/?EIO=4&transport=websocket&sid=\(poller.sid)")
            try await client.send("2probe")
            #expect(try await client.nextText() == "3probe")
            var events = try await poller.packets().compactMap { try SocketEvent($0) }
            try await gateway.set("A", 5)
            try await client.send("5")
            try await gateway.set("A", 0)
            let last = gateway.engine.feed.head
            while events.last?.seq != last { events.append(try await client.nextEvent()) }
            #expect(events.compactMap(\.seq) == Array((begin + 1)...last))
            try await client.send(#"427["join_admin_room"]"#)
            #expect(try await client.nextText() == #"437[{"ok":true,"room":"admin_room"}]"#)
            try await eventually("the session that polled is gone") { gateway.sink.metrics.current.open == 1 }
        }
    }

    @Test("rooms ask for their role, which a token shows in any of three ways")
    func roles() async throws {
        try await SocketGateway.run({ $0.authenticator = TableAuthenticator() }) { gateway in
            let (nobody, _) = try await gateway.connected()
            try await nobody.send(#"421["join_admin_room"]"#)
            let refusal = try JSONValue(String(try await nobody.nextText().dropFirst(3)))
            #expect(refusal[0]?["ok"] == false && refusal[0]?["code"] == "forbidden")
            try await nobody.send(#"42["join_admin_room"]"#)
            let error = try await nobody.nextEvent()
            #expect(error.name == "error" && error.data["code"] == "forbidden" && error.offset == nil)
            let (byAuth, _) = try await gateway.connected(#"{"token":"admin"}"#)
            let (byQuery, _) = try await gateway.connected(query: "&token=admin")
            for client in [byAuth, byQuery] {
                try await client.send(#"421["join_admin_room"]"#)
                #expect(try await client.nextText() == #"431[{"ok":true,"room":"admin_room"}]"#)
            }
            let answer = try await gateway.call(
                "GET", "/socket.io/?EIO=4&transport=polling", headers: ["Authorization": "Bearer admin"])
            let sid = try #require(try JSONValue(String(answer.text.dropFirst()))["sid"]?.string)
            let poller = Poller(gateway: gateway, target: "/socket.io/?EIO=4&transport=polling&sid=\(sid)", sid: sid)
            _ = try await poller.connect()
            try await poller.post(#"421["join_admin_room"]"#)
            #expect(try await poller.packets() == [#"431[{"ok":true,"room":"admin_room"}]"#])
        }
    }

    @Test("a wrong token is refused, and its text is not in the answer")
    func wrongToken() async throws {
        try await SocketGateway.run({ $0.authenticator = TableAuthenticator() }) { gateway in
            let client = try await gateway.socket()
            try await client.send(#"40{"token":"top-secret-token"}"#)
            let text = try await client.nextText()
            #expect(text.hasPrefix("44{") && text.contains("unauthenticated") && !text.contains("top-secret-token"))
            let answer = try await gateway.call("GET", "/socket.io/?EIO=4&transport=polling&token=top-secret-token")
            #expect(answer.status == 401 && !answer.text.contains("top-secret-token"))
            #expect(
                try await gateway.call("GET", "/socket.io/?EIO=4&transport=polling", headers: ["Authorization": "Bearer x"]).status
                    == 401)
            #expect(gateway.sink.metrics.current.refusedTokens == 1)
        }
    }

    @Test("clients wait for keys that are fetched, whichever way their token comes, also from one transport to the other")
    func keysThatAreFetched() async throws {
        let table = TableAuthenticator()
        try await SocketGateway.run({ $0.authenticator = table }) { gateway in
            let late = ["late": Principal(role: .admin, subject: "late")]
            table.await(late)
            async let byQuery = gateway.connected(query: "&token=late")
            async let begun = gateway.call("GET", "/socket.io/?EIO=4&transport=polling&token=late")
            let byAuth = try await gateway.socket()
            try await byAuth.send(#"40{"token":"late"}"#)
            let sid = try #require(
                try JSONValue(String(try await gateway.call("GET", "/socket.io/?EIO=4&transport=polling").text.dropFirst()))["sid"]?
                    .string)
            let target = "/socket.io/?EIO=4&transport=polling&sid=\(sid)"
            #expect(try await gateway.call("POST", target, #"40{"token":"late"}"#).status == 200)
            try await eventually("all wait") { table.waiting == 4 }
            let upgraded = try await WebSocketClient.connect(
                port: gateway.port, "/socket.io/?EIO=4&transport=websocket&sid=\(sid)")
            try await upgraded.send("2probe")
            #expect(try await upgraded.nextText() == "3probe")
            try await upgraded.send("5")
            try await eventually("it waits again where it goes on") { table.waiting == 5 }
            table.fetch()
            #expect(try await begun.status == 200)
            let (first, _) = try await byQuery
            for client in [byAuth, upgraded] { #expect(try await client.nextText().hasPrefix("40{")) }
            for client in [first, byAuth, upgraded] {
                try await client.send(#"421["join_admin_room"]"#)
                #expect(try await client.nextText() == #"431[{"ok":true,"room":"admin_room"}]"#)
            }
            #expect(gateway.sink.metrics.current.refusedTokens == 0)
        }
    }

    @Test("when a token expires, the connection ends, and the client may come back with a fresh one")
    func expiry() async throws {
        let authenticator = TableAuthenticator()
        try await SocketGateway.run({ $0.authenticator = authenticator }) { gateway in
            let (client, greeting) = try await gateway.connected(#"{"token":"admin"}"#)
            let pid = try #require(greeting["pid"]?.string)
            authenticator.advance(by: 3_601)
            #expect(try await client.closeCode() == 4001)
            let (again, answer) = try await gateway.connected(#"{"pid":"\#(pid)"}"#)
            #expect(answer["pid"]?.string == pid)
            try await again.send(#"421["join_admin_room"]"#)
            #expect(try await again.nextText().contains("forbidden"))
        }
    }

    @Test("where everybody needs a token, who has none is told so and gets no event")
    func required() async throws {
        try await SocketGateway.run({ $0.authenticator = TableAuthenticator(anonymousAccess: .nothing) }) { gateway in
            let client = try await gateway.socket()
            try await client.send("40")
            #expect(try await client.nextText().hasPrefix("44{"))
            try await client.send(#"40{"token":"shop"}"#)
            #expect(try await client.nextText().hasPrefix("40{"), "the same session may try again")
        }
    }

    @Test("an event that nobody asked for does no harm, and its acknowledgement says so")
    func unknownEvent() async throws {
        try await SocketGateway.run { gateway in
            let (client, _) = try await gateway.connected()
            for _ in 0..<50 { try await client.send(#"42["user_is_typing",{"in":"search"}]"#) }
            try await client.send(#"423["user_is_typing"]"#)
            let answer = try JSONValue(String(try await client.nextText().dropFirst(3)))
            #expect(answer[0]?["ok"] == false && answer[0]?["code"] == "unknown_event")
        }
    }

    @Test("messages faster than the rate are refused, and who keeps on is disconnected")
    func rate() async throws {
        try await SocketGateway.run({ setup in
            setup.configuration.hub.limits.messages = Rate(perSecond: 1, burst: 2)
            setup.configuration.hub.limits.errorsPerConnection = 3
        }) { gateway in
            let (client, _) = try await gateway.connected()
            let event = ByteBuffer(string: #"421["x"]"#)
            try await client.send(
                (0..<8).map { _ in WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: event) })
            let codes = try await (0..<5).asyncMap { _ in
                try JSONValue(String(try await client.nextText().dropFirst(3)))[0]?["code"]
            }
            #expect(codes == ["unknown_event", "unknown_event", "rate_limited", "rate_limited", "rate_limited"])
            #expect(try await client.closeCode() == 1008)
        }
    }

    @Test("a body or a message larger than maxPayload is refused")
    func size() async throws {
        try await SocketGateway.run({ $0.configuration.maxPayload = 1_024 }) { gateway in
            let poller = try await gateway.poller()
            #expect(try await poller.post("40" + String(repeating: " ", count: 1_022)).status == 200)
            #expect(try await poller.post(String(repeating: "4", count: 1_025)).status == 413)
            let client = try await gateway.socket()
            try await client.send(String(repeating: "4", count: 1_025))
            #expect(try await client.closeCode() == 1009)
        }
    }

    @Test("sessions have a limit for all, and those that poll one for each address")
    func sessions() async throws {
        try await SocketGateway.run({ $0.configuration.hub.limits.connections = 2 }) { gateway in
            let poller = try await gateway.poller()
            let client = try await gateway.socket()
            #expect(try await gateway.call("GET", "/socket.io/?EIO=4&transport=polling").status == 503)
            await #expect(throws: WebSocketClient.Failure.self) { try await gateway.socket() }
            try await poller.post("1")
            _ = try await gateway.poller()
            await client.disconnect()
        }
        try await SocketGateway.run({ $0.configuration.pollingPerAddress = 1 }) { gateway in
            let poller = try await gateway.poller()
            #expect(try await gateway.call("GET", "/socket.io/?EIO=4&transport=polling").status == 503)
            _ = try await gateway.socket()
            try await poller.post("1")
            _ = try await gateway.poller()
        }
    }

    @Test("pages of allowed origins may poll with credentials, and others may neither send nor open WebSockets")
    func origins() async throws {
        try await SocketGateway.run({ $0.hosts.origins = ["https://shop.example"] }) { gateway in
            let target = "/socket.io/?EIO=4&transport=polling"
            let allowed = try await gateway.call("GET", target, headers: ["Origin": "https://shop.example"])
            #expect(allowed.headers["access-control-allow-origin"] == "https://shop.example")
            #expect(allowed.headers["access-control-allow-credentials"] == "true")
            let preflight = try await gateway.call(
                "OPTIONS", target, headers: ["Origin": "https://shop.example", "Access-Control-Request-Method": "POST"])
            #expect(preflight.status == 204 && preflight.headers["access-control-allow-credentials"] == "true")
            #expect(preflight.headers["access-control-allow-methods"]?.contains("POST") == true)
            let foreign = try await gateway.call("GET", target, headers: ["Origin": "https://evil.example"])
            #expect(foreign.headers["access-control-allow-origin"] == nil)
            let poller = try await gateway.poller()
            #expect(try await gateway.call("POST", poller.target, "40", headers: ["Origin": "https://evil.example"]).status == 403)
        }
    }

    @Test("when the server ends, clients hear it and are not refused for good")
    func shutdown() async throws {
        try await SocketGateway.run { gateway in
            let (client, _) = try await gateway.connected()
            let poller = try await gateway.poller()
            _ = try await poller.connect()
            async let poll = poller.packets()
            try await eventually("the poll waits") { gateway.sink.waitingPolls == 1 }
            await gateway.sink.stop()
            #expect(try await poll == ["1"])
            #expect(try await client.nextText() == "1")
            #expect(try await client.closeCode() == 1001)
            #expect(gateway.sink.metrics.current.open == 0)
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
