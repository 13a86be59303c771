import Crypto
import Foundation
import TallywireCore

@testable import TallywireAuthentication

/// Keys and tokens for tests, forged ones among them.
enum Tokens {
    static let secret = "a secret for tests that is long enough for HS256"
    static let now = Timestamp(milliseconds: 1_795_365_600_000)

    static func claims(_ change: (inout [String: Any]) -> Void = { _ in }) -> [String: Any] {
        var claims: [String: Any] = ["role": "admin", "sub": "tester", "exp": 1_795_365_600 + 60]
        change(&claims)
        return claims
    }

    /// A token with any header and any claims, signed by `sign`.
    static func make(_ header: [String: Any], _ claims: [String: Any], sign: (Data) throws -> Data) throws -> String {
        func part(_ object: [String: Any]) throws -> String {
            try JSONSerialization.data(withJSONObject: object, options: .sortedKeys).base64URL
        }
        let message = try part(header) + "." + part(claims)
        return message + "." + (try sign(Data(message.utf8))).base64URL
    }

    static func hs256(
        _ claims: [String: Any] = claims(), secret: Data = Data(secret.utf8), header: [String: Any] = ["alg": "HS256"]
    ) throws -> String {
        try make(header, claims) { Data(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: secret))) }
    }

    static func authenticator(
        _ rules: JWTAuthenticator.Rules = .init(), keys: KeySet? = nil, now: Timestamp = now
    ) async throws -> JWTAuthenticator {
        var set = keys
        if set == nil { set = try await KeySet.secret(secret) }
        guard let set else { throw CancellationError() }
        return JWTAuthenticator(set, rules: rules, clock: { now })
    }
}

/// A pair of P-256, and its JSON Web Key.
struct Pair256 {
    let key = P256.Signing.PrivateKey()

    func jwk(kid: String? = nil, isPrivate: Bool = false, alg: String? = "ES256") -> [String: String] {
        let point = key.publicKey.rawRepresentation
        var members = ["kty": "EC", "crv": "P-256", "x": point.prefix(32).base64URL, "y": point.suffix(32).base64URL]
        members["kid"] = kid
        members["alg"] = alg
        if isPrivate { members["d"] = key.rawRepresentation.base64URL }
        return members
    }

    func token(_ claims: [String: Any] = Tokens.claims(), header: [String: Any] = ["alg": "ES256"]) throws -> String {
        try Tokens.make(header, claims) { try key.signature(for: $0).rawRepresentation }
    }
}

/// A pair of Ed25519, and its JSON Web Key.
struct Pair25519 {
    let key = Curve25519.Signing.PrivateKey()

    func jwk(kid: String? = nil, isPrivate: Bool = false) -> [String: String] {
        var members = ["kty": "OKP", "crv": "Ed25519", "x": key.publicKey.rawRepresentation.base64URL]
        members["kid"] = kid
        if isPrivate { members["d"] = key.rawRepresentation.base64URL }
        return members
    }

    func token(_ claims: [String: Any] = Tokens.claims(), header: [String: Any] = ["alg": "EdDSA"]) throws -> String {
        try Tokens.make(header, claims) { try key.signature(for: $0) }
    }
}

extension KeySet {
    static func jwks(_ keys: [String: String]...) async throws -> KeySet {
        try await jwks(Array(try JSONSerialization.data(withJSONObject: ["keys": keys])))
    }
}
