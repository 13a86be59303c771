import TallywireCore

/// The description of the messages over WebSocket and MQTT as an AsyncAPI 3.0 document, from the server's side: the server receives
/// what clients and scanners send. Schemas that the HTTP API has too are those of ``OpenAPI``. A test compares the document with
/// the messages that are really sent.
enum AsyncAPI {
    /// The document in UTF-8.
    static func document(version: String) -> [UInt8] {
        var json = JSONWriter(capacity: 65_536)
        tree(version: version).write(to: &json)
        return json.bytes
    }

    private static func tree(version: String) -> JSONValue {
        let messages = JSONValue.members(messages.map { ($0.id, $0.tree) })
        return [
            "asyncapi": "3.0.0",
            "info": [
                "title": "Tallywire", "version": .string(version), "description": .string(description),
                "license": ["name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"],
            ],
            "defaultContentType": .string(Message.json),
            "servers": servers,
            "channels": .members(channels.map { ($0.id, $0.tree) }),
            "operations": .members(operations.map { ($0.id, $0.tree) }),
            "components": [
                "messages": messages, "schemas": .members(schemas(usedBy: messages)), "securitySchemes": securitySchemes,
            ],
        ]
    }

    static let channels = webSocketChannels + mqttChannels
    static let operations = webSocketOperations + mqttOperations
    static let messages =
        clientMessages + serverMessages + roomEventMessages + scanMessages + scannerMessages + displayMessages + eventMessages

    private static let description = """
        Stock as it changes, and scans as they are made. A movement is answered only after it is on disk. Paths and topics are those of \
        the server's standard configuration; plugins.json may name others. What is asked for and answered is `GET /openapi.json`.
        """

    private static let servers: JSONValue = [
        "websocket": webSocketServer("ws", "The server's HTTP port."),
        "websocketTLS": webSocketServer("wss", "The server's HTTP port with `http.tls`."),
        "broker": [
            "host": "{broker}", "protocol": "mqtt", "protocolVersion": "5",
            "description": .string(
                """
                The MQTT broker that `sources` and `sinks` in plugins.json name; with a fallback to MQTT 3.1.1. Everything is sent and \
                received with quality of service 1.
                """),
            "variables": ["broker": ["default": "127.0.0.1:1883", "description": "The broker's host and port."]],
            "security": [["$ref": "#/components/securitySchemes/brokerLogin"]],
            "bindings": [
                "mqtt": [
                    "clientId": "tallywire-mqtt",
                    "lastWill": [
                        "topic": "tallywire/status", "qos": 1, "retain": true,
                        "message": #"{"status":"offline","epoch":"…","version":"…"}"#,
                    ],
                    "bindingVersion": "0.2.0",
                ]
            ],
        ],
    ]

    private static func webSocketServer(_ name: String, _ description: String) -> JSONValue {
        [
            "host": "{host}", "protocol": .string(name), "protocolVersion": "13", "description": .string(description),
            "variables": ["host": ["default": "127.0.0.1:8080", "description": "The server's host and port."]],
            "security": [["$ref": "#/components/securitySchemes/bearer"]],
        ]
    }

    private static let securitySchemes: JSONValue = [
        "bearer": [
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": .string(
                """
                A token in `Authorization`, as the subprotocol `bearer.TOKEN`, or in the message `auth`. With `auth.mode` `open` nobody \
                needs one, and with `jwt` rooms for everybody are joined without one, unless `auth.required` is set.
                """),
        ],
        "brokerLogin": ["type": "userPassword", "description": "What the broker asks for, if it does."],
    ]

    // MARK: Schemas

    static func reference(_ schema: String) -> JSONValue { OpenAPI.reference(schema) }

    /// All schemas that `tree` refers to, directly or through others, in the order in which they are written down.
    private static func schemas(usedBy tree: JSONValue) -> [(String, JSONValue)] {
        let all = schemas + OpenAPI.schemas
        let trees = Dictionary(all) { first, _ in first }
        var used: Set<String> = []
        var open = tree.references
        while let name = open.popLast() {
            if used.insert(name).inserted, let schema = trees[name] { open += schema.references }
        }
        return all.filter { used.contains($0.0) }
    }
}

extension JSONValue {
    /// The names of all schemas that it refers to.
    fileprivate var references: [String] {
        switch self {
        case .object(let members):
            members.flatMap { member in
                if member.name == "$ref", let text = member.value.string, let slash = text.lastIndex(of: "/") {
                    return [String(text[text.index(after: slash)...])]
                }
                return member.value.references
            }
        case .array(let elements): elements.flatMap(\.references)
        default: []
        }
    }
}
