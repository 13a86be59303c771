import Foundation
import JWTKit
import TallywireAccess
import TallywireCore

/// A JSON Web Key Set, as in its file.
struct WebKeySet: Decodable {
    let keys: [WebKey]
}

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

    /// Returns the key; `nil` for a key with another purpose: encryption, or an algorithm that Tallywire does not use.
    func material() throws -> KeyMaterial? {
        if let use, use != "sig" { return nil }
        if let kid, !(1...128).contains(kid.utf8.count) { throw KeyError("a kid has 1 to 128 bytes") }
        switch (kty, crv) {
        case ("oct", _): return try isFor(.hs256) ? secret() : nil
        case ("EC", "P-256"): return try isFor(.es256) ? es256() : nil
        case ("OKP", "Ed25519"): return try isFor(.eddsa) ? eddsa() : nil
        default: return nil
        }
    }

    private func isFor(_ algorithm: SigningAlgorithm) -> Bool { alg == nil || alg == algorithm.rawValue }

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
}
