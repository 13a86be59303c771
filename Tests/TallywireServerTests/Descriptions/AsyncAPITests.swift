import Foundation
import NIOHTTP1
import TallywireCore
import TallywireTesting
import Testing

@Suite("asyncapi.json and what is really sent", .timeLimit(.minutes(3)))
struct AsyncAPITests {
    /// Kinds of messages that the scenario does not have, with the reason.
    private static let exceptions = [
        "displayShown/displayShown": "no sink listens to displays",
        "events/displayChanged": "no sink listens to displays",
        "webSocket/displayChangedInRoom": "no sink listens to displays",
        "cloudEvents/cloudEvent": "no sink publishes CloudEvents",
        "cloudEvents/cloudEventData": "no sink publishes CloudEvents",
    ]

    @Test(
        "every message that goes over WebSocket and MQTT is one of those that the document has for its channel, and every kind is sent"
    )
    func conversation() async throws {
        let scenario = try await AsyncAPIScenario()
        let document = try AsyncDocument(try await scenario.play())
        var seen: [String: Int] = [:]
        var types: Set<String> = []
        for entry in scenario.transcript.entries {
            let text = String(decoding: entry.payload, as: UTF8.self)
            let (channel, isClients) = try #require(place(of: entry, document), "\(entry.place): \(text)")
            let (kind, mistakes) = document.kind(of: entry.payload, in: channel, isClients: isClients)
            #expect(mistakes == [], "\(channel): \(text)")
            if let kind { seen[kind, default: 0] += 1 }
            guard channel == "events", let event = Transcript.json(entry) else { continue }
            if let type = event["type"]?.text { types.insert(type) }
        }
        for kind in document.kinds.sorted() {
            if let reason = Self.exceptions[kind] {
                #expect(seen[kind] == nil, "\(kind) was sent, although \(reason)")
            } else {
                #expect(seen[kind] != nil, "\(kind) was not sent")
            }
        }
        let displays: Set<EventType> = [.displayStale, .displayCurrent]
        #expect(types == Set(EventType.allCases.filter { !displays.contains($0) }.map(\.rawValue)))
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
            let isClients = topic.hasPrefix("scanners/") && !topic.hasSuffix("/ack")
            return document.channels(of: topic).last.map { ($0, isClients) }
        }
    }
}
