import NIOCore
import NIOEmbedded
import NIOWebSocket
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing
import WebSocketServer

@testable import RoomHub
@testable import WebSocketSink

@Suite("Who may be in which room")
struct AccessTests {
    private let table = TableAuthenticator()

    private func connect(
        _ target: String = "/ws", _ token: String?, _ authenticator: TableAuthenticator? = nil,
        _ change: (inout WebSocketConfiguration) -> Void = { _ in }
    ) throws -> EmbeddedConnection {
        let authenticator = authenticator ?? table
        return try EmbeddedConnection(
            target, as: try authenticator.principal(bearingIfAny: token), judgedBy: authenticator
        ) { configuration in
            configuration.hub.rooms.append(.init(name: "shops", events: [.inventoryUpdated], role: .shop))
            change(&configuration)
        }
    }

    /// The events of a batch that the connection gets.
    private func events(of connection: EmbeddedConnection, _ records: [EventEnvelope]) throws -> [UInt64] {
        _ = try connection.sent()
        try connection.deliver(records)
        return try connection.sent().compactMap { try JSONValue($0.text)["seq"]?.unsigned }
    }

    @Test(
        "a room above one's role is refused, in the address and in a message, and the connection stays",
        arguments: ["shop", "dock-1", nil])
    func above(token: String?) throws {
        let connection = try connect("/ws?room=admin_room", token)
        #expect(try connection.sent().map(\.text).last?.hasPrefix(#"{"type":"error","code":"forbidden""#) == true)
        try connection.receive(.text, #"{"type":"join","room":"admin_room"}"#)
        #expect(try connection.sent().map(\.text).last?.hasPrefix(#"{"type":"error","code":"forbidden""#) == true)
        #expect(connection.isOpen)
        #expect(connection.hub.metrics.current.joins == 0)
        #expect(try events(of: connection, [.alert(42), .stock(43)]) == [43])
    }

    @Test("an admin may be in every room, others in those of their role and those of nobody's")
    func matrix() throws {
        let allowed: [String: Set<String>] = [
            "admin": ["admin_room", "shops", "ecommerce_room", "product:1"], "shop": ["shops", "ecommerce_room", "product:1"],
            "dock-1": ["ecommerce_room", "product:1"], "": ["ecommerce_room", "product:1"],
        ]
        for (token, rooms) in allowed {
            for room in ["admin_room", "shops", "ecommerce_room", "product:1"] {
                let connection = try connect("/ws?room=\(room)", token.isEmpty ? nil : token)
                let answer = try connection.sent().map(\.text).last ?? ""
                #expect(answer.hasPrefix(#"{"type":"joined""#) == rooms.contains(room), "\(token) in \(room): \(answer)")
            }
        }
    }

    @Test("alerts in rooms such as product:1 are for admins alone", arguments: ["admin", "shop", "dock-1", nil])
    func alerts(token: String?) throws {
        for target in ["/ws?room=product:1", "/ws?room=variant:11", "/ws?room=location:WH1", "/ws?room=product:1&room=variant:11"] {
            let connection = try connect(target, token)
            let seen = try events(of: connection, [.stock(42), .alert(43)])
            #expect(seen == (token == "admin" ? [42, 43] : [42]), "\(target)")
        }
    }

    @Test("a better token in a message opens rooms, and a worse one closes them at once")
    func renewal() throws {
        let connection = try connect("/ws?room=ecommerce_room", nil)
        _ = try connection.sent()
        try connection.receive(.text, #"{"type":"auth","token":"admin"}"#)
        #expect(
            try connection.sent().map(\.text)
                == [#"{"type":"authenticated","role":"admin","subject":"admin","expiresAt":"2026-11-22T17:40:00.000Z"}"#])
        for room in ["admin_room", "product:1", "shops"] {
            try connection.receive(.text, #"{"type":"join","room":"\#(room)"}"#)
        }
        #expect(try events(of: connection, [.alert(42)]) == [42])
        try connection.receive(.text, #"{"type":"auth","token":"shop"}"#)
        #expect(
            try connection.sent().dropFirst().map(\.text) == [#"{"type":"left","room":"admin_room","code":"forbidden"}"#])
        #expect(try events(of: connection, [.alert(43), .stock(44)]) == [44])
        try connection.receive(.text, #"{"type":"join","room":"admin_room"}"#)
        #expect(try connection.sent().map(\.text).last?.contains("forbidden") == true)
        #expect(connection.isOpen)
    }

    @Test("a bad token in a message is an error and changes nothing")
    func badRenewal() throws {
        let connection = try connect("/ws?room=admin_room", "admin")
        _ = try connection.sent()
        try connection.receive(.text, #"{"type":"auth","token":"forged"}"#)
        #expect(try connection.sent().map(\.text).last?.hasPrefix(#"{"type":"error","code":"unauthenticated""#) == true)
        #expect(connection.isOpen)
        #expect(try events(of: connection, [.alert(42)]) == [42])
        #expect(connection.hub.metrics.current.refusedTokens == 1)
    }

    @Test("guessing tokens ends like other errors in a row")
    func guessing() throws {
        let connection = try connect("/ws", nil) { $0.hub.limits.errorsPerConnection = 3 }
        _ = try connection.sent()
        for _ in 0..<4 { try connection.receive(.text, #"{"type":"auth","token":"guess"}"#) }
        #expect(try connection.closeCode() == .policy)
    }

    @Test("a connection ends with 4001 when its token expires, and goes on if it was renewed before")
    func expiry() throws {
        let table = TableAuthenticator([
            "short": Principal(role: .admin, subject: "a", validUntil: Timestamp(milliseconds: 1_795_365_610_000)),
            "long": Principal(role: .admin, subject: "a", validUntil: Timestamp(milliseconds: 1_795_365_620_000)),
        ])
        let left = try connect("/ws?room=admin_room", "short", table)
        let renewed = try connect("/ws?room=admin_room", "short", table)
        try renewed.receive(.text, #"{"type":"auth","token":"long"}"#)
        table.advance(by: 9)
        left.channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(try left.closeCode() == nil)
        table.advance(by: 1)
        left.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        renewed.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(try left.closeCode() == .tokenExpired)
        #expect(try renewed.closeCode() == nil)
        #expect(try events(of: renewed, [.alert(42)]) == [42])
        table.advance(by: 10)
        renewed.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try renewed.closeCode() == .tokenExpired)
    }

    @Test("a key that is withdrawn takes its connections with it, and no others")
    func revocation() throws {
        let (old, new) = (KeyIdentity(digest: [1]), KeyIdentity(digest: [2]))
        let table = TableAuthenticator([
            "old": Principal(role: .admin, subject: "a", key: old), "new": Principal(role: .admin, subject: "a", key: new),
        ])
        let revoked = try connect("/ws?room=admin_room", "old", table)
        let trusted = try connect("/ws?room=admin_room", "new", table)
        let anonymous = try connect("/ws", nil, table)
        _ = (try revoked.sent(), try trusted.sent(), try anonymous.sent())
        table.reload()
        for connection in [revoked, trusted, anonymous] { connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1)) }
        #expect(try revoked.closeCode() == nil)
        table.withdraw(old)
        for connection in [revoked, trusted, anonymous] { connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1)) }
        #expect(try revoked.closeCode() == .tokenExpired)
        #expect(try trusted.closeCode() == nil)
        #expect(try anonymous.closeCode() == nil)
    }

    @Test("a key that goes while its connection is being opened is noticed")
    func race() throws {
        let key = KeyIdentity(digest: [1])
        let table = TableAuthenticator(["old": Principal(role: .admin, subject: "a", key: key)])
        let principal = try table.principal(bearing: "old")
        let admitted = try EmbeddedConnection(as: principal, judgedBy: table)
        table.withdraw(key)
        admitted.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try admitted.closeCode() == .tokenExpired)
    }

    @Test("where a token is required, nothing comes before it, and without one in time the connection ends")
    func required() throws {
        let table = TableAuthenticator(anonymousAccess: .nothing, deadline: .seconds(5))
        let connection = try connect("/ws?room=shops", nil, table)
        #expect(try connection.sent().map(\.text).count == 1)
        for message in [#"{"type":"join","room":"ecommerce_room"}"#, #"{"type":"leave","room":"shops"}"#] {
            try connection.receive(.text, message)
            #expect(try connection.sent().map(\.text).last?.hasPrefix(#"{"type":"error","code":"unauthenticated""#) == true)
        }
        #expect(try events(of: connection, [.stock(42)]) == [])
        try connection.receive(.text, #"{"type":"auth","token":"shop"}"#)
        #expect(try connection.sent().map(\.text).last == #"{"type":"joined","room":"shops","epoch":"epoch","seq":42}"#)
        #expect(try events(of: connection, [.stock(43)]) == [43])
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(6))
        #expect(try connection.closeCode() == nil)
        let silent = try connect("/ws", nil, table)
        silent.channel.embeddedEventLoop.advanceTime(by: .seconds(4))
        #expect(try silent.closeCode() == nil)
        silent.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(try silent.closeCode() == .tokenExpired)
    }

    @Test("a token whose key is fetched counts once the key has come; of two the later one, and until then nothing changes")
    func keysThatAreFetched() throws {
        let table = TableAuthenticator()
        let (admin, shop) = (Principal(role: .admin, subject: "late-admin"), Principal(role: .shop, subject: "late-shop"))
        table.await(["late-admin": admin, "late-shop": shop])
        let connection = try connect("/ws?room=shops", "shop", table)
        _ = try connection.sent()
        try connection.receive(.text, #"{"type":"auth","token":"late-admin"}"#)
        try connection.receive(.text, #"{"type":"auth","token":"late-shop"}"#)
        #expect(try connection.sent().isEmpty && table.waiting == 2)
        try connection.receive(.text, #"{"type":"join","room":"admin_room"}"#)
        #expect(try connection.sent().map(\.text).last?.contains("forbidden") == true)
        table.fetch()
        connection.channel.embeddedEventLoop.run()
        #expect(try connection.sent().map(\.text) == [#"{"type":"authenticated","role":"shop","subject":"late-shop"}"#])

        // A connection that is gone when the keys come, and keys that do not come.
        table.await(["never": admin])
        let gone = try connect("/ws", "shop", table)
        for one in [connection, gone] { try one.receive(.text, #"{"type":"auth","token":"never"}"#) }
        try gone.channel.close().wait()
        table.fetch(succeeds: false)
        for one in [connection, gone] { one.channel.embeddedEventLoop.run() }
        #expect(try connection.sent().map(\.text).last?.hasPrefix(#"{"type":"error","code":"unauthenticated""#) == true)
        #expect(connection.isOpen && connection.hub.metrics.current.refusedTokens == 1)
    }

    @Test("nothing is left of connections that ended: not in the rooms, nor in the watch")
    func leaks() throws {
        let table = TableAuthenticator(anonymousAccess: .nothing)
        let connections = try [nil, "shop", "admin"].map { try connect("/ws?room=shops&room=product:1", $0, table) }
        let shard = try connections.map { try $0.shard() }
        #expect(shard.map(\.access.count) == [1, 1, 1])
        for connection in connections { try connection.channel.close().wait() }
        #expect(shard.map(\.access.count) == [0, 0, 0])
        #expect(connections.map { $0.hub.metrics.current.open } == [0, 0, 0])
    }

    @Test("who sends too fast is told so, and sent away if that goes on; after a rest everything is forgotten")
    func rate() throws {
        let connection = try connect("/ws", "admin") {
            $0.hub.limits.messages = Rate(perSecond: 10, burst: 3)
            $0.hub.limits.errorsPerConnection = 2
        }
        _ = try connection.sent()
        func ping(_ times: Int) throws -> [String] {
            for _ in 0..<times { try connection.receive(.text, #"{"type":"ping"}"#) }
            return try connection.sent().map { $0.kind == .close ? "close" : $0.text.contains("rate_limited") ? "limited" : "pong" }
        }
        #expect(try ping(5) == ["pong", "pong", "pong", "limited", "limited"])
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
        #expect(try ping(1) == ["pong"])
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(300))
        #expect(try ping(5) == ["pong", "pong", "pong", "limited", "limited"])
        #expect(try ping(1) == ["close"])
        #expect(connection.hub.metrics.current.limitedMessages == 5)
        // Pings are messages too.
        let pinging = try connect("/ws", "admin") { $0.hub.limits.messages = Rate(perSecond: 1, burst: 2) }
        _ = try pinging.sent()
        for _ in 0..<3 { try pinging.receive(.ping, "p") }
        #expect(try pinging.sent().map(\.kind) == [.pong, .pong, .text])
        #expect(connection.hub.metrics.current.closed[1008] == nil, "the peer has not answered yet")
    }
}

extension EventEnvelope {
    fileprivate static func stock(_ seq: UInt64) -> EventEnvelope { envelope(seq) }
    fileprivate static func alert(_ seq: UInt64) -> EventEnvelope { envelope(seq, .stockAlert) }
}

extension EmbeddedConnection {
    fileprivate func shard() throws -> HubShard {
        try #require(hub.shard(of: channel.eventLoop))
    }

    /// Sends a batch to the connection's shard.
    fileprivate func deliver(_ records: [EventEnvelope]) throws {
        let shard = try shard()
        shard.take(Pass(records, for: shard.directory.audiences))
    }
}
