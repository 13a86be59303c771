import HTTPPort
import Hummingbird
import TallywireCore
import TallywireEngine

/// `/api/events`: the journal's events.
extension InventoryAPI {
    /// Returns the events after `after`, or after the cursor, in order. `last` is the last event that was looked at. A client
    /// passes it as the next `after`, also when `type` left some events out.
    func listEvents(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(
            request, parameters: ["after", "limit", "type", "cursor", "order", "variant", "from", "until"])
        if let history = try historyQuery(query) { return try await listHistory(history) }
        let limit = try query.limit()
        let types = try eventTypes(query)
        let cursor = try Cursor.number(of: "events", in: query).map { UInt64($0) }
        let given = try query.integer("after", in: 0...UInt64(Limits.largestBalance))
        let start = cursor ?? given ?? 0
        var range = try await journal.range()
        if start > range.last {
            guard try await isHere(start) else {
                throw Problem.invalidRequest(
                    "the last event is \(range.last), so \(start) is of another journal; this one's epoch is \(journal.epoch)",
                    field: "after")
            }
            range = try await journal.range()
        }
        let page = try await read(after: start, limit: limit, types: types, range: range)
        return .json(headers: headers(at: range.last), capacity: page.bytes + 256) { json in
            json.object { json in
                json.array("items") { json in
                    for event in page.items { json.raw(event.json) }
                }
                json.key("nextCursor")
                if page.last < range.last {
                    json.string(Cursor(list: "events", position: "\(page.last)").text)
                } else {
                    json.null()
                }
                json.member("last", page.last)
            }
        }
    }

    private struct EventPage {
        var items: [EventEnvelope] = []
        var bytes = 0
        /// The last event that was looked at.
        var last: UInt64
    }

    private func read(
        after start: UInt64, limit: Int, types: Set<EventType>?, range: (first: UInt64, last: UInt64)
    ) async throws -> EventPage {
        var page = EventPage(last: start)
        var looked = 0
        while page.items.count < limit, page.last < range.last, page.bytes < limits.eventBytes, looked < limits.eventScan {
            // Without a filter, as many as are missing. With a filter, a larger number at a time, since most may be left out.
            let wanted = types == nil ? limit - page.items.count : min(HTTPLimits.largestPage, limits.eventScan - looked)
            let events: [EventEnvelope]
            do {
                events = try await journal.events(after: page.last, limit: wanted, maxBytes: limits.eventBytes - page.bytes)
            } catch let error as JournalError where error.code == .pruned {
                throw Problem.pruned(after: page.last, first: range.first)
            }
            guard !events.isEmpty else { break }
            looked += events.count
            for event in events {
                page.last = event.seq
                guard types?.contains(event.type) != false else { continue }
                page.items.append(event)
                page.bytes += event.json.count + 1
                if page.items.count == limit || page.bytes >= limits.eventBytes { break }
            }
        }
        return page
    }

    /// The types that `type` names, separated by commas; `nil` if the parameter is absent.
    func eventTypes(_ query: QueryReader) throws(Problem) -> Set<EventType>? {
        guard let text = query.text("type") else { return nil }
        var types: Set<EventType> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let type = EventType(rawValue: String(word)) else {
                let names = EventType.allCases.map(\.rawValue)
                let hint = Suggestion.hint(for: String(word), among: names)
                throw .invalidRequest("one or more of \(names.joined(separator: ", ")) are expected\(hint)", field: "type")
            }
            types.insert(type)
        }
        return types
    }
}
