import Foundation
import HTTPPort
import HTTPTypes
import Hummingbird
import TallywireCore
import TallywireEngine

/// `/api/reservations`: units that are held for somebody.
extension InventoryAPI {
    func createReservations(_ request: Request, _ context: APIContext) async throws -> Response {
        try await create(ReservationBody.self, request, context) { receipt in
            var headers = headers(at: receipt.seq ?? 0, receipt: receipt)
            headers[.location] = "/api/reservations/\(receipt.movementID.percentEncoded)"
            return .json(receipt.status == .applied ? .created : .ok, headers: headers) { receipt.writeReservation(to: &$0) }
        }
    }

    func listReservations(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["status", "reference", "expiringBefore", "limit", "cursor"])
        let limit = try query.limit()
        let after = try Cursor.number(of: "reservations", in: query) ?? 0
        let reading = try await journal.reservations(
            ReservationQuery(
                status: try query.word("status", Reservation.Status.self), reference: query.text("reference"),
                expiringBefore: try query.timestamp("expiringBefore"), after: UInt64(after), limit: limit + 1))
        let items = reading.value.prefix(limit)
        let last = reading.value.count > limit ? items.last?.number : nil
        return .json(headers: headers(at: reading.seq), capacity: 512 * items.count) { json in
            json.page(items, next: last.map { Cursor(list: "reservations", position: "\($0)") }) { $0.writeAnswer(to: &$1) }
        }
    }

    func getReservation(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try QueryReader(request, parameters: [])
        let id = try pathID(context, orElse: Problem.unknownReservation)
        let reading = try await journal.reservation(id)
        guard let reservation = reading.value else { throw Problem.unknownReservation(id) }
        return .json(headers: headers(at: reading.seq)) { reservation.writeAnswer(to: &$0) }
    }

    func updateReservation(_ request: Request, _ context: APIContext) async throws -> Response {
        let reservation = try pathID(context, orElse: Problem.unknownReservation)
        let id = try commandID(request)
        let end = try await decode(ReservationEndBody.self, from: request, context).end
        return response(with: try await submit(.endReservation(reservation, end), id: id), about: reservation)
    }

    func captureReservation(_ request: Request, _ context: APIContext) async throws -> Response {
        try await use(request, context, isCapture: true)
    }

    func releaseReservation(_ request: Request, _ context: APIContext) async throws -> Response {
        try await use(request, context, isCapture: false)
    }

    private func use(_ request: Request, _ context: APIContext, isCapture: Bool) async throws -> Response {
        let reservation = try pathID(context, orElse: Problem.unknownReservation)
        let body = try await decodeIfPresent(ReservationUseBody.self, from: request, context, [.isCapture: isCapture])
        let use = ReservationUse(
            reservation: reservation, kind: isCapture ? .capture(keepsRest: body.keepsRest) : .release, reason: body.reason,
            lines: body.lines)
        let receipt = try await submit(.useReservation(use), id: commandID(request, body: body.id))
        return response(with: receipt, about: reservation)
    }

    private func response(with receipt: Receipt, about reservation: String) -> Response {
        .json(headers: headers(at: receipt.seq ?? 0, receipt: receipt)) { receipt.writeReservation(to: &$0) }
    }
}

extension Problem {
    fileprivate static func unknownReservation(_ id: String) -> Problem {
        Problem(
            Rejection(
                .unknownReservation,
                "there is no reservation “\(id.excerpt)”: it never was, or it ended so long ago that it is no longer kept"))
    }
}

extension String {
    /// The text as a segment of a path.
    var percentEncoded: String {
        addingPercentEncoding(
            withAllowedCharacters: .alphanumerics.intersection(.init(charactersIn: "!"..."~")).union(.init(charactersIn: "-._~")))
            ?? self
    }
}
