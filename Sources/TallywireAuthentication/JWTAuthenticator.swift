import Foundation
import Synchronization
import TallywireAccess
import TallywireCore
import TallywireEngine

/// `auth.mode` `jwt`: a signed token says who the caller is.
///
/// ``replace(_:)`` exchanges the keys as a whole: a token that is verified meanwhile is verified with the old or the new keys.
/// Verifying holds a lock only while a reference is copied. The signature is verified outside of the lock, with one key.
public final class JWTAuthenticator: Authenticator {
    /// What a token needs, besides its signature.
    public struct Rules: Equatable, Sendable {
        /// The `aud` that a token has to name; `nil` accepts only tokens without one.
        public var audience: String?
        /// How far the issuers' clocks may be off.
        public var clockSkew: Duration
        /// Whether callers without a token may do nothing.
        public var isRequired: Bool
        /// How long a connection may stay without a token, where one is required.
        public var deadline: Duration

        public init(
            audience: String? = nil, clockSkew: Duration = .zero, isRequired: Bool = false, deadline: Duration = .seconds(10)
        ) {
            self.audience = audience
            self.clockSkew = clockSkew
            self.isRequired = isRequired
            self.deadline = deadline
        }
    }

    private struct State {
        var keys: KeySet
        var generation: UInt64 = 1
    }

    private let state: Mutex<State>
    private let rules: Rules
    private let clock: @Sendable () -> Timestamp

    public init(
        _ keys: KeySet, rules: Rules = Rules(),
        clock: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        state = Mutex(State(keys: keys))
        self.rules = rules
        self.clock = clock
    }

    /// Trusts these keys from now on, and no others.
    public func replace(_ keys: KeySet) {
        state.withLock { state in
            state.keys = keys
            state.generation += 1
        }
    }

    /// Returns a signer for the keys that are trusted now. Throws ``KeyError`` if none of them can sign.
    func signer() throws(KeyError) -> TokenSigner { try TokenSigner(state.withLock { $0.keys }) }

    // MARK: Authenticator

    public var anonymousAccess: AnonymousAccess { rules.isRequired ? .nothing : .reading }
    public var deadline: Duration { rules.deadline }
    public var generation: UInt64 { state.withLock { $0.generation } }
    public var now: Timestamp { clock() }

    public func trusts(_ principal: Principal) -> Bool {
        guard let key = principal.key else { return false }
        return state.withLock { $0.keys.contains(key) }
    }

    public func principal(bearing token: String) throws(AuthenticationFailure) -> Principal {
        let token = try SignedToken(token)
        guard let algorithm = SigningAlgorithm(rawValue: token.header.alg) else {
            let known = SigningAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw AuthenticationFailure(.algorithm, "the token is not signed with one of \(known)")
        }
        let keys = state.withLock { $0.keys }
        guard let key = keys.key(token.header.kid, algorithm) else {
            throw AuthenticationFailure(.unknownKey, "the token's key is not known here")
        }
        guard key.verifies(token.signature, of: token.message) else {
            throw AuthenticationFailure(.signature, "the token's signature is not right")
        }
        guard let claims = try? JSONDecoder().decode(TokenClaims.self, fromOutside: token.claims) else {
            throw AuthenticationFailure(.claims, "the token's claims are not what they should be")
        }
        return try claims.principal(at: now, skew: rules.clockSkew, audience: rules.audience, key: key.identity)
    }
}
