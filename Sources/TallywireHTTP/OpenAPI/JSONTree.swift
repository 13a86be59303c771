import TallywireCore

/// A JSON value that is written down in Swift, with its members in the order in which they are written.
indirect enum JSONTree: Sendable {
    case object([(String, JSONTree)])
    case array([JSONTree])
    case string(String)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    case null

    func write(to json: inout JSONWriter) {
        switch self {
        case .object(let members):
            json.object { json in
                for (name, value) in members {
                    json.dynamicKey(name)
                    value.write(to: &json)
                }
            }
        case .array(let elements):
            json.array { json in
                for element in elements { element.write(to: &json) }
            }
        case .string(let text): json.string(text)
        case .integer(let number): json.integer(number)
        case .number(let number): json.raw("\(number)".utf8)
        case .bool(let flag): json.bool(flag)
        case .null: json.null()
        }
    }

    init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .number(let text): self = Int64(text).map { .integer($0) } ?? .number(Double(text) ?? 0)
        case .string(let text): self = .string(text)
        case .array(let items): self = .array(items.map { JSONTree($0) })
        case .object(let members): self = .object(members.map { ($0.name, JSONTree($0.value)) })
        }
    }

    /// The members of `a` and then those of `b`.
    static func + (a: JSONTree, b: JSONTree) -> JSONTree {
        guard case .object(let first) = a, case .object(let second) = b else { return b }
        return .object(first + second)
    }
}

extension JSONTree: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, JSONTree)...) { self = .object(elements) }
}

extension JSONTree: ExpressibleByArrayLiteral {
    init(arrayLiteral elements: JSONTree...) { self = .array(elements) }
}

extension JSONTree: ExpressibleByStringInterpolation {
    init(stringLiteral value: String) { self = .string(value) }
}

extension JSONTree: ExpressibleByIntegerLiteral {
    init(integerLiteral value: Int64) { self = .integer(value) }
}

extension JSONTree: ExpressibleByFloatLiteral {
    init(floatLiteral value: Double) { self = .number(value) }
}

extension JSONTree: ExpressibleByBooleanLiteral {
    init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONTree: ExpressibleByNilLiteral {
    init(nilLiteral: ()) { self = .null }
}
