import HTTPTypes
import Hummingbird

/// What tells browsers that pages of other origins may call, as the Fetch standard has it (CORS). There are no cookies here, so what a page
/// may do is what its token may.
struct CrossOrigin: Sendable {
    let hosts: HostPolicy

    /// How long a browser may remember the answer to a preflight, in seconds.
    private static let age = "600"
    private static let requestHeaders = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id"
    private static let answerHeaders = [
        HTTPField.Name.tallywireSeq, .tallywireEpoch, .tallywireMovement, .tallywireStatus, .location, .retryAfter, .requestID,
        .wwwAuthenticate,
    ].map(\.rawName).joined(separator: ", ")

    /// Lets the page that sent `request` read `response`, if its origin is allowed by name.
    func open(_ response: inout Response, to request: Request) {
        guard !hosts.origins.isEmpty else { return }
        // What a cache keeps for one origin is not the answer to another.
        response.headers.append(HTTPField(name: .vary, value: "Origin"))
        guard let origin = request.headers[.origin], hosts.lists(origin) else { return }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = Self.answerHeaders
    }

    /// The answer to a preflight, with which a browser asks whether a page may send a request; `nil` if `request` is none from an origin
    /// that is allowed by name.
    func preflight(_ request: Request, methods: [HTTPRequest.Method]) -> Response? {
        guard request.method == .options, request.headers[.accessControlRequestMethod] != nil,
            let origin = request.headers[.origin], hosts.lists(origin), !methods.isEmpty
        else { return nil }
        return Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: methods.map(\.rawValue).joined(separator: ", "),
                .accessControlAllowHeaders: Self.requestHeaders, .accessControlMaxAge: Self.age,
            ])
    }
}
