import HTTPPort
import TallywireAccess
import TallywireConfiguration
import TallywireCore
import TallywireRequests

/// The body of `POST /api/reservations`: one reservation.
struct ReservationBody: CommandBody {
    let id: String?
    let reservation: NewReservation

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["id", "reference", "ttl", "expiresAt", "partial", "lines"])
        id = try members.text("id")
        reservation = NewReservation(
            reference: try members.text("reference"), end: try members.reservationEnd() ?? NewReservation.defaultEnd,
            isPartial: try members.flag("partial") ?? false,
            lines: try members.required(
                members.list("lines", of: Line.self, limit: Limits.linesPerReservation, what: "lines"), "lines"
            ).map(\.line))
    }

    func command(id: String?, of principal: Principal?, in api: InventoryAPI) -> Command {
        Command(id: id, source: InventoryAPI.source(of: nil), action: .reserve(reservation))
    }

    static func write(_ receipt: Receipt, to json: inout JSONWriter) { receipt.writeReservation(to: &json) }

    private struct Line: Decodable {
        let line: NewReservation.Line

        init(from decoder: any Decoder) throws {
            let members = try MemberReader(decoder, members: ItemBody.members + ["quantity", "location", "locations"])
            let reading = try ItemBody.reading(members, decoder)
            line = NewReservation.Line(
                item: reading.item, quantity: try ItemBody.quantity(members, of: reading, decoder),
                locations: try Self.locations(members))
        }

        /// `location` is one code; `locations` a list of codes, or “any”.
        private static func locations(_ members: MemberReader) throws -> [String]? {
            let location = try members.text("location")
            guard members.contains("locations") else { return location.map { [$0] } }
            guard location == nil else {
                throw members.error(at: "locations", "give “location” or “locations”, not both")
            }
            if let word = try? members.text("locations") {
                guard word == "any" else { throw members.error(at: "locations", "a list of codes, or “any”, is expected") }
                return nil
            }
            return try members.list("locations", of: String.self, limit: Limits.linesPerReservation, what: "codes of locations")
        }
    }
}

/// The body of `PATCH /api/reservations/{id}`.
struct ReservationEndBody: Decodable {
    let end: NewReservation.End

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["ttl", "expiresAt"])
        guard let end = try members.reservationEnd() else {
            throw BodyError.nothingToChange(decoder.codingPath, ["ttl", "expiresAt"])
        }
        self.end = end
    }
}

/// The body of `POST /api/reservations/{id}/capture` and of `…/release`; it may be empty.
struct ReservationUseBody: Decodable {
    let id: String?
    let reason: String?
    let keepsRest: Bool
    let lines: [ReservationUse.Line]?

    init(from decoder: any Decoder) throws {
        let isCapture = decoder.userInfo[.isCapture] as? Bool == true
        let members = try MemberReader(decoder, members: ["id", "lines"] + (isCapture ? ["keep", "reason"] : []))
        id = try members.text("id")
        reason = isCapture ? try members.text("reason") : nil
        keepsRest = isCapture ? try members.flag("keep") ?? false : false
        lines = try members.list("lines", of: Line.self, limit: Limits.linesPerReservation, what: "lines")?.map(\.line)
    }

    private struct Line: Decodable {
        let line: ReservationUse.Line

        init(from decoder: any Decoder) throws {
            let members = try MemberReader(decoder, members: ItemBody.members + ["quantity", "location"])
            let reading = try ItemBody.reading(members, decoder)
            line = ReservationUse.Line(
                item: reading.item, quantity: try ItemBody.quantity(members, of: reading, decoder),
                location: try members.text("location"))
        }
    }
}

extension CodingUserInfoKey {
    /// Whether a use of a reservation is a capture.
    static let isCapture = CodingUserInfoKey(rawValue: "isCapture")!
}

extension MemberReader {
    /// The end of a reservation's time: `ttl`, a duration such as `"15m"` or a number of seconds, or `expiresAt`, a time.
    fileprivate func reservationEnd() throws -> NewReservation.End? {
        let time = try timestamp("expiresAt")
        guard contains("ttl") else { return time.map { .at($0) } }
        guard time == nil else { throw error(at: "expiresAt", "give “ttl” or “expiresAt”, not both") }
        if let seconds = try? integer("ttl") {
            // Far beyond what is possible, and far below what a duration holds.
            return .after(.seconds(max(-1, min(seconds, 1 << 40))))
        }
        let expected = "a duration such as 30s, 15m, 24h or 7d, or a number of seconds, is expected"
        guard let text = try? text("ttl"), let duration = Duration(configuration: text) else { throw error(at: "ttl", expected) }
        return .after(duration)
    }
}
