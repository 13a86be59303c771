import Foundation
import Synchronization
import TallywireAccess
import TallywireCore
import TallywireEngine

/// `auth.mode` `jwt`: a signed token says who the caller is.
///
/// A token is the server's own if its key could also sign here: it says its role in the claim `role`. Tokens of public keys are others',
/// and ``Rules/issuer`` and ``Rules/roles`` are for them.
///
/// ``replace(_:)`` exchanges the keys as a whole: a token that is verified meanwhile is verified with the old or the new keys.
/// Verifying holds a lock only while a reference is copied. The signature is verified outside of the lock, with one key.
public final class JWTAuthenticator: Authenticator {
    /// What a token needs, besides its signature.
    public struct Rules: Equatable, Sendable {
        /// The `aud` that a token has to name; `nil` accepts only tokens without one.
        public var audience: String?
        /// The `iss` that others' tokens have to name; `nil` accepts any.
        public var issuer: String?
        /// Where others' tokens say their role; `nil` for the claim `role`.
        public var roles: RoleClaim?
        /// How far the issuers' clocks may be off.
        public var clockSkew: Duration
        /// Whether callers without a token may do nothing.
        public var isRequired: Bool
        /// How long a connection may stay without a token, where one is required.
        public var deadline: Duration

        public init(
            audience: String? = nil, issuer: String? = nil, roles: RoleClaim? = nil, clockSkew: Duration = .zero,
            isRequired: Bool = false, deadline: Duration = .seconds(10)
        ) {
            self.audience = audience
            self.issuer = issuer
            self.roles = roles
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
    /// The keys of others' tokens, if they come from a URL.
    private let published: PublishedKeys?
    private let rules: Rules
    private let clock: @Sendable () -> Timestamp

    public init(
        _ keys: KeySet, published: PublishedKeys? = nil, rules: Rules = Rules(),
        clock: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        state = Mutex(State(keys: keys))
        self.published = published
        self.rules = rules
        self.clock = clock
    }

    /// Trusts these keys from now on, and no others beside the published ones.
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
    public var generation: UInt64 { state.withLock { $0.generation } + (published?.generation ?? 0) }
    public var now: Timestamp { clock() }

    public func trusts(_ principal: Principal) -> Bool {
        guard let key = principal.key else { return false }
        return state.withLock { $0.keys.contains(key) } || published?.contains(key) ?? false
    }

    public func askForKeys(then: @escaping @Sendable () -> Void) -> Bool { published?.ask(then: then) ?? false }

    public func principal(bearing token: String) throws(AuthenticationFailure) -> Principal {
        let token = try SignedToken(token)
        guard let algorithm = SigningAlgorithm(rawValue: token.header.alg) else {
            let known = SigningAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw AuthenticationFailure(.algorithm, "the token is not signed with one of \(known)")
        }
        let key = try key(token.header.kid, algorithm)
        guard key.verifies(token.signature, of: token.message) else {
            throw AuthenticationFailure(.signature, "the token's signature is not right")
        }
        guard let claims = try? JSONDecoder().decode(TokenClaims.self, fromOutside: token.claims) else {
            throw AuthenticationFailure(.claims, "the token's claims are not what they should be")
        }
        return try claims.principal(at: now, rules: rules, key: key, text: token.claims)
    }

    private func key(_ id: String?, _ algorithm: SigningAlgorithm) throws(AuthenticationFailure) -> VerificationKey {
        if let key = state.withLock({ $0.keys }).key(id, algorithm) { return key }
        // Nobody publishes a secret.
        guard let published, algorithm != .hs256 else {
            throw AuthenticationFailure(.unknownKey, "the token's key is not known here")
        }
        return try published.key(id, algorithm)
    }
}
