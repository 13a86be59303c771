import TallywireCore
import TallywireEngine

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

/// `auth.mode` `open`: everybody is an admin. For a loopback host only.
public struct OpenAuthenticator: Authenticator {
    public init() {}

    public var anonymousAccess: AnonymousAccess { .everything }
    public var deadline: Duration { .seconds(0) }
    public var generation: UInt64 { 0 }
    public var now: Timestamp { .now }
    public func principal(bearing token: String) -> Principal { .anybody }
    public func trusts(_ principal: Principal) -> Bool { true }
}

/// Why a token shows nobody. On the wire its code is `unauthenticated`, whatever the reason.
public struct AuthenticationFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind, for counters and tests.
    public let reason: Reason
    /// What is wrong with the token, and what to do: fit for the one who sent it.
    public let message: String

    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    public var description: String { message }

    public enum Reason: String, CaseIterable, Sendable {
        /// There is no token where one is needed.
        case missing
        /// It is not a signed token, or larger than one may be.
        case malformed
        /// It is signed in a way that is not allowed: not at all, or not as its key is for.
        case algorithm
        /// Nobody here knows the key that it names.
        case unknownKey = "unknown_key"
        case signature
        case expired
        case notYetValid = "not_yet_valid"
        case audience
        /// A claim is missing or is not what it should be.
        case claims
        /// It was good, and its key is trusted no more.
        case revoked
    }
}
