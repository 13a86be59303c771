import TallywireCore
import TallywireRequests

/// The body of `PATCH /api/variants/{id}/inventory`: a movement of one line.
struct InventoryBody: Decodable {
    let id: String?
    /// The device in whose name the movement is made; `nil` for the caller's own.
    let device: String?
    let operation: Operation
    let quantity: Int64
    let reason: String?
    let reference: String?
    let occurredAt: Timestamp?
    let location: String?
    let expected: Int64?

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(
            decoder,
            members: ["id", "device", "operation", "quantity", "reason", "reference", "occurredAt", "location", "expected"])
        id = try members.text("id")
        device = try members.text("device")
        operation = try members.required(
            members.word("operation", Operation.self, among: Operation.ofLines), "operation")
        guard Operation.plain.contains(operation) else {
            throw members.error(
                at: "operation", "set, add or subtract is expected; a \(operation.rawValue) is a movement: POST /api/movements")
        }
        quantity = try members.required(members.integer("quantity"), "quantity")
        reason = try members.text("reason")
        reference = try members.text("reference")
        occurredAt = try members.timestamp("occurredAt")
        location = try members.text("location")
        expected = try members.integer("expected")
    }

    /// The movement. If the body names no location, it is at `defaultLocation`.
    func movement(of variant: VariantID, defaultLocation: String) -> Movement {
        Movement(
            reason: reason, reference: reference, occurredAt: occurredAt,
            lines: [
                Movement.Line(
                    item: .variant(variant), location: location ?? defaultLocation, operation: operation, quantity: quantity,
                    expected: expected)
            ])
    }
}
