import HTTPPort
import Hummingbird
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywireRequests

/// `/api/alerts`: what is low or out, in all or at a location, and who has acknowledged the alerts.
extension InventoryAPI {
    func listAlerts(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["location", "limit", "cursor"])
        let limit = try query.limit()
        let location = try query.name("location")
        let after = try Cursor.stockPosition(of: "alerts", in: query)
        let reading = try await journal.alerts(AlertQuery(location: location, after: after, limit: limit + 1))
        if reading.value.isEmpty, after == nil { try await checkFilter(location: location) }
        let items = reading.value.prefix(limit)
        let last = reading.value.count > limit ? items.last?.position : nil
        return .json(headers: headers(at: reading.seq), capacity: 384 * items.count) { json in
            json.page(items, next: last.map { Cursor(list: "alerts", position: $0) }) { $0.write(to: &$1) }
        }
    }

    /// Notes that the caller has acknowledged an alert, unless somebody else has before. The response says who it was.
    func acknowledgeAlert(_ request: Request, _ context: APIContext) async throws -> Response {
        let text = context.parameters.get("seq") ?? ""
        guard let seq = UInt64(text), (1...UInt64(Limits.largestBalance)).contains(seq) else {
            throw Problem(
                Rejection(.unknownAlert, "there is no alert “\(text.excerpt)”: it is named by the seq of its stock_alert"))
        }
        let id = try commandID(request)
        let note = try await decode(AcknowledgementBody.self, from: request, context).note
        guard let variant = try await journal.alert(seq).value?.position.variant else { throw Problem.unknownAlert(seq) }
        let by = context.principal?.subject ?? Principal.anybody.subject
        let receipt = try await submit(
            .acknowledge(AlertReply(variant: variant, alertSeq: seq, by: by, note: note)), id: id)
        let reading = try await journal.alert(seq)
        guard let record = reading.value else { throw Problem.unknownAlert(seq) }
        return .json(headers: headers(at: reading.seq, receipt: receipt)) { record.write(to: &$0) }
    }
}

/// The body of `POST /api/alerts/{seq}/acknowledgement`; it may be empty: `{}`.
struct AcknowledgementBody: Decodable {
    let note: String?

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["note"])
        note = try members.text("note").flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension Problem {
    fileprivate static func unknownAlert(_ seq: UInt64) -> Problem {
        Problem(
            Rejection(
                .unknownAlert,
                "there is no open alert \(seq): it never was, or the stock has moved on since, see GET /api/alerts"))
    }
}
