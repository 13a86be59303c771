import HTTPPort
import Hummingbird
import PipelineHost
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// `/api/devices` and `/api/displays`, which the leader of a cluster knows. Both lists are read again for each page, so that a device or display that comes or goes
/// between two pages may be missed.
extension InventoryAPI {
    func listDevices(_ request: Request, _ context: APIContext) async throws -> Response {
        if let response = try await leaderResponse(to: request) { return response }
        let query = try QueryReader(request, parameters: ["source", "presence", "limit", "cursor"])
        let limit = try query.limit()
        let presence = try query.text("presence").map { text throws(Problem) in
            guard let presence = DeviceRecord.Presence(rawValue: text) else {
                throw .invalidRequest("one of unknown, online, offline is expected", field: "presence")
            }
            return presence
        }
        let source = query.text("source")
        let after = try Cursor.position(of: "devices", in: query).map { try Self.pair($0) }
        let rest = pipeline.devices.all.filter { record in
            (source.map { record.source == $0 } ?? true) && (presence.map { record.presence == $0 } ?? true)
                && (after.map { ($0.first, $0.second) < (record.source, record.device) } ?? true)
        }
        let items = rest.prefix(limit)
        let last = rest.count > limit ? items.last : nil
        return .json(headers: headers(at: feed.head), capacity: 320 * items.count) { json in
            json.page(items, next: last.map { Cursor(list: "devices", position: "\($0.source)\n\($0.device)") }) {
                $0.write(to: &$1)
            }
        }
    }

    func listDisplays(_ request: Request, _ context: APIContext) async throws -> Response {
        if let response = try await leaderResponse(to: request) { return response }
        let query = try QueryReader(request, parameters: ["location", "stale", "limit", "cursor"])
        let limit = try query.limit()
        let isStale = try query.text("stale").map { text throws(Problem) in
            guard let flag = Bool(text) else { throw .invalidRequest("true or false is expected", field: "stale") }
            return flag
        }
        let location = try query.name("location")
        let after = try Cursor.position(of: "displays", in: query).map { try Self.pair($0) }
        let rest = pipeline.displays.all.filter { record in
            (location.map { record.location == $0 } ?? true) && (isStale.map { record.isStale == $0 } ?? true)
                && (after.map { ($0.first, $0.second) < (record.location, "\(record.sku)\n\(record.sink)") } ?? true)
        }
        let items = rest.prefix(limit)
        let last = rest.count > limit ? items.last : nil
        return .json(headers: headers(at: feed.head), capacity: 200 * items.count) { json in
            json.page(items, next: last.map { Cursor(list: "displays", position: "\($0.location)\n\($0.sku)\n\($0.sink)") }) {
                $0.write(to: &$1)
            }
        }
    }

    private static func pair(_ position: String) throws(Problem) -> (first: String, second: String) {
        let parts = position.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw Cursor.broken }
        return (String(parts[0]), String(parts[1]))
    }
}
