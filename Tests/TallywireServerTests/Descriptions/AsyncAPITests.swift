import Foundation
import NIOHTTP1
import TallywireCore
import TallywireHTTP
import TallywirePipeline
import TallywireServer
import TallywireTesting
import TestSupport
import Testing

@Suite("asyncapi.json and what is really sent", .timeLimit(.minutes(3)))
struct AsyncAPITests {
    @Test(
        "every message that goes over WebSocket and MQTT is one of those that the document has for its channel, and every kind is sent"
    )
    func conversation() async throws {
        let scenario = try await AsyncAPIScenario()
        let document = try AsyncDocument(try await scenario.play())
        #expect(document.json == (try JSONValue(AsyncAPI.document(version: tallywireVersion, PluginRegistry.builtIn.messaging))))
        var seen: [String: Int] = [:]
        var types: Set<String> = []
        for entry in scenario.transcript.entries {
            let text = String(decoding: entry.payload, as: UTF8.self)
            let (channel, isClients) = try #require(place(of: entry, document), "\(entry.place): \(text)")
            let (kind, mistakes) = document.kind(of: entry.payload, in: channel, isClients: isClients, headers: entry.headers)
            #expect(mistakes == [], "\(channel): \(text)")
            if let kind { seen[kind, default: 0] += 1 }
            guard channel == "events", let event = Transcript.json(entry) else { continue }
            if let type = event["type"]?.string { types.insert(type) }
        }
        // Those of Socket.IO and of NATS are in the tests of their sinks.
        for kind in document.kinds.sorted() where !kind.hasPrefix("socketIO/") && !kind.hasPrefix("nats") {
            #expect(seen[kind] != nil, "\(kind) was not sent")
        }
        #expect(types == Set(EventType.allCases.map(\.rawValue)))
    }

    @Test("a message that is not as the document says is found")
    func mistakes() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        let document = try AsyncDocument(try await server.call(.GET, "/asyncapi.json").body)
        #expect(await server.terminate() == 0)
        func kind(_ text: String, _ channel: String, isClients: Bool = false) -> String? {
            document.kind(of: Array(text.utf8), in: channel, isClients: isClients).kind
        }
        #expect(kind(#"{"type":"pong","id":1,"seq":5}"#, "webSocket") == "webSocket/pong")
        #expect(kind(#"{"type":"pong","id":1}"#, "webSocket") == nil)
        #expect(kind(#"{"type":"pong","seq":5}"#, "webSocket", isClients: true) == nil)
        #expect(kind(#"{"id":"a","status":"applied","seq":5,"extra":1}"#, "scanAck") == nil)
        #expect(kind("{}", "scan", isClients: true) == nil)
        #expect(document.channels(of: "scanners/dock-1/ack") == ["scanAck"] && document.channels(of: "else/where") == [])
    }

    private func place(of entry: Transcript.Entry, _ document: AsyncDocument) -> (channel: String, isClients: Bool)? {
        switch entry.place {
        case .webSocket: return ("webSocket", entry.isClients)
        case .topic(let topic):
            if topic.hasPrefix("answers/") { return ("scanResponse", false) }
            // The document has one address for events in whatever form; the scenario publishes each form beside the others.
            if topic.hasPrefix("cloud/") || topic.hasPrefix("binary/") { return ("cloudEvents", false) }
            let isClients = topic.hasSuffix("/shown") || topic.hasPrefix("scanners/") && !topic.hasSuffix("/ack")
            return document.channels(of: topic).last.map { ($0, isClients) }
        }
    }
}
