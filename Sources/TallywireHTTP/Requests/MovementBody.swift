import HTTPPort
import TallywireCore

/// The body of `POST /api/movements`: one movement.
struct MovementBody: Decodable {
    let id: String?
    /// The device in whose name the movement is made; `nil` for the caller's own.
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

    /// One line of the movement.
    struct Line: Decodable {
        let item: ItemReference
        let location: String?
        let operation: TallywireCore.Operation
        let quantity: Int64
        let to: String?
        let expected: Int64?
        let trace: Trace

        init(from decoder: any Decoder) throws {
            let members = try MemberReader(
                decoder,
                members: [
                    "sku", "variantId", "barcode", "code", "location", "operation", "quantity", "to", "expected", "batch", "serial",
                    "expiry",
                ])
            let reading = try Self.reading(members, at: decoder.codingPath, year: decoder.userInfo[.year] as? Int ?? 0)
            item = reading.item
            location = try members.text("location")
            operation = try members.required(members.word("operation", TallywireCore.Operation.self), "operation")
            let scans = try members.required(members.integer("quantity"), "quantity").multipliedReportingOverflow(by: reading.count)
            guard !scans.overflow else {
                throw BodyError(decoder.codingPath, "the quantity is too large for what the code counts")
            }
            quantity = scans.partialValue
            to = try members.text("to")
            expected = try members.integer("expected")
            trace = Trace(
                batch: try members.text("batch") ?? reading.trace.batch, serial: try members.text("serial") ?? reading.trace.serial,
                expiry: try members.date("expiry") ?? reading.trace.expiry)
        }

        private static func reading(_ members: MemberReader, at path: [any CodingKey], year: Int) throws -> CodeReading {
            let named: [CodeReading?] = [
                try members.text("sku").map { CodeReading(item: .sku($0)) },
                try members.integer("variantId").map { CodeReading(item: .variant(VariantID($0))) },
                try members.text("barcode").map { CodeReading(item: .barcode($0)) },
                try members.text("code").map { try read($0, at: path, year: year) },
            ]
            guard let reading = named.compactMap({ $0 }).first, named.count(where: { $0 != nil }) == 1 else {
                throw BodyError(path, "a line names its item by exactly one of sku, variantId, barcode and code")
            }
            return reading
        }

        /// Reads a scanned code by the same rules as scans that come over MQTT.
        private static func read(_ code: String, at path: [any CodingKey], year: Int) throws -> CodeReading {
            do {
                return try CodeReading(code: code, year: year)
            } catch {
                throw BodyError(path, "code: \(error)")
            }
        }
    }

    /// The movement. Lines that name no location are at `defaultLocation`.
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

/// The body of `POST /api/movements` as an array. Each element is a movement, or its mistake.
struct MovementBatchBody: Decodable {
    let movements: [Result<MovementBody, Problem>]

    init(from decoder: any Decoder) throws {
        var elements = try decoder.unkeyedContainer()
        var movements: [Result<MovementBody, Problem>] = []
        movements.reserveCapacity(elements.count ?? 0)
        while !elements.isAtEnd { movements.append(try elements.decode(Element.self).movement) }
        self.movements = movements
    }

    /// One element. It never fails to decode, so that a wrong element does not affect the others.
    private struct Element: Decodable {
        let movement: Result<MovementBody, Problem>

        init(from decoder: any Decoder) throws {
            do {
                movement = .success(try MovementBody(from: decoder))
            } catch var error as BodyError {
                // The mistakes of a movement are reported as if it were the whole body.
                let prefix = BodyError.describe(decoder.codingPath)
                if error.field.hasPrefix(prefix) {
                    error.field = String(error.field.dropFirst(prefix.count).trimmingPrefix("."))
                }
                movement = .failure(error.problem)
            }
        }
    }
}
