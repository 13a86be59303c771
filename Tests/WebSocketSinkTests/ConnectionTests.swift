import HTTPEndpoints
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOWebSocket
import TallywireAccess
import Testing

@testable import RoomHub
@testable import WebSocketServer
@testable import WebSocketSink

/// A connection on a channel without a network, and with a clock of its own.
struct EmbeddedConnection {
    let hub: Hub
    let channel = EmbeddedChannel()

    init(
        _ target: String = "/ws", echo: Bool = false, as principal: Principal? = .anybody,
        judgedBy authenticator: any Authenticator = OpenAuthenticator(), _ change: (inout WebSocketConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = WebSocketConfiguration()
        change(&configuration)
        hub = Hub(configuration.hub, times: configuration.times)
        hub.start(context(epoch: "epoch", head: 41))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let endpoint: any UpgradeEndpoint =
            echo ? EchoEndpoint(hub: hub, path: "/echo") : RoomEndpoint(hub: hub, path: configuration.path)
        let request = UpgradeRequest(
            head: HTTPRequestHead(version: .http1_1, method: .GET, uri: target), principal: principal, authenticator: authenticator)
        try endpoint.install(on: channel, request: request).wait()
    }

    /// All frames that were sent since the last look.
    func sent() throws -> [ServerFrame] {
        var bytes = ByteBuffer()
        while var piece = try channel.readOutbound(as: ByteBuffer.self) { bytes.writeBuffer(&piece) }
        return ServerFrame.all(in: bytes)
    }

    func receive(_ opcode: WebSocketOpcode, _ text: String, fin: Bool = true) throws {
        try receive(frame(opcode, Array(text.utf8), fin: fin))
    }

    func receive(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// A client's frame, masked with zeros.
    func frame(_ opcode: WebSocketOpcode, _ payload: [UInt8], fin: Bool = true, masked: Bool = true, reserved: UInt8 = 0) -> [UInt8]
    {
        var bytes: [UInt8] = [(fin ? 0x80 : 0) | reserved << 4 | UInt8(webSocketOpcode: opcode)]
        let bit: UInt8 = masked ? 0x80 : 0
        if payload.count < 126 {
            bytes.append(bit | UInt8(payload.count))
        } else {
            bytes += [bit | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        return bytes + (masked ? [0, 0, 0, 0] : []) + payload
    }

    var isOpen: Bool { channel.isActive }

    /// The code of the close frame that was sent last, `nil` if the last frame is none.
    func closeCode() throws -> CloseCode? {
        guard let last = try sent().last, last.kind == .close else { return nil }
        return last.payload.getInteger(at: last.payload.readerIndex, as: UInt16.self).map(CloseCode.init(rawValue:))
    }
}

@Suite("A connection")
struct ConnectionTests {
    @Test("it is welcomed with the position from which events come by themselves")
    func welcome() throws {
        let connection = try EmbeddedConnection()
        let welcome = try #require(try connection.sent().first?.text)
        #expect(welcome.hasPrefix(#"{"type":"welcome","epoch":"epoch","seq":41,"connection":""#))
        #expect(welcome.hasSuffix(#"","pingInterval":25000,"messageBytes":65536}"#))
    }

    @Test("rooms of the query are joined at once, and a client that says where it was hears whether it missed something")
    func query() throws {
        let connection = try EmbeddedConnection("/ws?room=admin_room&room=nowhere&room=product:1&since=epoch:41")
        let texts = try connection.sent().dropFirst().map(\.text)
        #expect(texts.count == 3)
        #expect(texts[0] == #"{"type":"joined","room":"admin_room","epoch":"epoch","seq":41,"recovered":true}"#)
        #expect(texts[1].hasPrefix(#"{"type":"error","code":"unknown_room""#))
        #expect(texts[2] == #"{"type":"joined","room":"product:1","epoch":"epoch","seq":41,"recovered":true}"#)
        let broken = try EmbeddedConnection("/ws?room=admin_room&since=40")
        let answers = try broken.sent().dropFirst().map(\.text)
        #expect(answers.count == 2)
        #expect(answers[0].hasPrefix(#"{"type":"error","code":"invalid_message""#))
        #expect(answers[1] == #"{"type":"joined","room":"admin_room","epoch":"epoch","seq":41}"#)
    }

    @Test("join, leave and ping are answered")
    func messages() throws {
        let connection = try EmbeddedConnection()
        _ = try connection.sent()
        try connection.receive(.text, #"{"type":"join","room":"admin_room"}"#)
        try connection.receive(.text, #"{"type":"ping","id":"a"}"#)
        try connection.receive(.text, #"{"type":"leave","room":"admin_room"}"#)
        try connection.receive(.text, #"{"type":"join","room":"x"}"#)
        try connection.receive(.text, #"{"type":"untrack","products":[7],"variants":[8]}"#)
        let texts = try connection.sent().map(\.text)
        #expect(texts[0] == #"{"type":"joined","room":"admin_room","epoch":"epoch","seq":41}"#)
        #expect(texts[1] == #"{"type":"pong","id":"a","seq":41}"#)
        #expect(texts[2] == #"{"type":"left","room":"admin_room"}"#)
        #expect(texts[3].contains(#""code":"unknown_room""#))
        #expect(texts[4] == #"{"type":"untracked","products":[7],"variants":[8]}"#)
        #expect(connection.hub.metrics.current.joins == 1)
        #expect(connection.hub.metrics.current.errors == 1)
        #expect(connection.isOpen)
    }

    @Test("one room more than the limit is refused, and there is room again after leaving one")
    func roomLimit() throws {
        let connection = try EmbeddedConnection { $0.hub.limits.roomsPerConnection = 2 }
        _ = try connection.sent()
        for room in ["product:1", "product:2", "product:3", "product:1"] {
            try connection.receive(.text, #"{"type":"join","room":"\#(room)"}"#)
        }
        try connection.receive(.text, #"{"type":"leave","room":"product:1"}"#)
        try connection.receive(.text, #"{"type":"join","room":"product:3"}"#)
        let texts = try connection.sent().map(\.text)
        #expect(texts.map { $0.contains("too_many_rooms") } == [false, false, true, false, false, false])
    }

    @Test("errors are answered until there are too many in a row")
    func errors() throws {
        let connection = try EmbeddedConnection { $0.hub.limits.errorsPerConnection = 2 }
        _ = try connection.sent()
        try connection.receive(.text, "?")
        try connection.receive(.binary, "?")
        try connection.receive(.text, #"{"type":"ping"}"#)
        try connection.receive(.text, "?")
        try connection.receive(.text, "?")
        #expect(try connection.sent().map(\.kind) == [.text, .text, .text, .text, .text])
        try connection.receive(.text, "?")
        #expect(try connection.closeCode() == .policy)
    }

    @Test("a message of 513 brackets is a mistake like others, and the server lives")
    func deeplyNested() throws {
        let connection = try EmbeddedConnection()
        _ = try connection.sent()
        for open in ["[", #"{"room":"#, #"{"type":"join","room":["#] {
            try connection.receive(.text, String(repeating: open, count: 512) + "[")
        }
        #expect(try connection.sent().map(\.text).map { $0.contains(#""code":"invalid_json""#) } == [true, true, true])
    }

    @Test("a message in fragments is one message, also with a ping in between")
    func fragments() throws {
        let connection = try EmbeddedConnection()
        _ = try connection.sent()
        try connection.receive(.text, #"{"type":"#, fin: false)
        try connection.receive(.ping, "between")
        try connection.receive(.continuation, #""ping","#, fin: false)
        try connection.receive(.continuation, #""id":7}"#)
        let frames = try connection.sent()
        #expect(frames.map(\.kind) == [.pong, .text])
        #expect(frames.map(\.text) == ["between", #"{"type":"pong","id":7,"seq":41}"#])
    }

    @Test("bytes may come one by one")
    func bytewise() throws {
        let connection = try EmbeddedConnection()
        _ = try connection.sent()
        for byte in connection.frame(.text, Array(#"{"type":"ping"}"#.utf8)) { try connection.receive([byte]) }
        #expect(try connection.sent().map(\.text) == [#"{"type":"pong","seq":41}"#])
    }

    @Test(
        "what RFC 6455 forbids closes the connection with its code",
        arguments: [
            (Violation.unmasked, CloseCode.protocolError), (.reservedBits, .protocolError), (.reservedOpcode, .protocolError),
            (.reservedControl, .protocolError), (.longPing, .protocolError), (.fragmentedPing, .protocolError),
            (.continuationFirst, .protocolError), (.textInText, .protocolError), (.badUTF8, .invalidText),
            (.badUTF8InFragments, .invalidText), (.tooBig, .tooBig), (.tooBigInFragments, .tooBig), (.tooManyFragments, .tooBig),
            (.badClose, .protocolError),
        ])
    func violations(violation: Violation, code: CloseCode) throws {
        let connection = try EmbeddedConnection { $0.hub.limits.message = 1000 }
        _ = try connection.sent()
        for frame in violation.frames(connection) { try? connection.receive(frame) }
        #expect(try connection.closeCode() == code)
        try? connection.receive(.text, #"{"type":"ping"}"#)
        #expect(try connection.sent() == [])
    }

    enum Violation: CaseIterable {
        case unmasked, reservedBits, reservedOpcode, reservedControl, longPing, fragmentedPing, continuationFirst, textInText
        case badUTF8, badUTF8InFragments, tooBig, tooBigInFragments, tooManyFragments, badClose

        func frames(_ c: EmbeddedConnection) -> [[UInt8]] {
            let half = [UInt8](repeating: 0x61, count: 600)
            return switch self {
            case .unmasked: [c.frame(.text, [0x61], masked: false)]
            case .reservedBits: [c.frame(.text, [0x61], reserved: 4)]
            case .reservedOpcode: [[0x83, 0x80, 0, 0, 0, 0]]
            case .reservedControl: [[0x8B, 0x80, 0, 0, 0, 0]]
            case .longPing: [c.frame(.ping, [UInt8](repeating: 0, count: 126))]
            case .fragmentedPing: [c.frame(.ping, [], fin: false)]
            case .continuationFirst: [c.frame(.continuation, [0x61])]
            case .textInText: [c.frame(.text, [0x61], fin: false), c.frame(.text, [0x61])]
            case .badUTF8: [c.frame(.text, [0xC3, 0x28])]
            case .badUTF8InFragments: [c.frame(.text, [0xC3], fin: false), c.frame(.continuation, [0x28])]
            case .tooBig: [c.frame(.text, half + half)]
            case .tooBigInFragments: [c.frame(.text, half, fin: false), c.frame(.continuation, half)]
            case .tooManyFragments:
                [c.frame(.text, [], fin: false)] + Array(repeating: c.frame(.continuation, [], fin: false), count: 1024)
            case .badClose: [c.frame(.connectionClose, [0])]
            }
        }
    }

    @Test("a close frame is answered with the same code, and then the connection ends")
    func close() throws {
        let connection = try EmbeddedConnection()
        _ = try connection.sent()
        try connection.receive(connection.frame(.connectionClose, [0x0F, 0xA1, 0x62]))
        #expect(try connection.closeCode() == CloseCode(rawValue: 4001))
        #expect(!connection.isOpen)
        #expect(connection.hub.metrics.current.closed == [4001: 1])
        #expect(connection.hub.metrics.current.open == 0)
    }

    @Test("half a connection is closed, and counts as lost")
    func halfClosed() throws {
        let connection = try EmbeddedConnection()
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!connection.isOpen)
        #expect(connection.hub.metrics.current.closed == [1006: 1])
    }

    @Test("when the server goes away it says so, and does not wait for ever for the answer")
    func goingAway() throws {
        let connection = try EmbeddedConnection()
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(try connection.closeCode() == .goingAway)
        #expect(connection.isOpen)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(4))
        #expect(connection.isOpen)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(3))
        #expect(!connection.isOpen)
        #expect(connection.hub.metrics.current.closed == [1001: 1])
    }

    @Test("it is pinged, and closed when it is silent for two intervals")
    func silence() throws {
        let connection = try EmbeddedConnection { $0.pingInterval = .seconds(10) }
        let loop = connection.channel.embeddedEventLoop
        _ = try connection.sent()
        loop.advanceTime(by: .seconds(11))
        #expect(try connection.sent().map(\.kind) == [.ping])
        try connection.receive(.pong, "")
        for _ in 0..<15 { loop.advanceTime(by: .seconds(1)) }
        #expect(try connection.sent().map(\.kind) == [.ping])
        #expect(connection.isOpen)
        for _ in 0..<10 { loop.advanceTime(by: .seconds(1)) }
        #expect(!connection.isOpen)
        #expect(connection.hub.metrics.current.closed == [1006: 1])
    }

    @Test("what an event loop slept through is not the silence of its peers")
    func stall() {
        var meter = StallMeter(period: .seconds(1), now: .uptimeNanoseconds(0))
        #expect(meter.stall(at: .uptimeNanoseconds(1_000_000_000)) == nil)
        #expect(meter.stall(at: .uptimeNanoseconds(2_900_000_000)) == nil)
        #expect(meter.stall(at: .uptimeNanoseconds(62_900_000_000)) == .seconds(59))
        #expect(meter.stall(at: .uptimeNanoseconds(63_900_000_000)) == nil)
    }

    @Test("silence that is forgiven does not count")
    func forgiveness() throws {
        let connection = try EmbeddedConnection { $0.pingInterval = .seconds(10) }
        let loop = connection.channel.embeddedEventLoop
        let handler = try connection.channel.pipeline.syncOperations.handler(type: WebSocketConnection.self)
        for _ in 0..<19 { loop.advanceTime(by: .seconds(1)) }
        handler.shortenSilence(by: .seconds(10))
        for _ in 0..<10 { loop.advanceTime(by: .seconds(1)) }
        #expect(connection.isOpen)
        for _ in 0..<3 { loop.advanceTime(by: .seconds(1)) }
        #expect(!connection.isOpen)
    }

    @Test("a reader for whom too much waits is closed with 4008 and gets nothing more")
    func slowReader() throws {
        let connection = try EmbeddedConnection { $0.hub.limits.buffer = 4096 }
        _ = try connection.sent()
        connection.channel.isWritable = false
        connection.channel.pipeline.fireChannelWritabilityChanged()
        try connection.receive(.ping, "still within")
        #expect(try connection.sent().map(\.kind) == [.pong])
        // Written and not flushed is what waits in a channel without a network.
        connection.channel.write(ByteBuffer(repeating: 0, count: 4097), promise: nil)
        try connection.receive(.ping, "beyond")
        connection.channel.flush()
        _ = try connection.channel.readOutbound(as: ByteBuffer.self)
        #expect(try connection.closeCode() == .tooSlow)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(7))
        #expect(!connection.isOpen)
        #expect(connection.hub.metrics.current.closed == [4008: 1])
    }

    @Test("the echo sends back what it gets, and knows nothing of rooms")
    func echo() throws {
        let connection = try EmbeddedConnection(echo: true)
        try connection.receive(.text, "täst")
        try connection.receive(.binary, "\u{1}")
        let frames = try connection.sent()
        #expect(frames.map(\.kind) == [.text, .binary])
        #expect(frames.map(\.text) == ["täst", "\u{1}"])
        try connection.receive(connection.frame(.text, [0xFF]))
        #expect(try connection.closeCode() == .invalidText)
    }

    @Test("the echo reads only while the peer reads")
    func echoPressure() throws {
        let connection = try EmbeddedConnection(echo: true)
        let reads = ReadCounter()
        try connection.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        connection.channel.isWritable = false
        connection.channel.read()
        #expect(reads.count == 0)
        connection.channel.isWritable = true
        connection.channel.pipeline.fireChannelWritabilityChanged()
        #expect(reads.count == 1)
    }

    final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }
}
