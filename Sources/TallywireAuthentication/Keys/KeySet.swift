import Foundation
import JWTKit
import TallywirePipeline

/// The keys that tokens may be signed with. A value: a reload makes a new one.
public struct KeySet: Sendable {
    /// Keys in one file. A token is held against one of them, so this bounds memory and not time.
    public static let largest = 64

    private let keys: [VerificationKey]
    private let named: [Name: Int]
    private let identities: Set<KeyIdentity>

    /// A key is found by its id and algorithm together.
    private struct Name: Hashable {
        let id: String?
        let algorithm: SigningAlgorithm
    }

    init(_ keys: [VerificationKey]) throws(KeyError) {
        self.keys = keys
        var named: [Name: Int] = [:]
        for (index, key) in keys.enumerated() {
            guard named.updateValue(index, forKey: Name(id: key.id, algorithm: key.algorithm)) == nil else {
                throw KeyError(
                    key.id.map { "two keys for \(key.algorithm.rawValue) have the kid “\($0)”" }
                        ?? "two keys for \(key.algorithm.rawValue) have no kid: give each one")
            }
        }
        self.named = named
        identities = Set(keys.map(\.identity))
    }

    public var count: Int { keys.count }

    /// The key of a token that names `id`; one that names none is of the key without an id, or of the only one with that algorithm.
    func key(_ id: String?, _ algorithm: SigningAlgorithm) -> VerificationKey? {
        if let index = named[Name(id: id, algorithm: algorithm)] { return keys[index] }
        guard id == nil else {
            // A secret, or a key whose file gives it no id, is not known by one.
            return named[Name(id: nil, algorithm: algorithm)].map { keys[$0] }
        }
        let fitting = keys.filter { $0.algorithm == algorithm }
        return fitting.count == 1 ? fitting.first : nil
    }

    func contains(_ identity: KeyIdentity) -> Bool { identities.contains(identity) }

    /// The first key that can sign.
    var signingKey: VerificationKey? { keys.first(where: \.canSign) }

    // MARK: Reading

    /// The set of one secret, for HS256. Throws ``KeyError`` if it is weak.
    public static func secret(_ text: String) async throws -> KeySet {
        if let mistake = SecretStrength.mistake(in: text) { throw KeyError(mistake) }
        return try KeySet([await VerificationKey(id: nil, material: .secret(Array(text.utf8)))])
    }

    /// The keys of a JSON Web Key Set (RFC 7517). Keys that are for something else are passed over, as the RFC asks. Throws ``KeyError``.
    public static func jwks(_ json: [UInt8]) async throws -> KeySet {
        let set: WebKeySet
        do {
            set = try JSONDecoder().decode(WebKeySet.self, fromOutside: json)
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            throw KeyError("it is not JSON")
        } catch {
            throw KeyError("it is no JSON Web Key Set: it has the form {\"keys\": [{\"kty\": …}, …]}")
        }
        guard set.keys.count <= largest else {
            throw KeyError("it has \(set.keys.count) keys, but at most \(largest) are possible")
        }
        var keys: [VerificationKey] = []
        for (index, key) in set.keys.enumerated() {
            do {
                if let material = try key.material() { keys.append(try await VerificationKey(id: key.kid, material: material)) }
            } catch {
                let name = key.kid.map { "the key “\($0)”" } ?? "key \(index + 1)"
                throw KeyError("\(name): \((error as? KeyError)?.message ?? "it cannot be used: \(error)")")
            }
        }
        return try KeySet(keys)
    }
}
