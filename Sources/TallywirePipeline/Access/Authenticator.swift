import TallywireCore

/// Says who callers are, by the tokens that they show.
///
/// ## Who calls what, when
/// Whoever talks to callers (the HTTP port, a sink with connections of its own) asks ``principal(bearing:)`` for each token it is shown.
/// For connections that stay it remembers ``generation`` and the ``Principal``, ends them when ``Principal/validUntil`` has come, and asks
/// ``trusts(_:)`` again when ``generation`` has changed, which is how a token is revoked.
///
/// All calls are from any thread, event loops too: they do not block and take well under a millisecond.
public protocol Authenticator: Sendable {
    /// What callers without a token may do.
    var anonymousAccess: AnonymousAccess { get }

    /// How long a connection may stay without a token where ``anonymousAccess`` is ``AnonymousAccess/nothing``.
    var deadline: Duration { get }

    /// Rises whenever keys may have gone.
    var generation: UInt64 { get }

    /// The time by which tokens are judged.
    var now: Timestamp { get }

    /// Who the token is of.
    func principal(bearing token: String) throws(AuthenticationFailure) -> Principal

    /// Whether the principal's key is trusted still. It does not look at the clock.
    func trusts(_ principal: Principal) -> Bool
}

/// What callers without a token may do.
public enum AnonymousAccess: Sendable {
    /// All there is: the server is open.
    case everything
    /// Read products and stock, and join rooms that ask for no role.
    case reading
    /// Nothing but show a token.
    case nothing
}

extension Authenticator {
    /// Who the caller is: `nil` for one without a token, who may do what ``anonymousAccess`` says. On an open server it is
    /// ``Principal/anybody``, token or not.
    public func principal(bearingIfAny token: String?) throws(AuthenticationFailure) -> Principal? {
        if anonymousAccess == .everything { return .anybody }
        return try token.map { token throws(AuthenticationFailure) in try principal(bearing: token) }
    }

    /// Whether somebody who was let in may stay: their time is not over, and their key is trusted. Those without a token may.
    public func lets(stay principal: Principal?) -> Bool {
        principal.map { !isExpired($0) && trusts($0) } ?? true
    }

    /// Whether the principal's time is over.
    public func isExpired(_ principal: Principal) -> Bool { principal.validUntil.map { $0 <= now } ?? false }
}
