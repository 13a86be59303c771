import PipelineHost
import TallywireCore
import TallywirePipeline

/// The description of the plugins' messages as an AsyncAPI 3.0 document. Schemas that the HTTP API has too are those of
/// ``OpenAPI``. A test compares the document with the messages that are really sent.
package enum AsyncAPI {
    /// The document in UTF-8, with the messages of these plugins.
    package static func document(version: String, _ messaging: [Messaging], base: OutsideAddress? = nil) -> [UInt8] {
        var json = JSONWriter(capacity: 65_536)
        tree(version: version, messaging, base).write(to: &json)
        return json.bytes
    }

    private static func tree(version: String, _ messaging: [Messaging], _ base: OutsideAddress?) -> JSONValue {
        let messages = JSONValue.members(messaging.flatMap(\.messages).map { ($0.id, $0.tree) })
        var servers: [Messaging.Server] = []
        for server in messaging.flatMap(\.servers) where !servers.contains(where: { $0.id == server.id }) { servers.append(server) }
        var schemes: [Messaging.SecurityScheme] = []
        for scheme in servers.map(\.security) where !schemes.contains(where: { $0.id == scheme.id }) { schemes.append(scheme) }
        return [
            "asyncapi": "3.0.0",
            "info": [
                "title": "Tallywire", "version": .string(version), "description": .string(description),
                "license": ["name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"],
            ],
            "defaultContentType": .string(Messaging.Message.json),
            "servers": .members(servers.map { ($0.id, base?.seen($0.tree) ?? $0.tree) }),
            "channels": .members(messaging.flatMap(\.channels).map { ($0.id, $0.tree) }),
            "operations": .members(messaging.flatMap(\.operations).map { ($0.id, $0.tree) }),
            "components": [
                "messages": messages, "schemas": .members(schemas(usedBy: messages, of: messaging)),
                "securitySchemes": .members(schemes.map { ($0.id, $0.description) }),
            ],
        ]
    }

    private static let description = """
        Stock as it changes, and scans as they are made. A movement is answered only after it is on disk. Paths and topics are those of \
        the server's standard configuration; plugins.json may name others. What is asked for and answered is `GET /openapi.json`.
        """

    /// All schemas that `tree` refers to, directly or through others, in the order in which they are written down.
    private static func schemas(usedBy tree: JSONValue, of messaging: [Messaging]) -> [(String, JSONValue)] {
        let all = messaging.flatMap { $0.schemas.map { ($0.name, $0.schema) } } + OpenAPI.schemas
        let trees = Dictionary(all) { first, _ in first }
        var used: Set<String> = []
        var open = tree.references
        while let name = open.popLast() {
            if used.insert(name).inserted, let schema = trees[name] { open += schema.references }
        }
        // Several plugins may describe a schema that they share.
        return all.filter { used.remove($0.0) != nil }
    }
}

extension OutsideAddress {
    /// The description of a server of AsyncAPI that is on the HTTP port, seen from outside. Others stay as they are.
    fileprivate func seen(_ server: JSONValue) -> JSONValue {
        guard server["host"] == "{host}", case .object(let members) = server else { return server }
        let here = members.map { member -> JSONValue.Member in
            guard let authority, member.name == "variables" else { return member }
            return .init("variables", ["host": ["default": .string(authority), "description": "The server's host and port."]])
        }
        return .object(here) + (path.isEmpty ? [:] : ["pathname": .string(path)])
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
