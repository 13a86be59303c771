import TallywireCore

/// Requests of HTTP polling, for `GET /openapi.json`.
enum EngineDescription {
    static let pathItem: JSONValue = [
        "get": [
            "operationId": "pollSocketIO", "tags": ["events"], "security": security,
            "summary": "Begins a session of Engine.IO 4, or waits for what the server has to say.",
            "parameters": parameters,
            "responses": ["200": payload("Packets, with the character U+001E between them.")] + refusals,
        ],
        "post": [
            "operationId": "sendSocketIO", "tags": ["events"], "security": security,
            "summary": "Sends packets of a session that polls.", "parameters": parameters,
            "requestBody": ["required": true, "content": text],
            "responses": ["200": payload("`ok`")] + refusals,
        ],
    ]

    private static let security: JSONValue = [["bearer": []], [:]]
    private static let text: JSONValue = ["text/plain": ["schema": ["type": "string"]]]

    private static func payload(_ description: String) -> JSONValue {
        ["description": .string(description), "content": text]
    }

    private static let parameters: JSONValue = .array([
        parameter("EIO", "The protocol.", ["const": "4"], isRequired: true),
        parameter("transport", "For WebSockets see asyncapi.json.", ["const": "polling"], isRequired: true),
        parameter("sid", "The session; without it, GET begins one.", ["type": "string"]),
        parameter("token", "A token, where neither `Authorization` nor `auth.token` can be given.", ["type": "string"]),
    ])

    private static func parameter(_ name: String, _ summary: String, _ schema: JSONValue, isRequired: Bool = false) -> JSONValue {
        [
            "name": .string(name), "in": "query", "required": .bool(isRequired), "description": .string(summary), "schema": schema,
        ]
    }

    private static let refusals: JSONValue = .members(
        [
            ("400", "`invalid_request`, `unknown_session`"), ("401", "`unauthenticated`"), ("403", "`forbidden`"),
            ("413", "`too_large`"), ("429", "`rate_limited`"), ("503", "`overloaded`, `unavailable`"),
        ].map { status, codes in
            (
                status,
                [
                    "description": .string(codes),
                    "content": ["application/problem+json": ["schema": JSONSchema.reference("Problem")]],
                ]
            )
        })
}
