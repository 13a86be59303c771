import Foundation
import TallywireAccess
import TallywireCore

/// The claims of a token (RFC 7519) that Tallywire knows.
struct TokenClaims: Codable {
    var role: Text?
    var iss: String?
    var sub: String?
    var exp: Double?
    var nbf: Double?
    var iat: Double?
    var aud: Audience?
    var device: String?
    /// When the user signed in with a password (OpenID Connect Core, section 2). Only a token with this claim can be renewed.
    var signedInAt: Double?
    /// The password with which the user signed in, as ``PasswordHash/fingerprint``.
    var password: String?

    private enum CodingKeys: String, CodingKey {
        case role, iss, sub, exp, nbf, iat, aud, device
        case signedInAt = "auth_time"
        case password = "pwh"
    }

    /// A text. Others' tokens may have anything in its place.
    struct Text: Codable {
        var text: String?

        init(_ text: String) { self.text = text }

        init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(text)
        }
    }

    /// One name, or several.
    enum Audience: Codable {
        case names([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let name = try? container.decode(String.self) {
                self = .names([name])
            } else {
                self = .names(try container.decode([String].self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            guard case .names(let names) = self else { return }
            var container = encoder.singleValueContainer()
            if names.count == 1 { try container.encode(names[0]) } else { try container.encode(names) }
        }

        func contains(_ name: String) -> Bool {
            guard case .names(let names) = self else { return false }
            return names.contains(name)
        }
    }

    /// The most characters of a subject.
    static let subjectLength = 200

    /// Returns the token's principal at the time `now`. `key` is the one that the token was verified with, and `text` the claims' JSON.
    func principal(
        at now: Timestamp, rules: JWTAuthenticator.Rules, key: VerificationKey, text: Data
    ) throws(AuthenticationFailure) -> Principal {
        let isOwn = key.canSign
        let until = try expiry(at: now, skew: rules.clockSkew)
        try checkAudience(rules.audience)
        if !isOwn { try checkIssuer(rules.issuer) }
        let known: Role
        if !isOwn, let roles = rules.roles { known = try roles.role(in: Self.json(text)) } else { known = try ownRole() }
        guard let sub, (1...Self.subjectLength).contains(sub.unicodeScalars.count) else {
            throw AuthenticationFailure(.claims, "the token has no claim “sub” of 1 to \(Self.subjectLength) characters")
        }
        let device = device?.keyForm
        if let device, let mistake = DeviceName.mistake(in: device) { throw AuthenticationFailure(.claims, mistake) }
        guard known != .device || device != nil else {
            throw AuthenticationFailure(.claims, "a token of the role device names its device in the claim “device”")
        }
        return Principal(
            role: known, subject: sub, device: device, validUntil: until,
            // Only this server knows who signed in here with which password.
            signedInAt: isOwn ? signedInAt.flatMap { Self.timestamp($0, plus: .zero) } : nil,
            password: isOwn ? password.flatMap { Data(base64URL: $0) }.map { KeyIdentity(digest: $0) } : nil, key: key.identity)
    }

    private func ownRole() throws(AuthenticationFailure) -> Role {
        guard let role = role?.text else { throw AuthenticationFailure(.claims, "the token has no claim “role”") }
        guard let known = Role(rawValue: role) else {
            let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw AuthenticationFailure(.claims, "the token's role is none of \(roles)")
        }
        return known
    }

    private static func json(_ text: Data) throws(AuthenticationFailure) -> JSONValue {
        do {
            return try JSONReader.value(of: Array(text))
        } catch {
            throw AuthenticationFailure(.claims, "the token's claims are not what they should be: \(error)")
        }
    }

    private func checkIssuer(_ issuer: String?) throws(AuthenticationFailure) {
        guard let issuer, iss != issuer else { return }
        throw AuthenticationFailure(
            .issuer, "the token is not of the issuer that this server trusts: “iss” has to be exactly auth.issuer")
    }

    private func expiry(at now: Timestamp, skew: Duration) throws(AuthenticationFailure) -> Timestamp {
        guard let exp else { throw AuthenticationFailure(.claims, "the token has no claim “exp”: every token ends") }
        guard let until = Self.timestamp(exp, plus: skew) else {
            throw AuthenticationFailure(.claims, "the token's “exp” is no time")
        }
        guard until > now else { throw AuthenticationFailure(.expired, "the token has expired: get a new one") }
        if let nbf {
            guard let from = Self.timestamp(nbf, plus: .zero - skew) else {
                throw AuthenticationFailure(.claims, "the token's “nbf” is no time")
            }
            guard from <= now else { throw AuthenticationFailure(.notYetValid, "the token is not valid yet") }
        }
        return until
    }

    /// A token for another audience is refused, also by a server without an audience (RFC 7519, section 4.1.3).
    private func checkAudience(_ audience: String?) throws(AuthenticationFailure) {
        switch (audience, aud) {
        case (nil, nil): break
        case (let audience?, let aud?) where aud.contains(audience): break
        case (nil, .some):
            throw AuthenticationFailure(.audience, "the token is for an audience, and this server has none: set auth.audience")
        case (.some, _): throw AuthenticationFailure(.audience, "the token is not for this server's audience")
        }
    }

    /// A time in seconds since 1970; `nil` if it is not a valid time up to the year 9999.
    private static func timestamp(_ seconds: Double, plus skew: Duration) -> Timestamp? {
        guard seconds.isFinite, (0...253_402_300_799).contains(seconds) else { return nil }
        return Timestamp(milliseconds: Int64(seconds * 1000) + skew.wholeMilliseconds)
    }
}
