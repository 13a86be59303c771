import Foundation
import TallywireCore
import TallywirePipeline
import TallywireProtocol
import TallywireServer
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("asyncapi.json")
struct AsyncAPIDocumentTests {
    private let document: JSONValue
    private let validator: SchemaValidator

    init() throws {
        document = try JSONValue(AsyncAPI.document(version: "0.1.0", PluginRegistry.builtIn.messaging))
        validator = SchemaValidator(document: document)
    }

    @Test("a plugin of a program's own describes its messages beside the others")
    func ownPlugin() throws {
        let messaging = Messaging(
            servers: [.init("horn", security: .init("whistle", ["type": "userPassword"]), ["host": "dock", "protocol": "horn"])],
            channels: [.init(id: "blasts", address: "blasts", summary: "Blasts.", servers: ["horn"], messages: ["blast"])],
            operations: [.init(id: "blow", action: .send, channel: "blasts", summary: "Blows.", messages: ["blast"])],
            messages: [
                .init(id: "blast", summary: "A blast.", payload: JSONSchema.reference("Blast"), examples: [.init("long", 3)])
            ],
            schemas: [("Blast", JSONSchema.count)])
        let own = try JSONValue(AsyncAPI.document(version: "0.1.0", PluginRegistry.builtIn.messaging + [messaging]))
        #expect(AsyncAPIGrammar.mistakes(in: own) == [])
        for (path, name) in [("servers", "horn"), ("channels", "blasts"), ("operations", "blow")] {
            #expect(own[path]?[name] != nil && document[path]?[name] == nil, "\(path)")
        }
        for (path, name) in [("messages", "blast"), ("schemas", "Blast"), ("securitySchemes", "whistle")] {
            #expect(own["components"]?[path]?[name] != nil, "\(path)")
        }
        // Both MQTT plugins name the same broker.
        #expect(
            (own["servers"]?.members ?? [:]).keys.sorted() == [
                "broker", "horn", "nats", "socketIO", "socketIOTLS", "websocket", "websocketTLS",
            ])
    }

    @Test("its objects have the fields that AsyncAPI 3.0.0 names, and no other")
    func grammar() {
        #expect(AsyncAPIGrammar.mistakes(in: document) == [])
        let broken: JSONValue = ["asyncapi": "3.0.0", "info": ["title": "x", "licence": [:]]]
        #expect(AsyncAPIGrammar.mistakes(in: broken).count == 2)
    }

    @Test("every reference leads somewhere and stands alone; every schema, message and security scheme is used")
    func references() {
        var used: Set<String> = []
        func walk(_ value: JSONValue, _ path: String) {
            if let reference = value["$ref"]?.string {
                #expect(validator.resolve(reference) != nil, "\(path): \(reference)")
                // Draft 7 of JSON Schema passes over what stands beside it.
                #expect(value.members.count == 1, "\(path)")
                used.insert(reference)
            }
            for (name, member) in value.members { walk(member, "\(path)/\(name)") }
            for element in value.elements { walk(element, path) }
        }
        walk(document, "#")
        for kind in ["schemas", "messages", "securitySchemes"] {
            let names = document["components"]?[kind]?.members.keys.sorted() ?? []
            #expect(!names.isEmpty)
            for name in names { #expect(used.contains("#/components/\(kind)/\(name)"), "\(name) is not used") }
        }
        for name in document["servers"]?.members.keys.sorted() ?? [] { #expect(used.contains("#/servers/\(name)"), "\(name)") }
    }

    @Test(
        "every message of every channel is sent, received or answered by an operation, and operations name their own channel's alone"
    )
    func operations() throws {
        var handled: [String: Set<String>] = [:]
        func note(_ messages: JSONValue?, of channel: String, _ name: String) {
            #expect(messages?.elements.isEmpty == false, "\(name)")
            for reference in messages?.elements.compactMap({ $0["$ref"]?.string }) ?? [] {
                let prefix = channel + "/messages/"
                #expect(reference.hasPrefix(prefix), "\(name): \(reference)")
                handled[channel, default: []].insert(String(reference.dropFirst(prefix.count)))
            }
        }
        for (name, operation) in document["operations"]?.members ?? [:] {
            #expect(["send", "receive"].contains(operation["action"]?.string), "\(name)")
            note(operation["messages"], of: try #require(operation["channel"]?["$ref"]?.string), name)
            guard let reply = operation["reply"] else { continue }
            let channel = try #require(reply["channel"]?["$ref"]?.string)
            note(reply["messages"], of: channel, name)
            guard let location = reply["address"]?["location"]?.string else { continue }
            #expect(location.hasPrefix("$message.header#/") || location.hasPrefix("$message.payload#/"))
            // "The address property of the channel … MUST be either null or not defined."
            #expect(validator.resolve(channel)?["address"] == .null, "\(name)")
        }
        for (name, channel) in document["channels"]?.members ?? [:] {
            #expect(handled["#/channels/\(name)"] == Set((channel["messages"]?.members ?? [:]).keys), "\(name)")
        }
    }

    @Test("every parameter in an address is described, and no other")
    func parameters() {
        func places(_ text: String) -> [String] {
            text.split(separator: "{", omittingEmptySubsequences: false).dropFirst()
                .compactMap { $0.split(separator: "}").first.map(String.init) }.sorted()
        }
        for (name, channel) in document["channels"]?.members ?? [:] {
            #expect(places(channel["address"]?.string ?? "") == (channel["parameters"]?.members ?? [:]).keys.sorted(), "\(name)")
        }
        for (name, server) in document["servers"]?.members ?? [:] {
            #expect(places(server["host"]?.string ?? "") == (server["variables"]?.members ?? [:]).keys.sorted(), "\(name)")
        }
    }

    @Test("every message has a payload and examples, and each example is valid by its schema and by no other of its operation")
    func examples() throws {
        func payload(_ reference: String) throws -> JSONValue {
            let message = try #require(validator.resolve(reference))
            return try #require(message["$ref"]?.string.flatMap { validator.resolve($0) } ?? message)
        }
        for (name, operation) in document["operations"]?.members ?? [:] {
            let messages = operation["messages"]?.elements.compactMap { $0["$ref"]?.string } ?? []
            for reference in messages + (operation["reply"]?["messages"]?.elements.compactMap { $0["$ref"]?.string } ?? []) {
                let message = try payload(reference)
                let schema = try #require(message["payload"], "\(reference)")
                let examples = message["examples"]?.elements ?? []
                #expect(!examples.isEmpty, "\(reference)")
                for example in examples {
                    let value = try #require(example["payload"])
                    #expect(validator.mistakes(in: value, schema: schema) == [], "\(reference)")
                    if let headers = message["headers"] {
                        #expect(validator.mistakes(in: example["headers"] ?? .null, schema: headers) == [], "\(reference)")
                    }
                    guard messages.contains(reference) else { continue }
                    let matching = try messages.filter { other in
                        let schema = try payload(other)["payload"] ?? .null
                        return validator.mistakes(in: value, schema: schema).isEmpty
                    }
                    #expect(matching == [reference], "\(name): “One and only one” of an operation's messages has to fit")
                }
            }
        }
    }

    @Test("every type of event is in topics and in rooms, and its schema is the HTTP API's")
    func events() throws {
        let api = SchemaValidator(document: try JSONValue(OpenAPI.document(version: "0.1.0")))
        for event in Event.schemas {
            #expect(
                validator.resolve("#/components/schemas/\(event.name)") == api.resolve("#/components/schemas/\(event.name)"))
            #expect(validator.resolve("#/channels/events/messages/\(event.messageID)") != nil)
            #expect(validator.resolve("#/channels/webSocket/messages/\(event.messageID)InRoom") != nil)
        }
        #expect(Set(Event.schemas.flatMap(\.types)) == Set(EventType.allCases))
    }

    @Test("the codes of errors are those that docs/WEBSOCKET.md lists, and its topics those of docs/MQTT.md")
    func pages() throws {
        let docs = URL(filePath: #filePath).appending(path: "../../../../docs").standardized
        let page = try String(contentsOf: docs.appending(path: "WEBSOCKET.md"), encoding: .utf8)
        let table = page.components(separatedBy: "| `code` | when |").last?.components(separatedBy: "\n\n").first ?? ""
        let codes = table.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap {
            $0.split(separator: "`").dropFirst().first
        }
        #expect(codes.map(String.init) == ErrorCode.allCases.map(\.rawValue))
        let topics = try String(contentsOf: docs.appending(path: "MQTT.md"), encoding: .utf8)
        for channel in PluginRegistry.builtIn.messaging.flatMap(\.channels) where channel.servers == ["broker"] {
            guard let address = channel.address else { continue }
            #expect(topics.contains("`\(address)`"), "\(address)")
        }
    }
}
