import Crypto
import Foundation
import JWTKit
import TallywireAccess

/// The algorithms with which tokens may be signed. No other is accepted, and `none` never is.
public enum SigningAlgorithm: String, CaseIterable, Sendable {
    case hs256 = "HS256"
    case es256 = "ES256"
    case eddsa = "EdDSA"
    case rs256 = "RS256"
    case ps256 = "PS256"
}

/// A key together with its one algorithm.
///
/// A token is verified with the key's algorithm, never with the one that the token names: the two have to be the same. So nobody
/// can use a public key as if it were a secret.
struct VerificationKey: Sendable {
    let id: String?
    let algorithm: SigningAlgorithm
    let identity: KeyIdentity
    /// Verifies synchronously. JWTKit's collection, which is an actor, made it.
    private let verifier: any JWTAlgorithm
    /// Whether the key can also sign. If it can, its tokens are this server's own; if it cannot, somebody else signs them.
    let canSign: Bool

    init(id: String?, material: KeyMaterial) async throws {
        let keys = JWTKeyCollection()
        switch material {
        case .secret(let bytes):
            await keys.add(hmac: HMACKey(from: bytes), digestAlgorithm: .sha256)
            algorithm = .hs256
        case .es256(let key):
            await keys.add(ecdsa: key)
            algorithm = .es256
        case .es256Private(let key):
            await keys.add(ecdsa: key)
            algorithm = .es256
        case .eddsa(let key):
            await keys.add(eddsa: key)
            algorithm = .eddsa
        case .eddsaPrivate(let key):
            await keys.add(eddsa: key)
            algorithm = .eddsa
        case .rs256(let key):
            await keys.add(rsa: key, digestAlgorithm: .sha256)
            algorithm = .rs256
        case .ps256(let key):
            await keys.add(pss: key, digestAlgorithm: .sha256)
            algorithm = .ps256
        }
        verifier = try await keys.getKey()
        canSign = material.canSign
        self.id = id
        var hash = SHA256()
        for part in [Data(algorithm.rawValue.utf8), Data((id ?? "").utf8), material.publicBytes] {
            // Each part is hashed with its length, so that neighbouring parts cannot be confused.
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: part)
        }
        identity = KeyIdentity(digest: hash.finalize())
    }

    /// Whether `signature` is this key's signature of `message`.
    func verifies(_ signature: some DataProtocol, of message: some DataProtocol) -> Bool {
        (try? verifier.verify(signature, signs: message)) ?? false
    }

    func sign(_ message: some DataProtocol) throws -> [UInt8] { try verifier.sign(message) }
}

/// The material of a key.
enum KeyMaterial: Sendable {
    case secret([UInt8])
    case es256(ES256PublicKey)
    case es256Private(ES256PrivateKey)
    case eddsa(EdDSA.PublicKey)
    case eddsaPrivate(EdDSA.PrivateKey)
    case rs256(JWTKit.Insecure.RSA.PublicKey)
    case ps256(JWTKit.Insecure.RSA.PublicKey)

    var canSign: Bool {
        switch self {
        case .secret, .es256Private, .eddsaPrivate: true
        case .es256, .eddsa, .rs256, .ps256: false
        }
    }

    /// The bytes that identify a key: the secret, or the public half.
    var publicBytes: Data {
        switch self {
        case .secret(let bytes): Data(bytes)
        case .es256(let key): Data(key.pemRepresentation.utf8)
        case .es256Private(let key): Data(key.publicKey.pemRepresentation.utf8)
        case .eddsa(let key): key.rawRepresentation
        case .eddsaPrivate(let key): key.publicKey.rawRepresentation
        case .rs256(let key), .ps256(let key): key.derRepresentation
        }
    }
}
