import Foundation
import TallywireCore

/// Signs tokens, for `tallywire token` and for tests.
public struct TokenSigner: Sendable {
    private let key: VerificationKey

    /// Signs with the first key of the set that can sign. Throws ``KeyError`` if none can.
    public init(_ keys: KeySet) throws(KeyError) {
        guard let key = keys.signingKey else {
            throw KeyError(
                "none of the keys can sign: they are public. Tokens come from whoever has the private half; a key with its “d”, or a secret, could sign here"
            )
        }
        self.key = key
    }

    /// The claims of a new token.
    public struct Claims: Sendable {
        public var role: Role
        public var subject: String
        public var device: String?
        public var audience: String?
        public var issuedAt: Timestamp
        public var expiresAt: Timestamp
        public var notBefore: Timestamp?
        /// When the user signed in with a password.
        public var signedInAt: Timestamp?
        /// The password with which the user signed in, as ``PasswordHash/fingerprint``.
        var password: [UInt8]?

        public init(
            role: Role, subject: String, device: String? = nil, audience: String? = nil, issuedAt: Timestamp,
            expiresAt: Timestamp, notBefore: Timestamp? = nil, signedInAt: Timestamp? = nil
        ) {
            self.role = role
            self.subject = subject
            self.device = device
            self.audience = audience
            self.issuedAt = issuedAt
            self.expiresAt = expiresAt
            self.notBefore = notBefore
            self.signedInAt = signedInAt
        }
    }

    /// Returns the token. Its times are in whole seconds.
    public func sign(_ claims: Claims) throws -> String {
        func seconds(_ time: Timestamp) -> Double { (Double(time.milliseconds) / 1000).rounded(.down) }
        let body = TokenClaims(
            role: .init(claims.role.rawValue), sub: claims.subject, exp: seconds(claims.expiresAt),
            nbf: claims.notBefore.map(seconds),
            iat: seconds(claims.issuedAt), aud: claims.audience.map { .names([$0]) }, device: claims.device,
            signedInAt: claims.signedInAt.map(seconds), password: claims.password.map { Data($0).base64URL })
        let header = SignedToken.Header(alg: key.algorithm.rawValue, kid: key.id, typ: "JWT")
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let message = try encoder.encode(header).base64URL + "." + encoder.encode(body).base64URL
        return message + "." + Data(try key.sign(Data(message.utf8))).base64URL
    }
}
