import Foundation
import JWTKit
import TallywireAccess
import TallywireCore

/// A JSON Web Key (RFC 7517, 7518, 8037), with the members that Tallywire's algorithms use.
struct WebKey: Decodable {
    let kty: String
    let kid: String?
    let alg: String?
    let use: String?
    let crv: String?
    let x: String?
    let y: String?
    /// The private half.
    let d: String?
    /// A secret.
    let k: String?
    /// Modulus and exponent of RSA.
    let n: String?
    let e: String?

    /// The bits that an RSA key may have. Longer keys take longer to verify with than an event loop has.
    static let bitsOfRSA = 2_048...8_192

    /// The one algorithm that the key is for; `nil` for a key with another purpose. A key of RSA that names no algorithm is for
    /// RS256, which is the default of OpenID Connect.
    private var algorithm: SigningAlgorithm? {
        let fitting: [SigningAlgorithm] =
            switch (kty, crv) {
            case ("oct", _): [.hs256]
            case ("EC", "P-256"): [.es256]
            case ("OKP", "Ed25519"): [.eddsa]
            case ("RSA", _): [.rs256, .ps256]
            default: []
            }
        guard let alg else { return fitting.first }
        return fitting.first { $0.rawValue == alg }
    }

    /// What the key is for, if that is not signing tokens with an algorithm that Tallywire uses.
    var otherPurpose: String? {
        if let use, use != "sig" { return "its “use” is “\(use.excerpt)”, and not “sig”" }
        guard algorithm == nil else { return nil }
        let members = [("kty", kty), ("crv", crv), ("alg", alg)].compactMap { name, value in
            value.map { "“\(name)” “\($0.excerpt)”" }
        }
        return "no token is signed with \(members.joined(separator: ", ")) here"
    }

    /// Returns the key; `nil` for a key with another purpose: encryption, or an algorithm that Tallywire does not use.
    func material() throws -> KeyMaterial? {
        guard otherPurpose == nil, let algorithm else { return nil }
        if let kid, !(1...128).contains(kid.utf8.count) { throw KeyError("a kid has 1 to 128 bytes") }
        switch algorithm {
        case .hs256: return try secret()
        case .es256: return try es256()
        case .eddsa: return try eddsa()
        case .rs256: return .rs256(try rsa())
        case .ps256: return .ps256(try rsa())
        }
    }

    private func secret() throws -> KeyMaterial {
        guard let k, let bytes = Data(base64URL: k) else { throw KeyError("its “k” is missing or not base64url") }
        if let mistake = SecretStrength.mistake(in: Array(bytes)) { throw KeyError(mistake) }
        return .secret(Array(bytes))
    }

    private func es256() throws -> KeyMaterial {
        guard let x, let y else { throw KeyError("its “x” or “y” is missing") }
        // This also checks that the point is on the curve.
        let point = try ES256PublicKey(parameters: (x, y))
        guard let d else { return .es256(point) }
        let key = try ES256PrivateKey(key: d)
        guard key.publicKey == point else { throw KeyError("its private half belongs to another public one") }
        return .es256Private(key)
    }

    private func eddsa() throws -> KeyMaterial {
        guard let x else { throw KeyError("its “x” is missing") }
        let point = try EdDSA.PublicKey(x: x, curve: .ed25519)
        guard let d else { return .eddsa(point) }
        let key = try EdDSA.PrivateKey(d: d, curve: .ed25519)
        guard key.publicKey == point else { throw KeyError("its private half belongs to another public one") }
        return .eddsaPrivate(key)
    }

    private func rsa() throws -> JWTKit.Insecure.RSA.PublicKey {
        guard let n, let e, let modulus = Data(base64URL: n), let exponent = Data(base64URL: e) else {
            throw KeyError("its “n” or “e” is missing or not base64url")
        }
        guard d == nil else {
            throw KeyError("with RSA the server verifies and does not sign: leave out the private half, “d” and more")
        }
        let digits = modulus.drop { $0 == 0 }
        let bits = digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0)
        guard Self.bitsOfRSA.contains(bits) else {
            throw KeyError("it has \(bits) bits, but RSA needs \(Self.bitsOfRSA.lowerBound) to \(Self.bitsOfRSA.upperBound)")
        }
        // BoringSSL refuses other exponents when it verifies, which would look like a bad signature.
        let size = exponent.drop { $0 == 0 }
        guard size.count <= 4, let last = size.last, last % 2 == 1, size != Data([1]) else {
            throw KeyError("its exponent “e” is no odd number from 3 to 4294967295")
        }
        return try JWTKit.Insecure.RSA.PublicKey(modulus: n, exponent: e)
    }
}
