import Foundation
import Mosquitto
import TallywireCore
import TallywireTesting
import TestSupport

/// `asyncapi.json` as a server gave it, to hold messages against.
struct AsyncDocument {
    let json: JSONValue
    private let validator: SchemaValidator

    init(_ bytes: Data) throws {
        json = try JSONValue(bytes)
        validator = SchemaValidator(document: json)
    }

    /// Every kind of message by channel: `scanAck/scanAnswer`.
    var kinds: Set<String> {
        Set(
            (json["channels"]?.members ?? [:]).flatMap { channel, value in
                (value["messages"]?.members ?? [:]).keys.map { "\(channel)/\($0)" }
            })
    }

    /// The channels with this address, or whose address has places for what `topic` names.
    func channels(of topic: String) -> [String] {
        (json["channels"]?.members ?? [:]).filter { _, channel in
            guard let address = channel["address"]?.string, address != "/ws" else { return false }
            let filter = address.split(separator: "/").map { $0.hasPrefix("{") ? "+" : String($0) }.joined(separator: "/")
            return Topic.matches(topic, filter: filter)
        }
        .keys.sorted()
    }

    /// Which of a channel's messages `payload` is: those that the server sends, or those that it receives. Or what is wrong with it.
    func kind(of payload: [UInt8], in channel: String, isClients: Bool, headers: [String: String] = [:]) -> (
        kind: String?, mistakes: [String]
    ) {
        var kinds: [String] = []
        var mistakes: [String] = []
        for name in messages(of: channel, isClients: isClients).sorted() {
            guard let message = validator.resolve("#/components/messages/\(name)"), let schema = message["payload"] else {
                continue
            }
            let isText = message["contentType"]?.string == "text/plain"
            let text = String(validating: payload, as: UTF8.self)
            guard let value = isText ? text.map(JSONValue.string) : text.flatMap({ try? JSONValue($0) }) else {
                mistakes.append("\(name): it is not \(message["contentType"]?.string ?? "")")
                continue
            }
            var found = validator.mistakes(in: value, schema: schema)
            if let schema = message["headers"] {
                found += validator.mistakes(in: .object(headers.map { .init($0, .string($1)) }), schema: schema, at: "headers")
            }
            if found.isEmpty { kinds.append("\(channel)/\(name)") } else { mistakes += found.map { "\(name): \($0)" } }
        }
        return kinds.count == 1 ? (kinds[0], []) : (nil, kinds.isEmpty ? mistakes : ["it is \(kinds)"])
    }

    private func messages(of channel: String, isClients: Bool) -> Set<String> {
        var names: Set<String> = []
        func take(_ messages: JSONValue?, _ place: JSONValue?) {
            guard place?["$ref"]?.string == "#/channels/\(channel)" else { return }
            for message in messages?.array ?? [] {
                if let reference = message["$ref"]?.string, let slash = reference.lastIndex(of: "/") {
                    names.insert(String(reference[reference.index(after: slash)...]))
                }
            }
        }
        for operation in (json["operations"]?.members ?? [:]).values {
            if (operation["action"]?.string == "receive") == isClients { take(operation["messages"], operation["channel"]) }
            if !isClients { take(operation["reply"]?["messages"], operation["reply"]?["channel"]) }
        }
        return names
    }

}
