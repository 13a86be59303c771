import Foundation
import Mosquitto
import TallywireTesting

/// `asyncapi.json` as a server gave it, to hold messages against.
struct AsyncDocument {
    typealias JSON = WebSocketClient.JSON

    let json: JSON
    private let validator: SchemaValidator<JSON>

    init(_ bytes: Data) throws {
        json = try JSON(String(decoding: bytes, as: UTF8.self))
        validator = SchemaValidator(document: json)
    }

    /// Every kind of message by channel: `scanAck/scanAnswer`.
    var kinds: Set<String> {
        Set(members(json["channels"]).flatMap { channel, value in members(value["messages"]).keys.map { "\(channel)/\($0)" } })
    }

    /// The channels with this address, or whose address has places for what `topic` names.
    func channels(of topic: String) -> [String] {
        members(json["channels"]).filter { _, channel in
            guard let address = channel["address"]?.text, address != "/ws" else { return false }
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
            let isText = message["contentType"]?.text == "text/plain"
            let text = String(validating: payload, as: UTF8.self)
            guard let value = isText ? text.map(JSON.string) : text.flatMap({ try? JSON($0) }) else {
                mistakes.append("\(name): it is not \(message["contentType"]?.text ?? "")")
                continue
            }
            var found = validator.mistakes(in: value, schema: schema)
            if let schema = message["headers"] {
                found += validator.mistakes(in: .object(headers.mapValues(JSON.string)), schema: schema, at: "headers")
            }
            if found.isEmpty { kinds.append("\(channel)/\(name)") } else { mistakes += found.map { "\(name): \($0)" } }
        }
        return kinds.count == 1 ? (kinds[0], []) : (nil, kinds.isEmpty ? mistakes : ["it is \(kinds)"])
    }

    private func messages(of channel: String, isClients: Bool) -> Set<String> {
        var names: Set<String> = []
        func take(_ messages: JSON?, _ place: JSON?) {
            guard place?["$ref"]?.text == "#/channels/\(channel)" else { return }
            for message in messages?.array ?? [] {
                if let reference = message["$ref"]?.text, let slash = reference.lastIndex(of: "/") {
                    names.insert(String(reference[reference.index(after: slash)...]))
                }
            }
        }
        for operation in members(json["operations"]).values {
            if (operation["action"]?.text == "receive") == isClients { take(operation["messages"], operation["channel"]) }
            if !isClients { take(operation["reply"]?["messages"], operation["reply"]?["channel"]) }
        }
        return names
    }

    private func members(_ value: JSON?) -> [String: JSON] { if case .object(let members) = value { members } else { [:] } }
}
