import TallywireCore

/// The body of `POST /api/movements`: one movement.
struct MovementBody: Decodable {
    let id: String?
    /// In whose name it is made; `nil` is the caller's.
    let device: String?
    let reason: String?
    let reference: String?
    let occurredAt: Timestamp?
    let lines: [Line]

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["id", "device", "reason", "reference", "occurredAt", "lines"])
        id = try members.text("id")
        device = try members.text("device")
        reason = try members.text("reason")
        reference = try members.text("reference")
        occurredAt = try members.timestamp("occurredAt")
        lines = try members.required(
            members.list("lines", of: Line.self, limit: Limits.linesPerMovement, what: "lines"), "lines")
    }

    /// One line of it.
    struct Line: Decodable {
        let item: ItemReference
        let location: String?
        let operation: Operation
        let quantity: Int64
        let to: String?
        let expected: Int64?
        let trace: Trace

        init(from decoder: any Decoder) throws {
            let members = try MemberReader(
                decoder,
                members: [
                    "sku", "variantId", "barcode", "location", "operation", "quantity", "to", "expected", "batch", "serial",
                    "expiry",
                ])
            item = try Self.item(members, at: decoder.codingPath)
            location = try members.text("location")
            operation = try members.required(members.word("operation", Operation.self), "operation")
            quantity = try members.required(members.integer("quantity"), "quantity")
            to = try members.text("to")
            expected = try members.integer("expected")
            trace = Trace(
                batch: try members.text("batch"), serial: try members.text("serial"), expiry: try members.date("expiry"))
        }

        private static func item(_ members: MemberReader, at path: [any CodingKey]) throws -> ItemReference {
            let named: [ItemReference?] = [
                try members.text("sku").map { .sku($0) },
                try members.integer("variantId").map { .variant(VariantID($0)) },
                try members.text("barcode").map { .barcode($0) },
            ]
            guard let item = named.compactMap({ $0 }).first, named.count(where: { $0 != nil }) == 1 else {
                throw BodyError(path, "a line names its item by exactly one of sku, variantId and barcode")
            }
            return item
        }
    }

    /// The movement, with `defaultLocation` where a line names none.
    func movement(defaultLocation: String) -> Movement {
        Movement(
            reason: reason, reference: reference, occurredAt: occurredAt,
            lines: lines.map { line in
                Movement.Line(
                    item: line.item, location: line.location ?? defaultLocation, operation: line.operation, quantity: line.quantity,
                    destination: line.to, expected: line.expected, trace: line.trace)
            })
    }
}
