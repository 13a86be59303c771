/// Building blocks of JSON Schema (draft 2020-12) for documents that describe what is sent: names, numbers and texts with the limits
/// that Tallywire has for them.
public enum JSONSchema {
    public static let id: JSONValue = ["type": "integer", "minimum": 1, "maximum": .integer(Limits.largestBalance)]
    public static let count: JSONValue = ["type": "integer", "minimum": 0, "maximum": .integer(Limits.largestBalance)]
    /// Units that can be less than 0.
    public static let balance: JSONValue = [
        "type": "integer", "minimum": .integer(-Limits.largestBalance), "maximum": .integer(Limits.largestBalance),
    ]
    public static let quantity: JSONValue = ["type": "integer", "minimum": 0, "maximum": .integer(Limits.largestQuantity)]
    public static let movementID: JSONValue = [
        "type": "string", "minLength": 1, "maxLength": .integer(Int64(Limits.movementIDLength)), "pattern": "^[ -~]+$",
    ]
    public static let price: JSONValue = ["type": ["number", "null"], "minimum": 0, "maximum": 99_999_999_999.99]
    public static let timestamp: JSONValue = ["type": "string", "format": "date-time"]
    public static let optionalText: JSONValue = ["type": ["string", "null"]]
    public static let flag: JSONValue = ["type": "boolean"]
    public static let sku = key(Limits.skuLength)
    public static let locationCode = key(Limits.locationCodeLength)
    public static let name = text(Limits.nameLength) + ["pattern": .string("^[^\(controls)]+$")]

    /// The control characters, for a character class of a regular expression.
    private static let controls = #"\u0000-\u001F\u007F-\u009F"#

    /// Text that becomes a level of an MQTT topic.
    public static func key(_ length: Int) -> JSONValue {
        ["type": "string", "minLength": 1, "maxLength": .integer(Int64(length)), "pattern": .string("^[^/+#\(controls)]+$")]
    }

    public static func text(_ length: Int, least: Int64 = 1) -> JSONValue {
        ["type": "string", "minLength": .integer(least), "maxLength": .integer(Int64(length))]
    }

    public static func list(of items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

    public static func list(of items: JSONValue, _ least: Int64, _ most: Int) -> JSONValue {
        ["type": "array", "items": items, "minItems": .integer(least), "maxItems": .integer(Int64(most))]
    }

    public static func words(_ words: [String]) -> JSONValue { ["type": "string", "enum": .array(words.map { .string($0) })] }

    /// An object with these members and no others. Those in `optional` may be missing.
    public static func object(_ members: [(String, JSONValue)], optional: Set<String> = []) -> JSONValue {
        let required = members.map(\.0).filter { !optional.contains($0) }
        return [
            "type": "object", "properties": .members(members), "required": .array(required.map { .string($0) }),
            "additionalProperties": false,
        ]
    }

    /// A batch or a serial number.
    public static let traceText = text(Limits.traceLength, least: 1)
    /// The last day on which units may be used.
    public static let date: JSONValue = ["type": "string", "format": "date"]
    /// `null` for a default variant.
    public static let variantID: JSONValue = ["type": ["integer", "null"], "minimum": 1]

    /// A schema of the document's components, by its name.
    public static func reference(_ schema: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(schema)")] }
}

extension EventSchema {
    /// The whole event.
    public var tree: JSONValue { tree(data: JSONSchema.object(members.map { ($0.name, $0.kind.tree) }, optional: optional)) }

    /// The members that may be missing.
    public var optional: Set<String> { Set(members.filter(\.isOptional).map(\.name)) }

    /// The event with another `data`, and `extra` members beside it that may be missing.
    public func tree(data: JSONValue, extra: [(String, JSONValue)] = []) -> JSONValue {
        let type: JSONValue = types.count == 1 ? ["const": .string(types[0].rawValue)] : JSONSchema.words(types.map(\.rawValue))
        return JSONSchema.object(
            [("type", type), ("seq", JSONSchema.id)] + extra + [("timestamp", JSONSchema.timestamp), ("data", data)],
            optional: Set(extra.map(\.0)))
    }
}

extension EventSchema.Member.Kind {
    public var tree: JSONValue {
        switch self {
        case .id: JSONSchema.id
        case .variant: JSONSchema.variantID
        case .sku: JSONSchema.sku
        case .name: JSONSchema.name
        case .location: JSONSchema.locationCode
        case .movement: JSONSchema.movementID
        case .count: JSONSchema.count
        case .balance: JSONSchema.balance
        case .optionalCount: ["type": ["integer", "null"]]
        case .quantity: JSONSchema.quantity
        case .price: JSONSchema.price
        case .flag: JSONSchema.flag
        case .timestamp: JSONSchema.timestamp
        case .date: JSONSchema.date
        case .optionalTimestamp: ["type": ["string", "null"], "format": "date-time"]
        case .operation: JSONSchema.reference("Operation")
        case .level: JSONSchema.reference("StockLevel")
        case .status: JSONSchema.reference("ProductStatus")
        case .text(let length): JSONSchema.text(length.upperBound, least: Int64(length.lowerBound))
        case .string: ["type": "string"]
        case .words(let words): JSONSchema.words(words)
        case .object: ["type": "object"]
        case .skus: JSONSchema.list(of: JSONSchema.sku, 1, Limits.linesPerCount)
        case .list(let members):
            [
                "type": "array",
                "items": JSONSchema.object(
                    members.map { ($0.name, $0.kind.tree) }, optional: Set(members.filter(\.isOptional).map(\.name))),
            ]
        }
    }
}
