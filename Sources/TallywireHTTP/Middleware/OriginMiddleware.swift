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
