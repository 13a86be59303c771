// Values that are written down in Swift: documents, schemas, examples.

extension JSONValue {
    /// An object with these members, in their order.
    public static func members(_ members: [(String, JSONValue)]) -> JSONValue { .object(members.map { Member($0, $1) }) }

    public static func integer(_ value: Int64) -> JSONValue { .number("\(value)") }

    /// The members of `a` and then those of `b`; `b` if one of them is no object.
    public static func + (a: JSONValue, b: JSONValue) -> JSONValue {
        guard case .object(let first) = a, case .object(let second) = b else { return b }
        return .object(first + second)
    }

    /// Writes the value, numbers as they are.
    public func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let flag): json.bool(flag)
        case .number(let text): json.raw(text.utf8)
        case .string(let text): json.string(text)
        case .array(let items): json.array { json in for item in items { item.write(to: &json) } }
        case .object(let members):
            json.object { json in
                for member in members {
                    json.dynamicKey(member.name)
                    member.value.write(to: &json)
                }
            }
        }
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .members(elements) }
}

extension JSONValue: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension JSONValue: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) { self = .number("\(value)") }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
