import Foundation
import HTTPPort
import HTTPTypes
import Hummingbird
import NIOCore
import TallywireCore
import TallywireEngine
import TallywireRequests

/// Decodes JSON bodies, or returns the problem of a body that is not valid.
struct BodyDecoder {
    private let reader: BodyReader

    /// `now` tells the century of a two-digit year.
    init(now: Timestamp = .now) { reader = BodyReader(now: now) }

    /// Decodes one JSON value. `userInfo` is for the type that is decoded.
    func decode<Body: Decodable>(
        _ type: Body.Type, from bytes: some Collection<UInt8>, _ userInfo: [CodingUserInfoKey: any Sendable] = [:]
    ) throws(Problem) -> Body {
        do throws(BodyError) { return try reader.read(type, from: bytes, userInfo) } catch { throw error.problem }
    }
}

extension BodyError {
    /// The problem for this mistake.
    var problem: Problem { .invalidRequest(message, field: field.isEmpty ? nil : field) }
}

/// The format of a request's body, by its header.
enum BodyFormat {
    case json
    /// One JSON value a line, `application/x-ndjson`.
    case ndjson

    /// Reads `Content-Type`. Any type other than JSON is 415.
    ///
    /// A body without a type, or with the type that `curl -d` sets by itself, is taken as JSON if a program sent it. Browsers send
    /// these types from any page without a preflight, and mark such requests with `Origin` or `Sec-Fetch-Site`: those get 415.
    init(_ request: Request) throws(Problem) {
        let type = request.headers[.contentType]?.prefix { $0 != ";" }
        switch type?.trimmingCharacters(in: .whitespaces).lowercased() {
        case "application/json", "application/merge-patch+json": self = .json
        case "application/x-ndjson", "application/ndjson", "application/jsonl": self = .ndjson
        case nil where !request.isFromBrowser, "application/x-www-form-urlencoded" where !request.isFromBrowser: self = .json
        default: throw .unsupportedMediaType("a body is application/json, not “\((request.headers[.contentType] ?? "").excerpt)”")
        }
    }
}

extension Request {
    /// Whether a page in a browser sent the request, and not a program.
    var isFromBrowser: Bool { headers[.origin] != nil || headers[.fetchSite] != nil }
}
