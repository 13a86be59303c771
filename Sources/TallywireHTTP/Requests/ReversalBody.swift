import TallywireRequests

/// The body of `POST /api/movements/{id}/reversal`; it may be empty.
struct ReversalBody: Decodable {
    let id: String?
    let reason: String?

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["id", "reason"])
        id = try members.text("id")
        reason = try members.text("reason")
    }
}
