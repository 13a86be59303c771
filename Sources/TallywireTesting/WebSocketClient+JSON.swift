import Foundation

extension WebSocketClient {
    /// The next message that is not a ping, read as JSON.
    public func nextJSON(within limit: Duration = .seconds(20)) async throws -> JSON {
        try JSON(await nextText(within: limit))
    }

    /// Messages as JSON until one has this type; the others are passed over.
    public func nextJSON(type: String, within limit: Duration = .seconds(20)) async throws -> JSON {
        let deadline = ContinuousClock.now + limit
        while true {
            let json = try await nextJSON(within: deadline - .now)
            if json["type"] == .string(type) { return json }
        }
    }

    /// A JSON value that tests can look into and compare.
    public enum JSON: Equatable, Sendable {
        case null
        case bool(Bool)
        case number(Double)
        case string(String)
        case array([JSON])
        case object([String: JSON])

        /// Reads a text.
        public init(_ text: String) throws {
            self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
        }

        /// A member of an object, `nil` if there is none.
        public subscript(key: String) -> JSON? {
            guard case .object(let members) = self else { return nil }
            return members[key]
        }

        /// A whole number that is not negative, such as a `seq`.
        public var integer: UInt64? {
            guard case .number(let number) = self else { return nil }
            return UInt64(exactly: number)
        }

        public var number: Double? {
            guard case .number(let number) = self else { return nil }
            return number
        }

        public var bool: Bool? {
            guard case .bool(let bool) = self else { return nil }
            return bool
        }

        public var array: [JSON]? {
            guard case .array(let array) = self else { return nil }
            return array
        }

        public var text: String? {
            guard case .string(let text) = self else { return nil }
            return text
        }
    }
}

extension WebSocketClient.JSON: Decodable {
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([Self].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: Self].self))
        }
    }
}

extension WebSocketClient.JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
