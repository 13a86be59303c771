import TallywireCore
import TestSupport

/// Which objects an AsyncAPI 3.0.0 document consists of, with their fields as the specification names them, and the WebSocket (0.1.0) and
/// MQTT (0.2.0) bindings with theirs. Objects that `asyncapi.json` has no use for are left out, so they would be mistakes.
enum AsyncAPIGrammar {
    /// What stands under a field.
    enum Content {
        /// A value, a schema, or an example.
        case value
        case one(String)
        case map(String)
        case list(String)
    }

    struct Rule {
        var required: Set<String> = []
        let fields: [String: Content]
    }

    /// What of `document` the specification does not have, or misses.
    static func mistakes(in document: JSONValue) -> [String] { mistakes(in: document, kind: "asyncapi", at: "#") }

    private static func mistakes(in value: JSONValue, kind: String, at path: String) -> [String] {
        guard case .object = value else { return ["\(path) is no object"] }
        let members = value.members
        if members["$ref"] != nil { return members.count == 1 ? [] : ["\(path): nothing may stand beside $ref"] }
        guard let rule = rules[kind] else { return ["\(path): \(kind) has no rule"] }
        var mistakes = rule.required.filter { members[$0] == nil }.map { "\(path): \($0) is missing" }
        for (name, value) in members {
            let place = "\(path)/\(name)"
            switch rule.fields[name] {
            case .value: break
            case .one(let kind): mistakes += Self.mistakes(in: value, kind: kind, at: place)
            case .map(let kind):
                for (key, value) in value.members {
                    if key.contains(where: { !($0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0))) }) {
                        mistakes.append("\(place): \(key) is no name")
                    }
                    mistakes += Self.mistakes(in: value, kind: kind, at: "\(place)/\(key)")
                }
            case .list(let kind):
                for (index, value) in value.elements.enumerated() {
                    mistakes += Self.mistakes(in: value, kind: kind, at: "\(place)/\(index)")
                }
            case nil: mistakes.append("\(path): a \(kind) has no field \(name)")
            }
        }
        return mistakes
    }

    private static let rules: [String: Rule] = [
        "asyncapi": Rule(
            required: ["asyncapi", "info"],
            fields: [
                "asyncapi": .value, "id": .value, "info": .one("info"), "servers": .map("server"), "defaultContentType": .value,
                "channels": .map("channel"), "operations": .map("operation"), "components": .one("components"),
            ]),
        "info": Rule(
            required: ["title", "version"],
            fields: ["title": .value, "version": .value, "description": .value, "license": .one("license")]),
        "license": Rule(required: ["name"], fields: ["name": .value, "url": .value]),
        "server": Rule(
            required: ["host", "protocol"],
            fields: [
                "host": .value, "protocol": .value, "protocolVersion": .value, "pathname": .value, "description": .value,
                "title": .value, "summary": .value, "variables": .map("variable"), "security": .list("securityScheme"),
                "bindings": .one("serverBindings"),
            ]),
        "variable": Rule(fields: ["enum": .value, "default": .value, "description": .value, "examples": .value]),
        "channel": Rule(fields: [
            "address": .value, "messages": .map("message"), "title": .value, "summary": .value, "description": .value,
            "servers": .list("reference"), "parameters": .map("parameter"), "bindings": .one("channelBindings"),
        ]),
        "reference": Rule(required: ["$ref"], fields: [:]),
        "parameter": Rule(fields: [
            "enum": .value, "default": .value, "description": .value, "examples": .value, "location": .value,
        ]),
        "operation": Rule(
            required: ["action", "channel"],
            fields: [
                "action": .value, "channel": .one("reference"), "title": .value, "summary": .value, "description": .value,
                "security": .list("securityScheme"), "bindings": .one("operationBindings"), "messages": .list("reference"),
                "reply": .one("reply"),
            ]),
        "reply": Rule(fields: ["address": .one("replyAddress"), "channel": .one("reference"), "messages": .list("reference")]),
        "replyAddress": Rule(required: ["location"], fields: ["location": .value, "description": .value]),
        "message": Rule(fields: [
            "headers": .value, "payload": .value, "correlationId": .one("correlationId"), "contentType": .value, "name": .value,
            "title": .value, "summary": .value, "description": .value, "bindings": .one("messageBindings"),
            "examples": .list("example"),
        ]),
        "correlationId": Rule(required: ["location"], fields: ["location": .value, "description": .value]),
        "example": Rule(required: ["payload"], fields: ["headers": .value, "payload": .value, "name": .value, "summary": .value]),
        "components": Rule(fields: [
            "schemas": .value, "messages": .map("message"), "securitySchemes": .map("securityScheme"),
        ]),
        "securityScheme": Rule(
            required: ["type"], fields: ["type": .value, "description": .value, "scheme": .value, "bearerFormat": .value]),
        "serverBindings": Rule(fields: ["mqtt": .one("mqttServer")]),
        "channelBindings": Rule(fields: ["ws": .one("wsChannel")]),
        "operationBindings": Rule(fields: ["mqtt": .one("mqttOperation")]),
        "messageBindings": Rule(fields: ["mqtt": .one("mqttMessage")]),
        "wsChannel": Rule(fields: ["method": .value, "query": .value, "headers": .value, "bindingVersion": .value]),
        "mqttServer": Rule(fields: [
            "clientId": .value, "cleanSession": .value, "lastWill": .one("mqttWill"), "keepAlive": .value,
            "sessionExpiryInterval": .value, "maximumPacketSize": .value, "bindingVersion": .value,
        ]),
        "mqttWill": Rule(fields: ["topic": .value, "qos": .value, "message": .value, "retain": .value]),
        "mqttOperation": Rule(fields: [
            "qos": .value, "retain": .value, "messageExpiryInterval": .value, "bindingVersion": .value,
        ]),
        "mqttMessage": Rule(fields: [
            "payloadFormatIndicator": .value, "correlationData": .value, "contentType": .value, "responseTopic": .value,
            "bindingVersion": .value,
        ]),
    ]
}
