import Foundation
import HTTPPort
import HTTPTypes
import Hummingbird
import TallywireAccess
import TallywireCore
import TallywireEngine

/// `/api/counts`: counts that several people take while everything else goes on.
extension InventoryAPI {
    func openCounts(_ request: Request, _ context: APIContext) async throws -> Response {
        try await create(NewCountBody.self, request, context) { receipt in
            var headers = headers(at: receipt.seq ?? 0, receipt: receipt)
            headers[.location] = "/api/counts/\(receipt.movementID.percentEncoded)"
            return .json(receipt.status == .applied ? .created : .ok, headers: headers) { receipt.writeCount(to: &$0) }
        }
    }

    func listCounts(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["status", "location", "limit", "cursor"])
        let limit = try query.limit()
        let location = try query.name("location")
        let before = try Cursor.number(of: "counts", in: query).map { UInt64($0) }
        let reading = try await journal.counts(
            CountQuery(
                status: try query.word("status", StockCount.Status.self), location: location, before: before, limit: limit + 1))
        if reading.value.isEmpty, before == nil { try await checkFilter(location: location) }
        let items = reading.value.prefix(limit)
        let last = reading.value.count > limit ? items.last?.count.number : nil
        return .json(headers: headers(at: reading.seq), capacity: 384 * items.count) { json in
            json.page(items, next: last.map { Cursor(list: "counts", position: "\($0)") }) { $0.write(to: &$1) }
        }
    }

    func getCount(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try QueryReader(request, parameters: [])
        let id = try pathID(context, orElse: Problem.unknownCount)
        let reading = try await journal.count(id)
        guard let count = reading.value else { throw Problem.unknownCount(id) }
        return .json(headers: headers(at: reading.seq), capacity: 256 * count.lines.count) { json in
            json.object { count.writeMembers(to: &$0) }
        }
    }

    func addToCount(_ request: Request, _ context: APIContext) async throws -> Response {
        try await use(request, context, CountLinesBody.self)
    }

    func closeCount(_ request: Request, _ context: APIContext) async throws -> Response {
        try await use(request, context, CountCloseBody.self)
    }

    func postCount(_ request: Request, _ context: APIContext) async throws -> Response {
        try await use(request, context, CountPostBody.self)
    }

    func voidCount(_ request: Request, _ context: APIContext) async throws -> Response {
        try await use(request, context, CountVoidBody.self)
    }

    private func use<Body: CountUseBody>(_ request: Request, _ context: APIContext, _ type: Body.Type) async throws -> Response {
        let count = try pathID(context, orElse: Problem.unknownCount)
        let body = try await decodeIfPresent(type, from: request, context, [:])
        let device = try device(naming: body.device, context.principal)
        let use = CountUse(count: count, kind: body.kind, by: Self.author(device, context.principal))
        let receipt = try await submit(.useCount(use), id: commandID(request, body: body.id), device: device)
        return .json(headers: headers(at: receipt.seq ?? 0, receipt: receipt)) { receipt.writeCount(to: &$0) }
    }

    /// Who does something to a count: a device by its source, and anybody else by name.
    static func author(_ device: String?, _ principal: Principal?) -> String {
        device.map { source(of: $0) } ?? principal?.subject ?? Principal.anybody.subject
    }
}

extension Problem {
    fileprivate static func unknownCount(_ id: String) -> Problem {
        Problem(
            Rejection(
                .unknownCount,
                "there is no count “\(id.excerpt)”: it never was, or it ended so long ago that it is no longer kept"))
    }
}
