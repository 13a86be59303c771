/// What a JSON value is made of, for code that looks at values of several types.
public enum JSONShape<Value> {
    case object([String: Value])
    case array([Value])
    case string(String)
    case number(Double)
    case bool(Bool)
    case null
}

/// A type of JSON values that can be looked into.
public protocol JSONShaped: Equatable, Sendable {
    var shape: JSONShape<Self> { get }
}

extension WebSocketClient.JSON: JSONShaped {
    public var shape: JSONShape<Self> {
        switch self {
        case .object(let members): .object(members)
        case .array(let elements): .array(elements)
        case .string(let text): .string(text)
        case .number(let number): .number(number)
        case .bool(let flag): .bool(flag)
        case .null: .null
        }
    }
}
