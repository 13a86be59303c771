import HTTPTypes
import Hummingbird
import TallywireCore
import TallywirePipeline

/// Who may call a route.
enum RouteAccess: Equatable, Sendable {
    /// Everybody, always: what says how to get in, and what machines ask that watch the server.
    case anyone
    /// Everybody, unless the server asks all for a token: products and stock.
    case readers
    /// Callers of these roles. An admin is always one.
    case roles([Role])

    static let admin = RouteAccess.roles([.admin])
    static let movers = RouteAccess.roles([.admin, .device])
}

/// Finds out who calls, and refuses who may not.
struct AccessControl: Sendable {
    let authenticator: any Authenticator
    let metrics: PortMetrics

    /// Who sends a request with these fields; `nil` for somebody without a token. A bad token is refused also where none is needed: whoever
    /// shows one wants to be somebody.
    func principal(authorization fields: [String], subprotocolToken: String? = nil) throws(Problem) -> Principal? {
        if authenticator.anonymousAccess == .everything { return .anybody }
        let token = try BearerToken.read(authorization: fields) ?? subprotocolToken
        do {
            return try authenticator.principal(bearingIfAny: token)
        } catch {
            metrics.refused(error.reason)
            throw .unauthenticated(error.message, error: "invalid_token")
        }
    }

    /// Who sends the request, if they may call a route with this access.
    func admit(_ request: Request, to access: RouteAccess) throws(Problem) -> Principal? {
        if access == .anyone { return nil }
        let principal = try principal(authorization: request.headers[values: .authorization])
        switch access {
        case .anyone: return nil
        case .readers:
            if principal == nil, authenticator.anonymousAccess == .nothing { throw missing }
        case .roles(let roles):
            guard let principal else { throw missing }
            guard roles.contains(where: { principal.role.covers($0) }) else {
                let names = roles.map(\.rawValue).joined(separator: " or ")
                throw .forbidden("this is for the role \(names); the token is of the role \(principal.role.rawValue)")
            }
        }
        return principal
    }

    private var missing: Problem {
        metrics.refused(.missing)
        return .unauthenticated("this needs a token: Authorization: Bearer TOKEN", error: nil)
    }
}

extension Problem {
    /// 401 with the challenge of RFC 6750, section 3. `error` is its word for what is wrong; `nil` where there was no token.
    static func unauthenticated(_ detail: String, error: String?) -> Problem {
        var problem = Problem(.unauthorized, code: "unauthenticated", title: "Who are you?", detail: detail)
        problem.challenge = #"Bearer realm="tallywire""# + (error.map { #", error="\#($0)""# } ?? "")
        return problem
    }
}
