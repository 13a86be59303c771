/// Reads `Decodable` types from a ``ConfigurationValue``. It also reads `Duration` and ``ByteSize``.
struct ConfigurationDecoder: Decoder {
    let value: ConfigurationValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if type == Duration.self, let duration = try duration() as? T { return duration }
        if type == ByteSize.self, let size = try size() as? T { return size }
        return try T(from: self)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value.content else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(Keyed<Key>(members: members, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let elements) = value.content else { throw mismatch([Any].self) }
        return Unkeyed(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { Single(decoder: self) }

    private func duration() throws -> Duration {
        switch value.content {
        case .duration(let duration): return duration
        case .string(let text):
            guard let duration = Duration(configuration: text) else { throw mismatch(Duration.self) }
            return duration
        default: throw mismatch(Duration.self)
        }
    }

    private func size() throws -> ByteSize {
        switch value.content {
        case .size(let size): return size
        case .integer(let bytes): return ByteSize(bytes: bytes)
        case .string(let text):
            guard let size = ByteSize(text) else { throw mismatch(ByteSize.self) }
            return size
        default: throw mismatch(ByteSize.self)
        }
    }

    func bool() throws -> Bool {
        guard case .bool(let value) = value.content else { throw mismatch(Bool.self) }
        return value
    }

    func string() throws -> String {
        guard case .string(let value) = value.content else { throw mismatch(String.self) }
        return value
    }

    func double() throws -> Double {
        switch value.content {
        case .number(let value): return value
        case .integer(let value): return Double(value)
        default: throw mismatch(Double.self)
        }
    }

    func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        guard case .integer(let value) = value.content, let number = T(exactly: value) else { throw mismatch(type) }
        return number
    }

    func mismatch(_ type: Any.Type) -> DecodingError {
        .typeMismatch(
            type,
            .init(
                codingPath: codingPath,
                debugDescription: "the plugin reads this as \(type), but its schema lets \(value.kind) through"))
    }
}
