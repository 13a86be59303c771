import TallywireCore
import TallywirePipeline

extension Messaging.Server {
    var tree: JSONValue { description + ["security": [["$ref": .string("#/components/securitySchemes/\(security.id)")]]] }
}

extension Messaging.Channel {
    var tree: JSONValue {
        var members: [(String, JSONValue)] = [
            ("address", address.map { JSONValue.string($0) } ?? .null), ("summary", .string(summary)),
        ]
        if let description { members.append(("description", .string(description))) }
        members.append(("servers", .array(servers.map { ["$ref": .string("#/servers/\($0)")] })))
        if !parameters.isEmpty { members.append(("parameters", .members(parameters.map { ($0.name, $0.value) }))) }
        members.append(("messages", .members(messages.map { ($0, ["$ref": .string("#/components/messages/\($0)")]) })))
        if let bindings { members.append(("bindings", bindings)) }
        return .members(members)
    }
}

extension Messaging.Operation {
    var tree: JSONValue {
        var members: [(String, JSONValue)] = [
            ("action", .string(action.rawValue)), ("channel", ["$ref": .string("#/channels/\(channel)")]),
            ("summary", .string(summary)), ("messages", Self.references(messages, of: channel)),
        ]
        if let reply {
            let address = reply.address.map { [("address", ["location": .string($0)] as JSONValue)] } ?? []
            members.append(
                (
                    "reply",
                    .members(
                        address + [
                            ("channel", ["$ref": .string("#/channels/\(reply.channel)")]),
                            ("messages", Self.references(reply.messages, of: reply.channel)),
                        ])
                ))
        }
        if let bindings { members.append(("bindings", bindings)) }
        return .members(members)
    }

    private static func references(_ messages: [String], of channel: String) -> JSONValue {
        .array(messages.map { ["$ref": .string("#/channels/\(channel)/messages/\($0)")] })
    }
}

extension Messaging.Message {
    var tree: JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(id)), ("summary", .string(summary)), ("contentType", .string(contentType)),
        ]
        if let headers { members.append(("headers", headers)) }
        members.append(("payload", payload))
        if let correlation { members.append(("correlationId", ["location": .string(correlation)])) }
        if let bindings { members.append(("bindings", bindings)) }
        members.append(("examples", .array(examples.map(\.tree))))
        return .members(members)
    }
}

extension Messaging.Message.Example {
    fileprivate var tree: JSONValue {
        ["name": .string(name)] + (headers.map { ["headers": $0] } ?? [:]) + ["payload": payload]
    }
}
