import TallywireCore

extension OpenAPI {
    /// All schemas by name.
    static let schemas: [(String, JSONValue)] = requestSchemas + answerSchemas + eventSchemas + fieldSchemas + operationSchemas

    // MARK: Building blocks

    static let id: JSONValue = ["type": "integer", "minimum": 1, "maximum": .integer(Limits.largestBalance)]
    static let count: JSONValue = ["type": "integer", "minimum": 0, "maximum": .integer(Limits.largestBalance)]
    static let quantity: JSONValue = ["type": "integer", "minimum": 0, "maximum": .integer(Limits.largestQuantity)]
    static let movementID: JSONValue = [
        "type": "string", "minLength": 1, "maxLength": .integer(Int64(Limits.movementIDLength)), "pattern": "^[ -~]+$",
    ]
    static let price: JSONValue = ["type": ["number", "null"], "minimum": 0, "maximum": 99_999_999_999.99]
    static let timestamp: JSONValue = ["type": "string", "format": "date-time"]
    static let optionalText: JSONValue = ["type": ["string", "null"]]
    static let flag: JSONValue = ["type": "boolean"]
    static let sku = key(Limits.skuLength)
    static let locationCode = key(Limits.locationCodeLength)
    static let name = text(Limits.nameLength) + ["pattern": .string("^[^\(controls)]+$")]

    /// The control characters, for a character class of a regular expression.
    private static let controls = #"\u0000-\u001F\u007F-\u009F"#

    /// Text that becomes a level of an MQTT topic.
    static func key(_ length: Int) -> JSONValue {
        ["type": "string", "minLength": 1, "maxLength": .integer(Int64(length)), "pattern": .string("^[^/+#\(controls)]+$")]
    }

    static func text(_ length: Int, least: Int64 = 1) -> JSONValue {
        ["type": "string", "minLength": .integer(least), "maxLength": .integer(Int64(length))]
    }

    static func list(of items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

    static func list(of items: JSONValue, _ least: Int64, _ most: Int) -> JSONValue {
        ["type": "array", "items": items, "minItems": .integer(least), "maxItems": .integer(Int64(most))]
    }

    static func words(_ words: [String]) -> JSONValue { ["type": "string", "enum": .array(words.map { .string($0) })] }

    /// An object with these members and no others. Those in `optional` may be missing.
    static func object(_ members: [(String, JSONValue)], optional: Set<String> = []) -> JSONValue {
        let required = members.map(\.0).filter { !optional.contains($0) }
        return [
            "type": "object", "properties": .members(members), "required": .array(required.map { .string($0) }),
            "additionalProperties": false,
        ]
    }

    /// The form of every list.
    static func page(of schema: String, _ more: [(String, JSONValue)] = []) -> JSONValue {
        object([("items", list(of: reference(schema))), ("nextCursor", optionalText)] + more)
    }
}
