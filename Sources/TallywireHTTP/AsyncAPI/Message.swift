extension AsyncAPI {
    /// One kind of message.
    struct Message {
        /// Its name in the document.
        let id: String
        let summary: String
        var contentType = Self.json
        let payload: JSONTree
        /// Headers of the message, such as MQTT 5's user properties; an object's schema.
        var headers: JSONTree?
        /// Where the id stands that the answer repeats.
        var correlation: String?
        var bindings: JSONTree?
        let examples: [Example]

        static let json = "application/json"
        static let text = "text/plain"

        /// A message that somebody could see.
        struct Example {
            let name: String
            let payload: JSONTree
            var headers: JSONTree?

            init(_ name: String, _ payload: JSONTree, headers: JSONTree? = nil) {
                self.name = name
                self.payload = payload
                self.headers = headers
            }
        }

        var tree: JSONTree {
            var members: [(String, JSONTree)] = [
                ("name", .string(id)), ("summary", .string(summary)), ("contentType", .string(contentType)),
            ]
            if let headers { members.append(("headers", headers)) }
            members.append(("payload", payload))
            if let correlation { members.append(("correlationId", ["location": .string(correlation)])) }
            if let bindings { members.append(("bindings", bindings)) }
            members.append(("examples", .array(examples.map(\.tree))))
            return .object(members)
        }
    }
}

extension AsyncAPI.Message.Example {
    fileprivate var tree: JSONTree {
        ["name": .string(name)] + (headers.map { ["headers": $0] } ?? [:]) + ["payload": payload]
    }
}
