import Crypto
import Foundation
import JWTKit
import TallywirePipeline

/// The algorithms that tokens may be signed with. There is no other way to sign, `none` least of all.
public enum SigningAlgorithm: String, CaseIterable, Sendable {
    case hs256 = "HS256"
    case es256 = "ES256"
    case eddsa = "EdDSA"
}

/// A key together with the one algorithm that it is for.
///
/// A token is verified with the algorithm of the key, never with the one that it names itself: it has to name the same. So nobody can
/// have a public key taken for a secret.
struct VerificationKey: Sendable {
    let id: String?
    let algorithm: SigningAlgorithm
    let identity: KeyIdentity
    /// Verifies synchronously; JWTKit's collection, an actor, made it.
    private let verifier: any JWTAlgorithm
    /// Whether it can sign too.
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
        }
        verifier = try await keys.getKey()
        canSign = material.canSign
        self.id = id
        var hash = SHA256()
        for part in [Data(algorithm.rawValue.utf8), Data((id ?? "").utf8), material.publicBytes] {
            // With its length, so that neighbours cannot run into each other.
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: part)
        }
        identity = KeyIdentity(digest: hash.finalize())
    }

    /// Whether `signature` is this key's for `message`.
    func verifies(_ signature: some DataProtocol, of message: some DataProtocol) -> Bool {
        (try? verifier.verify(signature, signs: message)) ?? false
    }

    func sign(_ message: some DataProtocol) throws -> [UInt8] { try verifier.sign(message) }
}

/// What a key is made of.
enum KeyMaterial: Sendable {
    case secret([UInt8])
    case es256(ES256PublicKey)
    case es256Private(ES256PrivateKey)
    case eddsa(EdDSA.PublicKey)
    case eddsaPrivate(EdDSA.PrivateKey)

    var canSign: Bool {
        switch self {
        case .secret, .es256Private, .eddsaPrivate: true
        case .es256, .eddsa: false
        }
    }

    /// What tells one key from another: the secret, or the public half.
    var publicBytes: Data {
        switch self {
        case .secret(let bytes): Data(bytes)
        case .es256(let key): Data(key.pemRepresentation.utf8)
        case .es256Private(let key): Data(key.publicKey.pemRepresentation.utf8)
        case .eddsa(let key): key.rawRepresentation
        case .eddsaPrivate(let key): key.publicKey.rawRepresentation
        }
    }
}
