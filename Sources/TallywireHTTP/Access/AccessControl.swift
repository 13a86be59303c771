import HTTPTypes
import Hummingbird
import NIOHTTP1
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

/// Finds the token in a request (RFC 6750). It is never looked for in the address, which ends up in logs and histories.
enum BearerToken {
    /// What the header `Authorization` holds: a token, or nothing.
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

/// What a WebSocket handshake says by its subprotocols (RFC 6455, section 1.9): browsers cannot set headers, but these.
struct OfferedSubprotocols {
    /// The token of `bearer.TOKEN`.
    let token: String?
    /// The one that the answer names, if it names any. A browser ends a connection that was offered some and got none.
    let chosen: String?

    /// The subprotocol that the rooms speak.
    static let own = "tallywire"
    private static let prefix = "bearer."

    init(_ headers: HTTPHeaders) {
        let offered = headers[canonicalForm: "sec-websocket-protocol"]
        let bearer = offered.first { $0.hasPrefix(Self.prefix) }
        token = bearer.map { String($0.dropFirst(Self.prefix.count)) }
        // The token is only sent back where a browser would otherwise refuse the answer.
        chosen = offered.contains(where: { $0 == Self.own }) ? Self.own : bearer.map(String.init)
    }
}

extension Substring {
    fileprivate func trimmingCharacters(in set: String) -> String {
        String(drop { set.contains($0) }.reversed().drop { set.contains($0) }.reversed())
    }
}

/// In whose name stock is moved.
extension InventoryAPI {
    /// The source of all changes that come over HTTP and name no device.
    static let source = "http"

    /// The device in whose name a movement is made: the one that it names, or that the caller is; `nil` for none.
    ///
    /// A caller that is bound to a device moves in that name, also if the movement names none, and in no other.
    func device(naming named: String?, _ principal: Principal?) throws(Problem) -> String? {
        let device = named.map { $0.isLonger(than: 4 * DeviceName.length) ? $0 : $0.keyForm }
        if let device {
            if let mistake = DeviceName.mistake(in: device) { throw .invalidRequest(mistake, field: "device") }
            if let principal, !principal.mayAct(for: device) {
                throw .forbidden("the token is for the device “\(principal.device ?? "")” alone, not for “\(device)”")
            }
        }
        return device ?? principal?.device
    }

    /// The source of what a device did, or somebody who is none: `http/DEVICE`, or `http`.
    static func source(of device: String?) -> String { device.map { "\(source)/\($0)" } ?? source }
}
