import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import TallywireAccess
import TallywireCore
import TallywireProtocol

/// Who may call a route.
package enum RouteAccess: Equatable, Sendable {
    /// Every caller, always: routes that say how to sign in, and routes for machines that watch the server.
    case anyone
    /// Every caller, unless the server requires a token of all: products and stock.
    case readers
    /// Callers with one of these roles. An admin always counts.
    case roles([Role])

    package static let admin = RouteAccess.roles([.admin])
    package static let adminsAndDevices = RouteAccess.roles([.admin, .device])
}

/// Finds out who the caller is, and refuses callers without the right role.
package struct AccessControl: Sendable {
    package let authenticator: any Authenticator
    let metrics: PortMetrics

    package init(authenticator: any Authenticator, metrics: PortMetrics) {
        self.authenticator = authenticator
        self.metrics = metrics
    }

    /// Returns the caller of a request with these fields; `nil` for a caller without a token. A bad token is refused even where
    /// none is needed, since its sender expects its rights. Waits for keys that have to be fetched.
    package func principal(authorization fields: [String]) async throws(Problem) -> Principal? {
        if authenticator.anonymousAccess == .everything { return .anybody }
        let token = try BearerToken.read(authorization: fields)
        do {
            return try authenticator.principal(bearingIfAny: token)
        } catch {
            guard error.awaitsKeys, await authenticator.keysWereAskedFor() else { throw refusal(error) }
        }
        do { return try authenticator.principal(bearingIfAny: token) } catch { throw refusal(error) }
    }

    /// The caller of a request for an upgrade, as far as it is known.
    enum Caller {
        case known(Principal?)
        /// Keys have to be fetched first.
        case afterKeys
    }

    /// Returns the same on an event loop, where nothing waits: if keys have to be fetched, `then` is called on `loop` once they have come
    /// or have not. Without `then` the caller is known or refused.
    func caller(
        authorization fields: [String], subprotocolToken: String?, on loop: any EventLoop, then: (() -> Void)?
    ) throws(Problem) -> Caller {
        if authenticator.anonymousAccess == .everything { return .known(.anybody) }
        let token = try BearerToken.read(authorization: fields) ?? subprotocolToken
        do {
            return .known(try authenticator.principal(bearingIfAny: token))
        } catch {
            if let then, error.awaitsKeys, authenticator.askForKeys(on: loop, then: then) { return .afterKeys }
            throw refusal(error)
        }
    }

    private func refusal(_ failure: AuthenticationFailure) -> Problem {
        metrics.refused(failure.reason)
        if failure.reason == .keysUnavailable { return .unavailable(failure.message) }
        return .unauthenticated(failure.message, error: "invalid_token")
    }

    /// Returns the caller of the request, if that caller may call a route with this access.
    package func admit(_ request: Request, to access: RouteAccess) async throws(Problem) -> Principal? {
        if access == .anyone { return nil }
        let principal = try await principal(authorization: request.headers[values: .authorization])
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
    /// 401 with the challenge of RFC 6750, section 3. `error` is that RFC's word for what is wrong; `nil` if there was no token.
    package static func unauthenticated(_ detail: String, error: String?) -> Problem {
        var problem = Problem(.unauthorized, code: "unauthenticated", title: "Who are you?", detail: detail)
        problem.challenge = #"Bearer realm="tallywire""# + (error.map { #", error="\#($0)""# } ?? "")
        return problem
    }
}

/// Finds the token in a request (RFC 6750). A token in the URL is never read, since URLs end up in logs and histories.
enum BearerToken {
    /// Returns the token of the header `Authorization`; `nil` if there is no such header.
    static func read(authorization fields: [String]) throws(Problem) -> String? {
        guard let field = fields.first else { return nil }
        guard fields.count == 1 else { throw .invalidRequest("there is more than one Authorization", field: "Authorization") }
        let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw .unauthenticated("Authorization is “Bearer” and a token here", error: "invalid_request")
        }
        return parts[1].trimmingCharacters(in: " \t")
    }
}

/// The subprotocols of a WebSocket handshake (RFC 6455, section 1.9). A browser's page cannot set other headers there.
struct OfferedSubprotocols {
    /// The token of `bearer.TOKEN`.
    let token: String?
    /// The subprotocol that the response names; `nil` for none. A browser ends a connection that offered some and got none.
    let chosen: String?

    init(_ headers: HTTPHeaders) {
        let offered = headers[canonicalForm: "sec-websocket-protocol"]
        let bearer = offered.first { $0.hasPrefix(Subprotocol.bearerPrefix) }
        token = bearer.map { String($0.dropFirst(Subprotocol.bearerPrefix.count)) }
        // The token is sent back only if a browser would otherwise refuse the response.
        chosen = offered.contains(where: { $0 == Subprotocol.rooms }) ? Subprotocol.rooms : bearer.map(String.init)
    }
}

extension Substring {
    fileprivate func trimmingCharacters(in set: String) -> String {
        String(drop { set.contains($0) }.reversed().drop { set.contains($0) }.reversed())
    }
}
