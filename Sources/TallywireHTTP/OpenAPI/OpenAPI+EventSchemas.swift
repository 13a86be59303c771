import TallywireCore

extension OpenAPI {
    /// The events, the same as on every sink.
    static let eventSchemas: [(String, JSONValue)] =
        [
            ("EventType", words(EventType.allCases.map(\.rawValue))),
            ("Event", ["oneOf": .array(Event.schemas.map { reference($0.name) })]),
            (
                "EventPage",
                page(of: "Event", [("last", count + ["description": "How far the answer looked: the next `after`."])])
            ),
        ] + Event.schemas.map { ($0.name, $0.tree) }

    /// A batch or a serial number.
    static let traceText = text(Limits.traceLength, least: 1)
    /// The last day on which units may be used.
    static let date: JSONValue = ["type": "string", "format": "date"]
    /// `null` for a default variant.
    static let variantID: JSONValue = ["type": ["integer", "null"], "minimum": 1]
}

extension EventSchema {
    /// The whole event.
    var tree: JSONValue { tree(data: OpenAPI.object(members.map { ($0.name, $0.kind.tree) }, optional: optional)) }

    /// The members that may be missing.
    var optional: Set<String> { Set(members.filter(\.isOptional).map(\.name)) }

    /// The event with another `data`, and `extra` members beside it that may be missing.
    func tree(data: JSONValue, extra: [(String, JSONValue)] = []) -> JSONValue {
        let type: JSONValue = types.count == 1 ? ["const": .string(types[0].rawValue)] : OpenAPI.words(types.map(\.rawValue))
        return OpenAPI.object(
            [("type", type), ("seq", OpenAPI.id)] + extra + [("timestamp", OpenAPI.timestamp), ("data", data)],
            optional: Set(extra.map(\.0)))
    }
}

extension EventSchema.Member.Kind {
    var tree: JSONValue {
        switch self {
        case .id: OpenAPI.id
        case .variant: OpenAPI.variantID
        case .sku: OpenAPI.sku
        case .name: OpenAPI.name
        case .location: OpenAPI.locationCode
        case .movement: OpenAPI.movementID
        case .count: OpenAPI.count
        case .optionalCount: ["type": ["integer", "null"]]
        case .quantity: OpenAPI.quantity
        case .price: OpenAPI.price
        case .flag: OpenAPI.flag
        case .timestamp: OpenAPI.timestamp
        case .date: OpenAPI.date
        case .optionalTimestamp: ["type": ["string", "null"], "format": "date-time"]
        case .operation: OpenAPI.reference("Operation")
        case .level: OpenAPI.reference("StockLevel")
        case .status: OpenAPI.reference("ProductStatus")
        case .text(let length): OpenAPI.text(length.upperBound, least: Int64(length.lowerBound))
        case .string: ["type": "string"]
        case .words(let words): OpenAPI.words(words)
        case .object: ["type": "object"]
        }
    }
}
