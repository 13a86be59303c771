import NIOCore
import TallywireCore
import TallywireEngine

/// Finds out who callers are, by the tokens that they show.
///
/// ## Who calls what, when
/// The HTTP port, or a sink with connections of its own, calls ``principal(bearing:)`` for each token that a caller shows. For each
/// connection that stays open it keeps ``generation`` and the ``Principal``. It ends the connection when ``Principal/validUntil``
/// has come. When ``generation`` has changed, it calls ``trusts(_:)`` again, which is how a token is revoked.
///
/// All methods may be called from any thread, also from event loops: they do not block and take well under a millisecond.
public protocol Authenticator: Sendable {
    /// What callers without a token may do.
    var anonymousAccess: AnonymousAccess { get }

    /// How long a connection may stay without a token where ``anonymousAccess`` is ``AnonymousAccess/nothing``.
    var deadline: Duration { get }

    /// Grows whenever keys may have been withdrawn.
    var generation: UInt64 { get }

    /// The time by which tokens are checked.
    var now: Timestamp { get }

    /// Returns the principal of the token.
    func principal(bearing token: String) throws(AuthenticationFailure) -> Principal

    /// Has the keys fetched again that come from elsewhere, after ``principal(bearing:)`` threw a failure that awaits keys. Calls `then`
    /// from any thread once they have come, or have not: in seconds, and never within this call. The same token may then be accepted.
    ///
    /// Returns whether it will call `then`. It will not if keys come from nowhere else, or were asked for a short time ago: then the
    /// failure is final.
    func askForKeys(then: @escaping @Sendable () -> Void) -> Bool

    /// Whether the principal's key is still trusted. The method does not look at the clock.
    func trusts(_ principal: Principal) -> Bool
}

/// What callers without a token may do.
public enum AnonymousAccess: Sendable {
    /// Everything: the server is open.
    case everything
    /// Read products and stock, and join rooms that need no role.
    case reading
    /// Nothing except showing a token.
    case nothing
}

extension Authenticator {
    public func askForKeys(then: @escaping @Sendable () -> Void) -> Bool { false }

    /// The same on an event loop, from which this has to be called.
    public func askForKeys(on loop: any EventLoop, then: @escaping () -> Void) -> Bool {
        let bound = NIOLoopBound(then, eventLoop: loop)
        return askForKeys { loop.execute { bound.value() } }
    }

    /// Waits until the keys were fetched again. Returns at once, and false, if they are not.
    public func keysWereAskedFor() async -> Bool {
        await withCheckedContinuation { continuation in
            if !askForKeys(then: { continuation.resume(returning: true) }) { continuation.resume(returning: false) }
        }
    }

    /// The caller's principal; `nil` for a caller without a token, who may do what ``anonymousAccess`` says. On an open server
    /// every caller is ``Principal/anybody``, with or without a token.
    public func principal(bearingIfAny token: String?) throws(AuthenticationFailure) -> Principal? {
        if anonymousAccess == .everything { return .anybody }
        return try token.map { token throws(AuthenticationFailure) in try principal(bearing: token) }
    }

    /// Whether a caller that was admitted may stay: the principal has not expired, and its key is trusted. Callers without a token
    /// may stay.
    public func lets(stay principal: Principal?) -> Bool {
        principal.map { !isExpired($0) && trusts($0) } ?? true
    }

    /// Whether the principal has expired.
    public func isExpired(_ principal: Principal) -> Bool { principal.validUntil.map { $0 <= now } ?? false }
}

/// `auth.mode` `open`: every caller is an admin. For a loopback host only.
public struct OpenAuthenticator: Authenticator {
    public init() {}

    public var anonymousAccess: AnonymousAccess { .everything }
    public var deadline: Duration { .seconds(0) }
    public var generation: UInt64 { 0 }
    public var now: Timestamp { .now }
    public func principal(bearing token: String) -> Principal { .anybody }
    public func trusts(_ principal: Principal) -> Bool { true }
}

/// Why a token is not accepted. On the wire the code is `unauthenticated`, whatever the reason; but over HTTP the code of
/// ``Reason/keysUnavailable`` is `unavailable`, since the token may be good.
public struct AuthenticationFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind, for counters and tests.
    public let reason: Reason
    /// What is wrong with the token, and what to do: meant for the caller who sent it.
    public let message: String
    /// Whether the token may be accepted once the keys were fetched again; see ``Authenticator/askForKeys(then:)``.
    public let awaitsKeys: Bool

    public init(_ reason: Reason, _ message: String, awaitsKeys: Bool = false) {
        self.reason = reason
        self.message = message
        self.awaitsKeys = awaitsKeys
    }

    public var description: String { message }

    public enum Reason: String, CaseIterable, Sendable {
        /// There is no token where one is needed.
        case missing
        /// The text is not a signed token, or is larger than a token may be.
        case malformed
        /// The signature's algorithm is not allowed: there is none, or it is not the one that the key is for.
        case algorithm
        /// The server does not know the key that the token names.
        case unknownKey = "unknown_key"
        /// The keys of others' tokens cannot be fetched, and the token may be of one of them.
        case keysUnavailable = "keys_unavailable"
        case signature
        case expired
        case notYetValid = "not_yet_valid"
        case audience
        /// Somebody else's token, of another issuer than this server trusts.
        case issuer
        /// A claim is missing or not valid.
        case claims
        /// The token was accepted before, and its key is no longer trusted.
        case revoked
    }
}
