import HTTPEndpoints
import NIOCore
import PipelineHost
import TallywireAccess
import TallywireConfiguration
import TallywireCore
import TallywirePipeline
import TallywireProtocol
import Testing

@testable import RoomHub
@testable import WebSocketServer
@testable import WebSocketSink

@Suite("Messages")
struct MessageTests {
    @Test("rooms and position are read from the query")
    func greeting() {
        let greeting = Greeting(target: "/ws?room=admin_room&room=location%3AWH+1&since=e%3A1:41&snapshot=false")
        #expect(greeting.rooms == ["admin_room", "location:WH 1"])
        #expect(greeting.since == .init(epoch: "e:1", seq: 41))
        #expect(greeting.mistakes == [])
        #expect(Greeting(target: "/ws").rooms == [])
        #expect(Greeting(target: "/ws?room=%zz%4").rooms == ["%zz%4"])
        let marks = String(repeating: "%CC%81%CC%96", count: 2_000)
        let hostile = Greeting(target: "/ws?room=a\(marks)&snapshot=\(marks)")
        #expect(hostile.rooms == ["\u{FFFD}"] && !hostile.snapshot, "nor what takes long to compare")
    }

    @Test(
        "what the query says and nobody understands is said",
        arguments: [
            ("rom=a", #"there is no parameter "rom": room, since and snapshot are known"#),
            ("room=a&%72oom2", #"there is no parameter "room2": room, since and snapshot are known"#),
            ("room=a&since=41", #""since" is not EPOCH:SEQ"#), ("since=e:41", #""since" needs a "room""#),
            ("room=a&since=e:1&since=e:2", #""since" is there twice"#), ("room=a&snapshot=yes", #""snapshot" is true or false"#),
        ])
    func greetingMistakes(query: String, mistake: String) {
        #expect(Greeting(target: "/ws?" + query).mistakes == [mistake])
        let many = (0..<1_000).map { "p\($0)=1" }.joined(separator: "&")
        #expect(Greeting(target: "/ws?" + many).mistakes.count == 4)
    }

    @Test(
        "a close frame is answered with its own code, or with what is wrong about it",
        arguments: [
            ([], CloseRequest.answer(nil)), ([3, 232], .answer(.normal)),
            ([0x0F, 0xA0, 0x68, 0x69], .answer(.init(rawValue: 4000))),
            ([3], .fail(.protocolError)), ([0, 0], .fail(.protocolError)), ([3, 236], .fail(.protocolError)),
            ([3, 237], .fail(.protocolError)), ([3, 238], .fail(.protocolError)), ([3, 247], .fail(.protocolError)),
            ([3, 248], .fail(.protocolError)), ([0x13, 0x88], .fail(.protocolError)), ([3, 232, 0xC3, 0x28], .fail(.invalidText)),
        ] as [([UInt8], CloseRequest)])
    func closing(payload: [UInt8], request: CloseRequest) {
        #expect(CloseRequest(ByteBuffer(bytes: payload)) == request)
    }

    @Test("a reason is cut to what a control frame holds")
    func longReason() {
        let frame = ByteBuffer.closeFrame(.goingAway, reason: String(repeating: "ä", count: 100))
        #expect(frame.readableBytes <= 127)
        #expect(ServerFrame.all(in: frame).first?.payload.getSlice(at: 2, length: 122)?.isValidUTF8 == true)
    }
}

@Suite("The configuration of rooms")
struct ConfigurationTests {
    @Test("the defaults are the rooms of the contract and hold")
    func defaults() throws {
        let configuration = WebSocketConfiguration()
        try configuration.validate()
        #expect(configuration.hub.rooms.map(\.name) == ["admin_room", "ecommerce_room", "journal"])
        #expect(configuration.hub.limits.message == 65_536)
    }

    @Test("what types cannot say is refused, with the place of the mistake")
    func mistakes() {
        func path(_ change: (inout WebSocketConfiguration) -> Void) -> [String]? {
            var configuration = WebSocketConfiguration()
            change(&configuration)
            return #expect(throws: OptionError.self) { try configuration.validate() }?.path
        }
        #expect(path { $0.path = "ws" } == ["path"])
        #expect(path { $0.echo = "/echo?x" } == ["echo"])
        #expect(path { $0.echo = "/ws" } == ["echo"])
        #expect(path { $0.hub.rooms.append(.init(name: "product:1", events: [])) } == ["rooms", "product:1"])
        #expect(path { $0.hub.rooms.append(.init(name: "", events: [])) } == ["rooms", ""])
        #expect(path { $0.hub.rooms.append(.init(name: "admin_room", events: [])) } == ["rooms", "admin_room"])
        #expect(path { $0.hub.rooms[0].bands = [] } == ["rooms", "admin_room"])
        #expect(path { $0.hub.rooms[0].bands = [5, 0] } == ["rooms", "admin_room"])
        #expect(path { ($0.hub.rooms[0].bands, $0.hub.rooms[0].fields) = ([0], ["previousStock"]) } == ["rooms", "admin_room"])
        #expect(path { $0.hub.rooms[1].fields = ["stock"] } == ["rooms", "ecommerce_room"])
        #expect(path { $0.hub.broadcastBands = [1, 1] } == ["broadcast"])
        #expect(path { $0.hub.limits.trackedPerConnection = 0 } == ["limits", "trackedPerConnection"])
        #expect(path { $0.hub.limits.snapshotItems = 0 } == ["limits", "snapshotItems"])
        #expect(path { $0.hub.limits.messages.burst = 0 } == ["limits", "messageBurst"])
        #expect(path { $0.hub.limits.message = 0 } == ["limits", "message"])
        #expect(path { $0.hub.limits.buffer = 4_095 } == ["limits", "buffer"])
        #expect(path { $0.pingInterval = .zero } == ["pingInterval"])
        #expect(path { $0.idleTimeout = .seconds(25) } == ["idleTimeout"])
    }

    @Test("a sink is made from options that the schema has filled in")
    func type() throws {
        #expect(SinkType.webSocket.name == "websocket")
        #expect(SinkType.webSocket.mode == .live)
        let entry = SinkEntry(
            name: "websocket", type: .webSocket, deadLetter: "",
            options: [
                "path": "/live",
                "rooms": [
                    "a": [
                        "events": ["stock_alert"], "stock": ["bands": [0, 5]], "fields": ["stock"], "snapshot": false, "replay": 10,
                    ]
                ],
                "broadcast": ["events": [], "stock": ["bands": [0]]],
                "pingInterval": .init(.duration(.seconds(5))), "drain": .init(.duration(.zero)),
                "returnWithin": .init(.duration(.zero)),
                "limits": [
                    "message": .init(.size(.kibibytes(1))), "roomsPerConnection": 2, "trackedPerConnection": 7,
                    "snapshotItems": 8, "connections": 3,
                    "buffer": .init(.size(.kibibytes(8))),
                    "messagesPerSecond": 5, "messageBurst": 6, "errorsPerConnection": 4,
                ], "echo": "/live/echo",
            ])
        let sink = try #require(try entry.makeSink() as? WebSocketSink)
        #expect(sink.endpoints.map(\.path) == ["/live", "/live/echo"])
    }
}
