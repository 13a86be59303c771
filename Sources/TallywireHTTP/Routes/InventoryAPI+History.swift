import HTTPPort
import Hummingbird
import TallywireCore
import TallywireEngine

/// `/api/events` from the newest backwards: the history of a variant, and the latest events.
extension InventoryAPI {
    /// Returns the query of a request that reads backwards; `nil` for one that reads forwards.
    func historyQuery(_ query: QueryReader) throws(Problem) -> HistoryQuery? {
        let order = query.text("order")
        guard order == nil || order == "asc" || order == "desc" else {
            throw .invalidRequest("asc or desc is expected", field: "order")
        }
        let backwards = ["variant", "from", "until"].filter { query.text($0) != nil }
        if order != "desc", backwards.isEmpty { return nil }
        if order == "asc", let name = backwards.first {
            throw .invalidRequest("with “\(name)” events come from the newest backwards: order=desc", field: "order")
        }
        return HistoryQuery(
            variant: try query.integer("variant", in: 1...Limits.largestBalance).map { VariantID($0) },
            types: try eventTypes(query),
            before: try Cursor.number(of: "history", in: query).map { UInt64($0) },
            after: try query.integer("after", in: 0...UInt64(Limits.largestBalance)) ?? 0, from: try query.timestamp("from"),
            until: try query.timestamp("until"), limit: try query.limit(), maxBytes: limits.eventBytes, scan: limits.eventScan)
    }

    func listHistory(_ query: HistoryQuery) async throws -> Response {
        let last = try await journal.range().last
        let page = try await journal.history(query)
        return .json(headers: headers(at: last), capacity: page.events.reduce(256) { $0 + $1.json.count + 1 }) { json in
            json.object { json in
                json.array("items") { json in
                    for event in page.events { json.raw(event.json) }
                }
                json.key("nextCursor")
                if let next = page.next { json.string(Cursor(list: "history", position: "\(next)").text) } else { json.null() }
                json.member("last", last)
            }
        }
    }
}
