import Foundation
import HTTPPort
import HTTPTypes
import Hummingbird
import TallywireCore
import TallywireEngine

/// `/api/locations`: where stock lies.
extension InventoryAPI {
    func listLocations(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["limit", "cursor"])
        let limit = try query.limit()
        let after = try Cursor.position(of: "locations", in: query)
        let reading = try await journal.locations()
        let rest = reading.value.drop { location in after.map { location.code <= $0 } ?? false }
        let items = rest.prefix(limit)
        let last = rest.count > limit ? items.last?.code : nil
        return .json(headers: headers(at: reading.seq), capacity: 64 * items.count) { json in
            json.page(items, next: last.map { Cursor(list: "locations", position: $0) }) { $0.write(to: &$1) }
        }
    }

    func createLocation(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try commandID(request)
        let location = try await decode(LocationBody.self, from: request, context).location
        return try await showLocation(location.code, submit(.createLocation(location), id: id), created: true)
    }

    func updateLocation(_ request: Request, _ context: APIContext) async throws -> Response {
        let code = try locationCode(context)
        let id = try commandID(request)
        let update = try await decode(LocationUpdateBody.self, from: request, context).update
        return try await showLocation(code, submit(.updateLocation(code, update), id: id), created: false)
    }

    func removeLocation(_ request: Request, _ context: APIContext) async throws -> Response {
        try await response(with: submit(.removeLocation(locationCode(context)), id: commandID(request)))
    }

    /// The current location of a change. If it was removed since, the response is the receipt.
    private func showLocation(_ code: String, _ receipt: Receipt, created: Bool) async throws -> Response {
        let reading = try await journal.locations()
        guard let location = reading.value.first(where: { $0.code == code.keyForm }) else { return response(with: receipt) }
        let status: HTTPResponse.Status = created && receipt.status == .applied ? .created : .ok
        return .json(status, headers: headers(at: reading.seq, receipt: receipt)) { location.write(to: &$0) }
    }

    /// The code in the path, which is in percent encoding.
    private func locationCode(_ context: APIContext) throws -> String {
        let encoded = context.parameters.get("code") ?? ""
        guard let code = encoded.removingPercentEncoding, StreamSafeText.isKept(by: code.utf8) else {
            throw Problem(Rejection(.unknownLocation, "there is no location “\(encoded.excerpt)”"))
        }
        return code
    }
}
