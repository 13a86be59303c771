import GS1

/// What a movement asked, for whoever reads it back.
extension Movement {
    /// So many lines of a refused movement are kept; its message names the line that is wrong.
    public static let keptLines = 100

    /// The movement in the form of a body of `POST /api/movements`, with the source that asked. Members without a value are left
    /// out, and so are lines after the first ``keptLines``.
    public func record(of source: String) -> JSONValue {
        var members: [(String, JSONValue)] = [("source", .string(source))]
        if let reason { members.append(("reason", .string(reason))) }
        if let reference { members.append(("reference", .string(reference))) }
        if let occurredAt { members.append(("occurredAt", .string(occurredAt.description))) }
        members.append(("lines", .array(lines.prefix(Self.keptLines).map(\.record))))
        return .members(members)
    }
}

extension Movement.Line {
    fileprivate var record: JSONValue {
        var members: [(String, JSONValue)] =
            switch item {
            case .sku(let sku): [("sku", .string(sku))]
            case .barcode(let code): [("barcode", .string(code))]
            case .variant(let id): [("variantId", .integer(id.rawValue))]
            }
        if let location { members.append(("location", .string(location))) }
        members += [("operation", .string(operation.rawValue)), ("quantity", .integer(quantity))]
        if let reservation { members.append(("reservation", .string(reservation))) }
        if let destination { members.append(("to", .string(destination))) }
        if operation == .move || fromState != .available {
            members.append((operation == .move ? "from" : "fromState", .string(fromState.rawValue)))
        }
        if operation == .move || toState != .available {
            members.append((operation == .move ? "to" : "toState", .string(toState.rawValue)))
        }
        if allowsNegative { members.append(("negative", .string("allow"))) }
        if let expected { members.append(("expected", .integer(expected))) }
        if let batch = trace.batch { members.append(("batch", .string(batch))) }
        if let serial = trace.serial { members.append(("serial", .string(serial))) }
        if let expiry = trace.expiry { members.append(("expiry", .string(expiry.description))) }
        return .members(members)
    }
}
