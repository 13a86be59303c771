import HTTPPort
import Hummingbird
import QRCode
import TallywireCore
import TallywireEngine

/// `/api/codes`: the control codes of scanners, as QR codes to print.
extension InventoryAPI {
    /// The codes without a location stand on the first page. After them come two for each location.
    func listCodes(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["limit", "cursor"])
        let limit = try query.limit(largest: HTTPLimits.largestCodePage)
        let after = try Cursor.position(of: "codes", in: query)
        let reading = try await journal.locations()
        let rest = reading.value.drop { location in after.map { location.code <= $0 } ?? false }
        let locations = rest.prefix(limit)
        let last = rest.count > limit ? locations.last?.code : nil
        let fixed = [.undo, .end] + ControlCode.operations.map { ControlCode.operation($0) }
        let codes =
            (after == nil ? fixed.map { PrintedCode(code: $0) } : [])
            + locations.flatMap {
                [PrintedCode(code: .location($0.code), location: $0), PrintedCode(code: .destination($0.code), location: $0)]
            }
        return .json(headers: headers(at: reading.seq), capacity: 2_048 * codes.count) { json in
            json.page(codes, next: last.map { Cursor(list: "codes", position: $0) }) { $0.write(to: &$1) }
        }
    }
}

/// A control code, as it is printed.
private struct PrintedCode {
    let code: ControlCode
    var location: Location?

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("code", code.text)
            json.member("kind", kind)
            json.member("location", location?.code)
            json.member("name", location?.name)
            do throws(QRCode.Failure) {
                let drawing = try QRCode(code.text)
                json.member("side", Int64(drawing.side))
                json.member("path", drawing.path)
            } catch {
                json.member("problem", error.description)
            }
        }
    }

    private var kind: String {
        switch code {
        case .undo: "undo"
        case .end: "end"
        case .operation: "operation"
        case .location: "location"
        case .destination: "destination"
        case .reservation: "reservation"
        }
    }
}
