import HTTPTypes
import NIOHTTP1
import TallywireCore

/// The problems that the API itself finds, in addition to the engine's rejections.
extension Problem {
    static func invalidRequest(_ detail: String, field: String? = nil) -> Problem {
        Problem(.badRequest, code: "invalid_request", title: "The request is not valid", detail: detail, field: field)
    }

    static func forbidden(_ detail: String) -> Problem {
        Problem(.forbidden, code: "forbidden", title: "Not allowed", detail: detail)
    }

    static func notFound(_ path: String) -> Problem {
        Problem(
            .notFound, code: "not_found", title: "No such path",
            detail: "there is nothing at \(path.excerpt); GET /openapi.json lists all")
    }

    static func unknownMovement(_ id: String) -> Problem {
        Problem(
            .notFound, code: "unknown_movement", title: "No such movement",
            detail: "no answer is kept for “\(id.excerpt)”: it never came, it was never decided, or its time is over")
    }

    static func methodNotAllowed(_ method: HTTPRequest.Method, allow: [HTTPRequest.Method]) -> Problem {
        let names = allow.map(\.rawValue).joined(separator: ", ")
        var problem = Problem(
            .methodNotAllowed, code: "method_not_allowed", title: "The path does not know this method",
            detail: "\(method.rawValue.excerpt) is not possible here, but \(names) is")
        problem.allow = allow
        return problem
    }

    static func timedOut(_ limit: Duration) -> Problem {
        Problem(
            .requestTimeout, code: "request_timeout", title: "The body did not come in time",
            detail: "nothing more of the body came for \(limit); send it again")
    }

    /// The requested events are no longer kept.
    static func pruned(after seq: UInt64, first: UInt64) -> Problem {
        Problem(
            .gone, code: "pruned", title: "No longer kept",
            detail:
                "the events after \(seq) are partly gone, the first one kept is \(first): read the stock anew and go on from there",
            field: "after")
    }

    static func tooLarge(_ detail: String) -> Problem {
        Problem(.contentTooLarge, code: "too_large", title: "The request is too large", detail: detail)
    }

    static func unsupportedMediaType(_ detail: String) -> Problem {
        Problem(
            .unsupportedMediaType, code: "unsupported_media_type", title: "The body's media type is not known", detail: detail)
    }

    /// An address sends more requests than it may.
    static let rateLimited = Problem(
        .tooManyRequests, code: "rate_limited", title: "Too many requests",
        detail: "requests from this address come faster than they may; wait a second", retryAfter: 1)

    static func unavailable(_ detail: String) -> Problem {
        Problem(
            .serviceUnavailable, code: "unavailable", title: "The server cannot do this now", detail: detail, retryAfter: 1)
    }

    static func overloaded(_ detail: String) -> Problem {
        Problem(.serviceUnavailable, code: "overloaded", title: "The server is busy", detail: detail, retryAfter: 1)
    }

    /// The caller disconnected, or its connection ended, in the middle of a body.
    static let unfinishedBody = Problem.invalidRequest("the body ended before all of it had come")

    /// The body is not the one that the request's head announced.
    static func unreadableBody(_ error: HTTPParserError) -> Problem {
        error == .invalidEOFState
            ? .unfinishedBody : .invalidRequest("the body is not HTTP: its length or its chunks are not what its head says")
    }

    /// A fault of the server. The details are in the server's log only.
    static let internalError = Problem(
        .internalServerError, code: "internal_error", title: "The server failed",
        detail: "the server's log says why, under this request's X-Request-Id")
}
