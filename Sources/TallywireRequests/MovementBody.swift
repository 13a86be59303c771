import TallywireCore

/// One movement: the body of `POST /api/movements`, and a line of a source's program.
package struct MovementBody: Decodable, Sendable {
    package let id: String?
    /// The device in whose name the movement is made; `nil` for the caller's own.
    package let device: String?
    package let reason: String?
    package let reference: String?
    package let occurredAt: Timestamp?
    package let lines: [Line]

    package init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["id", "device", "reason", "reference", "occurredAt", "lines"])
        id = try members.text("id")
        device = try members.text("device")
        reason = try members.text("reason")
        reference = try members.text("reference")
        occurredAt = try members.timestamp("occurredAt")
        lines = try members.required(
            members.list("lines", of: Line.self, limit: Limits.linesPerMovement, what: "lines"), "lines")
    }

    /// One line of the movement.
    package struct Line: Decodable, Sendable {
        package let item: ItemReference
        package let location: String?
        package let operation: TallywireCore.Operation
        package let quantity: Int64
        package let to: String?
        package let expected: Int64?
        package let trace: Trace
        package let reservation: String?
        package let fromState: StockState
        package let toState: StockState
        package let allowsNegative: Bool

        package init(from decoder: any Decoder) throws {
            let members = try MemberReader(
                decoder,
                members: ItemBody.members + [
                    "location", "operation", "quantity", "to", "expected", "batch", "serial", "expiry", "reservation", "from",
                    "fromState", "toState", "negative",
                ])
            let reading = try ItemBody.reading(members, decoder)
            item = reading.item
            location = try members.text("location")
            operation = try members.required(
                members.word("operation", TallywireCore.Operation.self, among: TallywireCore.Operation.ofLines), "operation")
            quantity = try ItemBody.quantity(members, of: reading, decoder)
            reservation = try members.text("reservation")
            if operation == .move {
                for name in ["fromState", "toState"] as [MemberName] where members.contains(name) {
                    throw members.error(at: name, "a move has “from” and “to”")
                }
                fromState = try members.required(members.word("from", StockState.self), "from")
                toState = try members.required(members.word("to", StockState.self), "to")
                to = nil
            } else {
                if members.contains("from") { throw members.error(at: "from", "only a move has “from”, the state it goes from") }
                fromState = try members.word("fromState", StockState.self) ?? .available
                toState = try members.word("toState", StockState.self) ?? .available
                to = try members.text("to")
            }
            allowsNegative = try members.word("negative", NegativeRule.self) == .allow
            expected = try members.integer("expected")
            trace = Trace(
                batch: try members.text("batch") ?? reading.trace.batch, serial: try members.text("serial") ?? reading.trace.serial,
                expiry: try members.date("expiry") ?? reading.trace.expiry)
        }
    }

    /// The movement. Lines that name no location are at `defaultLocation`, but units of a reservation are wherever it holds them.
    package func movement(defaultLocation: String) -> Movement {
        Movement(
            reason: reason, reference: reference, occurredAt: occurredAt,
            lines: lines.map { line in
                Movement.Line(
                    item: line.item, location: line.location ?? (line.operation.hasReservation ? nil : defaultLocation),
                    operation: line.operation, quantity: line.quantity, destination: line.to, expected: line.expected,
                    trace: line.trace, reservation: line.reservation, fromState: line.fromState, toState: line.toState,
                    allowsNegative: line.allowsNegative)
            })
    }
}
