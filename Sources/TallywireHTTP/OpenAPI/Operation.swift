import HTTPPort
import HTTPTypes
import TallywireCore

extension OpenAPI {
    /// One method of one path: its description for callers, and its handler.
    struct Operation: Sendable {
        /// In lower case, as OpenAPI writes it.
        let method: String
        /// The path with its parameters in braces, such as `/api/products/{id}`.
        let path: String
        let id: String
        let handle: @Sendable (InventoryAPI) -> Route.Handler
        let tag: String
        let summary: String
        var description: String?
        /// Who may call the operation.
        var access = RouteAccess.admin
        /// Names of ``OpenAPI/parameters``.
        var parameters: [String] = []
        var body: Body?
        var answers: [Answer]
        /// The codes of problems, in addition to those that every operation may return.
        var problems: [String] = []

        init(
            method: String, path: String, id: String, _ handle: @escaping @Sendable (InventoryAPI) -> Route.Handler, tag: String,
            summary: String, description: String? = nil, access: RouteAccess = .admin, parameters: [String] = [], body: Body? = nil,
            answers: [Answer], problems: [String] = []
        ) {
            self.method = method
            self.path = path
            self.id = id
            self.handle = handle
            self.tag = tag
            self.summary = summary
            self.description = description
            self.access = access
            self.parameters = parameters
            self.body = body
            self.answers = answers
            self.problems = problems
        }

        /// The operation as a route of `api`.
        func route(of api: InventoryAPI) -> Route {
            Route(
                HTTPRequest.Method(rawValue: method.uppercased()) ?? .get, path, for: access,
                readsQuery: parameters.contains(where: isQuery),
                handle(api))
        }

        private func isQuery(_ name: String) -> Bool { OpenAPI.parameters.contains { $0.0 == name && $0.1["in"] == "query" } }

        /// A body: its media types with their schemas, and examples by name.
        struct Body: Sendable {
            var content: [(type: String, schema: JSONValue)]
            var examples: [(name: String, value: JSONValue)]

            static func json(_ schema: String, _ examples: [(name: String, value: JSONValue)]) -> Body {
                Body(content: [("application/json", JSONSchema.reference(schema))], examples: examples)
            }
        }

        struct Answer: Sendable {
            let status: Int
            let description: String
            var content: [(type: String, schema: JSONValue)]
            var headers: [String] = []

            static func json(_ status: Int, _ description: String, _ schema: String, headers: [String] = []) -> Answer {
                Answer(
                    status: status, description: description, content: [("application/json", JSONSchema.reference(schema))],
                    headers: headers)
            }
        }

        var tree: JSONValue {
            var members: [(String, JSONValue)] = [
                ("operationId", .string(id)), ("tags", [.string(tag)]), ("summary", .string(summary)),
                ("security", access.security),
            ]
            if let description { members.append(("description", .string(description))) }
            if !parameters.isEmpty {
                members.append(("parameters", .array(parameters.map { ["$ref": .string("#/components/parameters/\($0)")] })))
            }
            if let body { members.append(("requestBody", body.tree)) }
            let problems = Dictionary(grouping: allProblems) { ProblemCode.status(of: $0) }
            let answers = answers.map { ("\($0.status)", $0.tree) }
            let refusals = problems.sorted { $0.key < $1.key }.map { status, codes in ("\(status)", Self.refusal(status, codes)) }
            members.append(("responses", .members(answers + refusals)))
            return .members(members)
        }

        /// The problems of every operation, of those with a body, and of this one.
        private var allProblems: [String] {
            var codes = ["invalid_request", "forbidden", "internal_error", "unavailable", "rate_limited"]
            if access != .anyone { codes.append("unauthenticated") }
            if body != nil { codes += ["request_timeout", "too_large", "unsupported_media_type"] }
            if method != "get" { codes += ["idempotency_conflict", "overloaded", "unknown"] }
            return codes + problems
        }

        private static func refusal(_ status: Int, _ codes: [String]) -> JSONValue {
            var answer: JSONValue = [
                "description": .string(codes.map { "`\($0)`" }.joined(separator: ", ")),
                "content": ["application/problem+json": ["schema": JSONSchema.reference("Problem")]],
            ]
            switch status {
            case 401: answer = answer + ["headers": ["WWW-Authenticate": ["schema": ["type": "string"]]]]
            case 429, 503, 504:
                answer = answer + ["headers": ["Retry-After": ["description": "Seconds to wait.", "schema": ["type": "integer"]]]]
            default: break
            }
            return answer
        }
    }
}

extension OpenAPI.Operation.Body {
    fileprivate var tree: JSONValue {
        let examples = JSONValue.members(examples.map { ($0.name, ["value": $0.value]) })
        return [
            "required": true,
            "content": .members(
                content.map { type, schema in
                    (type, type == "application/json" ? ["schema": schema, "examples": examples] : ["schema": schema])
                }),
        ]
    }
}

extension OpenAPI.Operation.Answer {
    fileprivate var tree: JSONValue {
        var members: [(String, JSONValue)] = [("description", .string(description))]
        if !headers.isEmpty {
            members.append(("headers", .members(headers.map { ($0, OpenAPI.header($0)) })))
        }
        members.append(("content", .members(content.map { ($0.type, ["schema": $0.schema]) })))
        return .members(members)
    }
}

extension OpenAPI {
    /// The headers that answers carry.
    static func header(_ name: String) -> JSONValue {
        let number: JSONValue = ["type": "integer", "minimum": 0]
        let text: JSONValue = ["type": "string"]
        return switch name {
        case "Tallywire-Seq": ["description": "The last event that is in what the answer shows.", "schema": number]
        case "Tallywire-Epoch": ["description": "The journal that `seq` belongs to.", "schema": text]
        case "Tallywire-Movement": ["description": "The id of the change.", "schema": text]
        case "Tallywire-Status":
            [
                "description": "Whether this request applied the change.",
                "schema": ["type": "string", "enum": ["applied", "duplicate"]],
            ]
        case "Location": ["description": "Where what was created is.", "schema": text]
        default: ["schema": text]
        }
    }
}

extension RouteAccess {
    /// What a caller has to show; an empty requirement among others makes them optional.
    fileprivate var security: JSONValue {
        switch self {
        case .anyone: []
        case .readers: [[:], ["bearer": []]]
        case .roles(let roles): [["bearer": .array(roles.map { .string($0.rawValue) })]]
        }
    }
}
