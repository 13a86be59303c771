import HTTPTypes
import Hummingbird

/// Refuses requests that a foreign page sends by way of somebody's browser; see ``HostPolicy``.
struct SameOriginMiddleware: RouterMiddleware {
    let hosts: HostPolicy

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        if let authority = request.head.authority, !authority.isEmpty, !hosts.allows(authority) {
            throw Problem.forbidden(
                "this server is not “\(HostPolicy.host(of: authority))”: call it by the name in http.host, or by a loopback name")
        }
        switch request.method {
        case .get, .head, .options: break
        default: try refuseForeignPage(request)
        }
        return try await next(request, context)
    }

    private func refuseForeignPage(_ request: Request) throws(Problem) {
        if let origin = request.headers[.origin] {
            let schemes = ["http://", "https://"]
            let authority = schemes.first { origin.hasPrefix($0) }.map { origin.dropFirst($0.count) }
            guard let authority, authority.lowercased() == request.head.authority?.lowercased() else {
                throw .forbidden("a page of \(origin) cannot change anything here")
            }
        }
        // Also sent where there is no Origin; `none` is somebody who typed the address.
        if let site = request.headers[.fetchSite], site != "same-origin", site != "none" {
            throw .forbidden("a page of another origin cannot change anything here")
        }
    }
}
