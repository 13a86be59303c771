import HTTPPort
import RoomHub
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywireHTTP
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import SocketIOSink

@Suite("What the documents say of Socket.IO", .timeLimit(.minutes(2)))
struct DescriptionTests {
    @Test("what is really sent is as asyncapi.json says")
    func messages() async throws {
        let document = try JSONValue(AsyncAPI.document(version: "0", [.socketIO]))
        let validator = SchemaValidator(document: document)
        @Sendable func mistakes(_ event: SocketEvent, _ message: String) throws -> [String] {
            let payload = try #require(validator.resolve("#/components/messages/\(message)")?["payload"])
            return validator.mistakes(in: event.data, schema: payload)
        }
        try await SocketGateway.run({ $0.configuration.joins = ["join_journal": "journal", "join_nothing": "admin_room"] }) {
            gateway in
            let (client, _) = try await gateway.connected()
            try await client.send(#"421["join_journal"]"#)
            _ = try await client.nextText()
            try await gateway.set("A", 5)
            try await gateway.run(.updateProduct(ProductID(1), ProductUpdate(status: .inactive)))
            var seen: Set<String> = []
            while seen.count < 3 {
                let event = try await client.nextEvent()
                let message = try #require(Self.messages[event.name], "\(event.name)")
                #expect(try mistakes(event, message) == [], "\(event.name)")
                seen.insert(event.name)
            }
            let (stranger, _) = try await gateway.connected(#"{"pid":"nobody"}"#)
            #expect(try mistakes(try await stranger.nextEvent(), "snapshotInSocketIO") == [])
            let wrong = try #require(try SocketEvent(#"42["snapshot",{"room":1}]"#))
            #expect(try mistakes(wrong, "snapshotInSocketIO") != [])
        }
    }

    private static let messages = [
        "inventory_updated": "inventoryUpdatedInSocketIO", "stock_alert": "stockAlertInSocketIO",
        "product_status_changed": "productStatusChangedInSocketIO",
    ]

    @Test("openapi.json has the requests of polling, where a sink has them")
    func requests() async throws {
        try await SocketGateway.run({ $0.configuration.path = "/live" }) { gateway in
            let document = try JSONValue(try await gateway.call("GET", "/openapi.json").text)
            let item = try #require(document["paths"]?["/live/"])
            #expect(Set(item.members.keys) == ["get", "post"])
            let validator = SchemaValidator(document: document)
            let problem = try #require(
                item["get"]?["responses"]?["400"]?["content"]?["application/problem+json"]?["schema"]?["$ref"]?.string)
            #expect(validator.resolve(problem) != nil)
            let refusal = try await gateway.call("GET", "/live/?EIO=3&transport=polling")
            #expect(refusal.status == 400)
            #expect(try validator.mistakes(in: JSONValue(refusal.text), schema: ["$ref": .string(problem)]) == [])
        }
    }

    @Test("a configuration that cannot be served is refused with its option")
    func validation() {
        func path(_ change: (inout SocketIOConfiguration) -> Void) -> [String]? {
            var configuration = SocketIOConfiguration()
            change(&configuration)
            do throws(OptionError) { try configuration.validate() } catch { return error.path }
            return nil
        }
        #expect(path { _ in } == nil)
        #expect(path { $0.path = "socket.io" } == ["path"])
        #expect(path { $0.path = "/socket.io/" } == ["path"])
        #expect(path { ($0.path, $0.conformance) = ("/engine.io", true) } == ["path"])
        #expect(path { $0.joins = ["join": "nowhere"] } == ["joins", "join"])
        #expect(path { $0.hub.rooms = [] } == nil, "the standard joins may lead nowhere")
        #expect(path { $0.transports = [] } == ["transports"])
        #expect(path { $0.pingInterval = .milliseconds(99) } == ["pingInterval"])
        #expect(path { $0.pingInterval = .milliseconds(100) } == nil)
        #expect(path { $0.pingTimeout = .milliseconds(99) } == ["pingTimeout"])
        #expect(path { $0.maxPayload = 1_023 } == ["maxPayload"])
        #expect(path { $0.connectTimeout = .zero } == ["connectTimeout"])
        #expect(path { $0.keep = .seconds(-1) } == ["keep"])
        #expect(path { $0.pollingPerAddress = 0 } == ["pollingPerAddress"])
        #expect(InventoryAPI.isTaken("/api/products/1") && InventoryAPI.isTaken("/admin/"))
        #expect(!InventoryAPI.isTaken("/socket.io/"))
    }

    @Test("transports that are turned off are refused, and not offered")
    func transports() async throws {
        try await SocketGateway.run({ $0.configuration.transports = [.polling] }) { gateway in
            let handshake = try await gateway.call("GET", "/socket.io/?EIO=4&transport=polling")
            #expect(handshake.text.contains(#""upgrades":[]"#))
            await #expect(throws: WebSocketClient.Failure.self) { try await gateway.socket() }
        }
        try await SocketGateway.run({ $0.configuration.transports = [.websocket] }) { gateway in
            #expect(try await gateway.call("GET", "/socket.io/?EIO=4&transport=polling").status == 400)
            _ = try await gateway.socket()
        }
    }

    @Test("metrics have the sink's own names")
    func metrics() async throws {
        try await SocketGateway.run { gateway in
            _ = try await gateway.connected()
            _ = try await gateway.poller()
            let metrics = gateway.sink.sinkMetrics
            #expect(metrics.allSatisfy { $0.name.hasPrefix("socketio_") })
            #expect(metrics.first { $0.name == "socketio_connections" }?.value == .gauge(2))
            #expect(metrics.contains { $0.name == "socketio_polls_waiting" })
        }
    }
}
