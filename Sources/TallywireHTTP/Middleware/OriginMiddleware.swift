import HTTPEndpoints
import HTTPPort
import HTTPTypes
import Hummingbird
import TallywireCore

/// Refuses requests that a page of another origin sends through a user's browser, and answers the preflights of allowed origins;
/// see ``HostPolicy``.
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
        if let response = CrossOrigin(hosts: hosts).preflight(request, methods: paths.methods(at: request.uri.path)) {
            return response
        }
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
            // For an allowed origin, `Sec-Fetch-Site` does not count.
            if hosts.lists(origin) { return }
        }
        // This header is also sent without Origin. `none` means that the user has typed the URL.
        if let site = request.headers[.fetchSite], site != "same-origin", site != "none" {
            throw .forbidden("a page of another origin cannot change anything here")
        }
    }
}

/// The headers that tell browsers which pages of other origins may call (CORS, in the Fetch standard). There are no cookies, so a
/// page has only the rights of its token.
struct CrossOrigin: Sendable {
    let hosts: HostPolicy
    /// The paths of plugins whose clients may be set to send credentials, as those of Socket.IO. Their browsers then ask for a header
    /// that allows it, although there are none to send.
    var endpoints = EndpointTable()

    /// How long a browser may cache the response to a preflight, in seconds.
    private static let age = "600"
    private static let requestHeaders = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id"
    private static let answerHeaders = [
        HTTPField.Name.tallywireSeq, .tallywireEpoch, .tallywireMovement, .tallywireStatus, .tallywireNode, .location, .retryAfter,
        .requestID,
        .wwwAuthenticate,
    ].map(\.rawName).joined(separator: ", ")

    /// Lets the page that sent `request` read `response`, if the page's origin is allowed.
    func open(_ response: inout Response, to request: Request) {
        guard !hosts.origins.isEmpty else { return }
        // A response that is cached for one origin is not valid for another.
        response.headers.append(HTTPField(name: .vary, value: "Origin"))
        guard let origin = request.headers[.origin], hosts.lists(origin) else { return }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = Self.answerHeaders
        if endpoints.endpoint(at: request.uri.path) is any RequestEndpoint {
            response.headers[.accessControlAllowCredentials] = "true"
        }
    }

    /// The response to a preflight, by which a browser asks whether a page may send a request; `nil` if `request` is not a
    /// preflight from an allowed origin.
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
