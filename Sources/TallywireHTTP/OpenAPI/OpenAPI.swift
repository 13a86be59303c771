import HTTPEndpoints
import PipelineHost
import TallywireCore

/// The API's description as an OpenAPI 3.1 document. A test compares it with the server's real responses.
enum OpenAPI {
    /// The document in UTF-8.
    static func document(version: String, endpoints: [any RequestEndpoint] = [], base: OutsideAddress? = nil) -> [UInt8] {
        var json = JSONWriter(capacity: 65_536)
        tree(version: version, endpoints, base).write(to: &json)
        return json.bytes
    }

    private static func tree(version: String, _ endpoints: [any RequestEndpoint], _ base: OutsideAddress?) -> JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Tallywire", "version": .string(version), "summary": "Real-time inventory.",
                "description": .string(description), "license": ["name": "Apache 2.0", "identifier": "Apache-2.0"],
            ],
            // Without a base, relative to this document.
            "servers": [["url": .string(base?.text ?? ".")]],
            "tags": [
                ["name": "catalogue", "description": "What is sold, and where it lies."],
                ["name": "movements", "description": "Changes of stock."],
                ["name": "stock", "description": "How much there is."],
                ["name": "events", "description": "What happened."],
                ["name": "operations", "description": "Health, metrics, and this description."],
            ],
            "paths": paths + .members(endpoints.map { ($0.path, $0.openAPI) }),
            "components": ["schemas": .members(schemas), "parameters": .members(parameters), "securitySchemes": securitySchemes],
        ]
    }

    private static let description = """
        A change is answered only after it is on disk; nothing is applied when the answer is a problem. `Idempotency-Key` (or a \
        movement's `id`) makes a repeat of a change harmless: it gets the first answer again. Problems are RFC 9457 with a stable `code`. \
        Answers that show stock or catalogue carry `Tallywire-Seq`, the last event that is in what they show, and `Tallywire-Epoch`, the \
        journal it belongs to: whoever reads on from there misses nothing.
        """

    private static let securitySchemes: JSONValue = [
        "bearer": [
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": .string(
                """
                A token whose claim `role` is one of those that an operation names, on a server whose `auth.mode` is `jwt`; \
                `tallywire token` signs one. With `open` nobody needs one. An operation with an empty requirement beside it needs none \
                unless `auth.required` is set.
                """),
        ]
    ]

    /// The operations, grouped by path as the format has it.
    private static var paths: JSONValue {
        var order: [String] = []
        var items: [String: [(String, JSONValue)]] = [:]
        for operation in operations {
            if items[operation.path] == nil { order.append(operation.path) }
            items[operation.path, default: []].append((operation.method, operation.tree))
        }
        return .members(order.map { ($0, .members(items[$0] ?? [])) })
    }
}
