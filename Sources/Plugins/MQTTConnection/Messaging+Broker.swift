import TallywireCore
import TallywirePipeline

/// What the descriptions of both MQTT plugins' messages have in common.
extension Messaging {
    package static let broker = Server(
        "broker",
        security: SecurityScheme("brokerLogin", ["type": "userPassword", "description": "What the broker asks for, if it does."]),
        [
            "host": "{broker}", "protocol": "mqtt", "protocolVersion": "5",
            "description": .string(
                """
                The MQTT broker that `sources` and `sinks` in plugins.json name; with a fallback to MQTT 3.1.1. Everything is sent and \
                received with quality of service 1.
                """),
            "variables": ["broker": ["default": "127.0.0.1:1883", "description": "The broker's host and port."]],
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
        ])

    package typealias Parameter = (name: String, value: JSONValue)

    /// A topic of the broker.
    package static func topic(
        _ id: String, _ address: String, _ summary: String, _ parameters: [Parameter], _ messages: [String],
        _ description: String? = nil
    ) -> Channel {
        Channel(
            id: id, address: address, summary: summary, description: description, servers: [broker.id], parameters: parameters,
            messages: messages)
    }

    /// The server publishes messages in a topic.
    package static func publishes(
        _ id: String, _ channel: String, _ summary: String, _ messages: [String], retain: Bool = false
    ) -> Operation {
        Operation(
            id: id, action: .send, channel: channel, summary: summary, messages: messages, bindings: delivery(retain: retain))
    }

    package static func delivery(retain: Bool = false) -> JSONValue {
        ["mqtt": ["qos": 1, "retain": .bool(retain), "bindingVersion": "0.2.0"]]
    }
}
