import TallywireCore

extension AsyncAPI {
    /// A WebSocket path or an MQTT topic, and its messages.
    struct Channel {
        let id: String
        /// `nil` if the sender of a request names the address.
        let address: String?
        let summary: String
        var description: String?
        let servers: [String]
        /// What stands in braces in ``address``.
        var parameters: [(name: String, value: JSONValue)] = []
        let messages: [String]
        var bindings: JSONValue?

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

    /// What the server does with the messages of a channel.
    struct Operation {
        enum Action: String { case send, receive }

        let id: String
        let action: Action
        let channel: String
        let summary: String
        let messages: [String]
        var reply: Reply?
        var bindings: JSONValue?

        /// What the other side gets as a reply.
        struct Reply {
            let channel: String
            let messages: [String]
            /// Where in the request the address of the reply is.
            var address: String?
        }

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
}
