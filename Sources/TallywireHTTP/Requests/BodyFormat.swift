import Foundation
import HTTPTypes
import Hummingbird
import TallywireCore

/// What a request's body claims to be.
enum BodyFormat {
    case json
    /// A JSON value a line, `application/x-ndjson`.
    case ndjson

    /// Reads `Content-Type`; anything but JSON is 415.
    ///
    /// A body without a type, or with the one that `curl -d` sets by itself, is taken as JSON from a program. Browsers send these
    /// types from any page without asking first, and mark such requests with `Origin` or `Sec-Fetch-Site`: then it is 415.
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
    /// Whether a page in a browser sent this, rather than a program.
    var isFromBrowser: Bool { headers[.origin] != nil || headers[.fetchSite] != nil }
}
