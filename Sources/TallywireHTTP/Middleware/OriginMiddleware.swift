import HTTPTypes
import Hummingbird
import TallywireCore

/// Refuses requests that a foreign page sends by way of somebody's browser, and answers the preflights of those that are allowed; see
/// ``HostPolicy``.
struct OriginMiddleware: RouterMiddleware {
    let hosts: HostPolicy
    let paths: PathTable

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        if let authority = request.head.authority, !authority.isEmpty, !hosts.allows(authority) {
            throw Problem.forbidden(
                "this server is not “\(HostPolicy.host(of: authority).excerpt)”: call it by the name in http.host, or by a loopback name"
            )
        }
        if let answer = CrossOrigin(hosts: hosts).preflight(request, methods: paths.methods(at: request.uri.path)) { return answer }
        switch request.method {
        case .get, .head, .options: break
        default: try refuseForeignPage(request)
        }
        return try await next(request, context)
    }

    private func refuseForeignPage(_ request: Request) throws(Problem) {
        if let origin = request.headers[.origin] {
            guard hosts.allowsPage(of: origin, calling: request.head.authority) else {
                throw .forbidden("a page of \(origin.excerpt) cannot change anything here: allow its origin in http.origins")
            }
            // Where a browser names the origin, that says more than how near it is.
            if hosts.lists(origin) { return }
        }
        // Also sent where there is no Origin; `none` is somebody who typed the address.
        if let site = request.headers[.fetchSite], site != "same-origin", site != "none" {
            throw .forbidden("a page of another origin cannot change anything here")
        }
    }
}

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
