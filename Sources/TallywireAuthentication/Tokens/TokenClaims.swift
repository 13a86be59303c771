import Foundation
import TallywireAccess
import TallywireCore

/// The claims of a token (RFC 7519) that Tallywire knows.
struct TokenClaims: Codable {
    var role: String?
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
        case role, sub, exp, nbf, iat, aud, device
        case signedInAt = "auth_time"
        case password = "pwh"
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

    /// Returns the token's principal at the time `now`. `skew` is how far the issuer's clock may be off.
    func principal(
        at now: Timestamp, skew: Duration, audience: String?, key: KeyIdentity
    ) throws(AuthenticationFailure) -> Principal {
        let until = try expiry(at: now, skew: skew)
        try checkAudience(audience)
        guard let role else { throw AuthenticationFailure(.claims, "the token has no claim “role”") }
        guard let known = Role(rawValue: role) else {
            let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw AuthenticationFailure(.claims, "the token's role is none of \(roles)")
        }
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
            signedInAt: signedInAt.flatMap { Self.timestamp($0, plus: .zero) },
            password: password.flatMap { Data(base64URL: $0) }.map { KeyIdentity(digest: $0) }, key: key)
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
