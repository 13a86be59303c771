import HTTPTypes
import NIOHTTP1
import TallywireCore

/// The problems that the API itself finds, in addition to the engine's rejections.
extension Problem {
    package static func invalidRequest(_ detail: String, field: String? = nil) -> Problem {
        Problem(.badRequest, code: "invalid_request", title: "The request is not valid", detail: detail, field: field)
    }

    package static func forbidden(_ detail: String) -> Problem {
        Problem(.forbidden, code: "forbidden", title: "Not allowed", detail: detail)
    }

    package static func notFound(_ path: String) -> Problem {
        Problem(
            .notFound, code: "not_found", title: "No such path",
            detail: "there is nothing at \(path.excerpt); GET /openapi.json lists all")
    }

    package static func unknownSink(_ name: String) -> Problem {
        Problem(
            .notFound, code: "unknown_sink", title: "No such sink",
            detail: "there is no sink “\(name.excerpt)”; GET /api/pipeline lists all")
    }

    /// Something about the sink is against the request.
    package static func sinkRefuses(_ code: String, _ detail: String) -> Problem {
        Problem(.conflict, code: code, title: "The sink cannot do this now", detail: detail)
    }

    package static func methodNotAllowed(_ method: HTTPRequest.Method, allow: [HTTPRequest.Method]) -> Problem {
        let names = allow.map(\.rawValue).joined(separator: ", ")
        var problem = Problem(
            .methodNotAllowed, code: "method_not_allowed", title: "The path does not know this method",
            detail: "\(method.rawValue.excerpt) is not possible here, but \(names) is")
        problem.allow = allow
        return problem
    }

    package static func timedOut(_ limit: Duration) -> Problem {
        Problem(
            .requestTimeout, code: "request_timeout", title: "The body did not come in time",
            detail: "nothing more of the body came for \(limit); send it again")
    }

    package static func tooLarge(_ detail: String) -> Problem {
        Problem(.contentTooLarge, code: "too_large", title: "The request is too large", detail: detail)
    }

    package static func unsupportedMediaType(_ detail: String) -> Problem {
        Problem(
            .unsupportedMediaType, code: "unsupported_media_type", title: "The body's media type is not known", detail: detail)
    }

    /// An address sends more requests than it may.
    package static let rateLimited = Problem(
        .tooManyRequests, code: "rate_limited", title: "Too many requests",
        detail: "requests from this address come faster than they may; wait a second", retryAfter: 1)

    package static func unavailable(_ detail: String) -> Problem {
        Problem(
            .serviceUnavailable, code: "unavailable", title: "The server cannot do this now", detail: detail, retryAfter: 1)
    }

    package static func overloaded(_ detail: String) -> Problem {
        Problem(.serviceUnavailable, code: "overloaded", title: "The server is busy", detail: detail, retryAfter: 1)
    }

    /// The caller disconnected, or its connection ended, in the middle of a body.
    package static let unfinishedBody = Problem.invalidRequest("the body ended before all of it had come")

    /// The body is not the one that the request's head announced.
    package static func unreadableBody(_ error: HTTPParserError) -> Problem {
        error == .invalidEOFState
            ? .unfinishedBody : .invalidRequest("the body is not HTTP: its length or its chunks are not what its head says")
    }

    /// A fault of the server. The details are in the server's log only.
    package static let internalError = Problem(
        .internalServerError, code: "internal_error", title: "The server failed",
        detail: "the server's log says why, under this request's X-Request-Id")
}
