import TallywireCore

/// The messages that a plugin receives and sends over a protocol of its own, for `GET /asyncapi.json` (AsyncAPI 3.0).
///
/// Everything is told from the server's side: the server receives what clients and devices send. Addresses are those of the
/// standard configuration. `JSONSchema` (`TallywireCore`) has the building blocks of payloads; a payload may also refer to the schemas of the HTTP
/// API by their names, such as `ProductStatus`.
public struct Messaging: Sendable {
    public var servers: [Server]
    public var channels: [Channel]
    public var operations: [Operation]
    /// Every message that channels and operations name.
    public var messages: [Message]
    /// The schemas to which payloads refer, beside those of the HTTP API.
    public var schemas: [(name: String, schema: JSONValue)]

    public init(
        servers: [Server] = [], channels: [Channel] = [], operations: [Operation] = [], messages: [Message] = [],
        schemas: [(name: String, schema: JSONValue)] = []
    ) {
        self.servers = servers
        self.channels = channels
        self.operations = operations
        self.messages = messages
        self.schemas = schemas
    }

    /// Where messages are exchanged. Of several servers with one id, the document has the first.
    public struct Server: Sendable {
        public let id: String
        /// The object of AsyncAPI, without `security`.
        public let description: JSONValue
        /// How a client shows who it is.
        public let security: SecurityScheme

        public init(_ id: String, security: SecurityScheme, _ description: JSONValue) {
            self.id = id
            self.security = security
            self.description = description
        }
    }

    /// How a client shows who it is.
    public struct SecurityScheme: Sendable {
        public let id: String
        /// The object of AsyncAPI.
        public let description: JSONValue

        public init(_ id: String, _ description: JSONValue) {
            self.id = id
            self.description = description
        }
    }

    /// A path or a topic, and its messages.
    public struct Channel: Sendable {
        public let id: String
        /// `nil` if the sender of a request names the address.
        public let address: String?
        public let summary: String
        public var description: String?
        /// The ids of servers.
        public let servers: [String]
        /// What stands in braces in ``address``.
        public var parameters: [(name: String, value: JSONValue)]
        /// The ids of messages.
        public let messages: [String]
        public var bindings: JSONValue?

        public init(
            id: String, address: String?, summary: String, description: String? = nil, servers: [String],
            parameters: [(name: String, value: JSONValue)] = [], messages: [String], bindings: JSONValue? = nil
        ) {
            self.id = id
            self.address = address
            self.summary = summary
            self.description = description
            self.servers = servers
            self.parameters = parameters
            self.messages = messages
            self.bindings = bindings
        }
    }

    /// What the server does with messages of a channel.
    public struct Operation: Sendable {
        public enum Action: String, Sendable { case send, receive }

        public let id: String
        public let action: Action
        /// The channel's id.
        public let channel: String
        public let summary: String
        /// The ids of messages.
        public let messages: [String]
        public var reply: Reply?
        public var bindings: JSONValue?

        public init(
            id: String, action: Action, channel: String, summary: String, messages: [String], reply: Reply? = nil,
            bindings: JSONValue? = nil
        ) {
            self.id = id
            self.action = action
            self.channel = channel
            self.summary = summary
            self.messages = messages
            self.reply = reply
            self.bindings = bindings
        }

        /// What the other side gets as a reply.
        public struct Reply: Sendable {
            public let channel: String
            public let messages: [String]
            /// Where in the request the address of the reply is.
            public var address: String?

            public init(channel: String, messages: [String], address: String? = nil) {
                self.channel = channel
                self.messages = messages
                self.address = address
            }
        }
    }

    /// One kind of message.
    public struct Message: Sendable {
        public let id: String
        public let summary: String
        public var contentType: String
        /// The payload's JSON Schema.
        public let payload: JSONValue
        /// The JSON Schema of the message's headers, such as MQTT 5's user properties; an object's.
        public var headers: JSONValue?
        /// Where the id stands that the reply repeats.
        public var correlation: String?
        public var bindings: JSONValue?
        public let examples: [Example]

        public static let json = "application/json"
        public static let text = "text/plain"

        public init(
            id: String, summary: String, contentType: String = Message.json, payload: JSONValue, headers: JSONValue? = nil,
            correlation: String? = nil, bindings: JSONValue? = nil, examples: [Example]
        ) {
            self.id = id
            self.summary = summary
            self.contentType = contentType
            self.payload = payload
            self.headers = headers
            self.correlation = correlation
            self.bindings = bindings
            self.examples = examples
        }

        /// An example of a message.
        public struct Example: Sendable {
            public let name: String
            public let payload: JSONValue
            public var headers: JSONValue?

            public init(_ name: String, _ payload: JSONValue, headers: JSONValue? = nil) {
                self.name = name
                self.payload = payload
                self.headers = headers
            }
        }
    }
}

/// What the examples of several plugins have in common.
extension Messaging {
    public static let exampleTime: JSONValue = "2026-11-22T16:40:00.123Z"
    public static let exampleEpoch: JSONValue = "ca451159-bd30-453b-af2f-c9b2c33073c6"
    /// The schema of an epoch.
    public static let epoch: JSONValue = ["type": "string", "description": "The journal that `seq` belongs to."]
}

extension EventSchema {
    /// The id of the message that is such an event, such as `inventoryUpdated`.
    public var messageID: String { name.prefix(1).lowercased() + name.dropFirst() }
}

extension EventBody {
    /// A whole event with the body's example, as it is in the journal.
    public static var exampleEvent: JSONValue {
        var json = JSONWriter()
        json.object { example.writeMembers(to: &$0) }
        let data = (try? JSONReader.value(of: json.bytes)) ?? [:]
        return ["type": .string(example.type.rawValue), "seq": 1042, "timestamp": Messaging.exampleTime]
            + ["data": data + ["timestamp": Messaging.exampleTime]]
    }
}
