public import TallywireCore

/// What tests read out of a JSON value and compare it with.
extension JSONValue {
    public init(_ bytes: some Collection<UInt8>) throws { self = try JSONReader.value(of: Array(bytes)) }
    public init(_ text: String) throws { try self.init(text.utf8) }

    public subscript(_ index: Int) -> JSONValue? { elements.indices.contains(index) ? elements[index] : nil }

    /// The members of an object by their names; none where it is no object.
    public var members: [String: JSONValue] { Dictionary((object ?? []).map { ($0.name, $0.value) }) { $1 } }
    /// The elements of an array; none where it is no array.
    public var elements: [JSONValue] { array ?? [] }
    public var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    public var number: Double? { if case .number(let digits) = self { Double(digits) } else { nil } }
    public var int: Int? { integer.map { Int($0) } }
    /// A whole number that is not negative, such as a `seq`.
    public var unsigned: UInt64? { integer.flatMap { UInt64(exactly: $0) } }

    /// The value as JSON, to send it.
    public var text: String {
        var json = JSONWriter()
        write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension JSONValue: ExpressibleByNilLiteral {
    public init(nilLiteral: ()) { self = .null }
}
