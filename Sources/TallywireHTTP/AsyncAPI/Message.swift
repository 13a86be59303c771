import TallywireCore

extension AsyncAPI {
    /// One kind of message.
    struct Message {
        /// The message's name in the document.
        let id: String
        let summary: String
        var contentType = Self.json
        let payload: JSONValue
        /// Headers of the message, such as MQTT 5's user properties; an object's schema.
        var headers: JSONValue?
        /// Where the id stands that the answer repeats.
        var correlation: String?
        var bindings: JSONValue?
        let examples: [Example]

        static let json = "application/json"
        static let text = "text/plain"

        /// An example of a message.
        struct Example {
            let name: String
            let payload: JSONValue
            var headers: JSONValue?

            init(_ name: String, _ payload: JSONValue, headers: JSONValue? = nil) {
                self.name = name
                self.payload = payload
                self.headers = headers
            }
        }

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
}

extension AsyncAPI.Message.Example {
    fileprivate var tree: JSONValue {
        ["name": .string(name)] + (headers.map { ["headers": $0] } ?? [:]) + ["payload": payload]
    }
}
