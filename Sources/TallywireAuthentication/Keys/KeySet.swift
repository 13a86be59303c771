import Foundation
import JWTKit
import TallywireAccess
import TallywireCore

/// The keys with which tokens may be signed. A value: a reload makes a new one.
public struct KeySet: Sendable {
    /// The most keys in one file. A token is verified with only one of them, so this limits memory and not time.
    public static let largest = 64

    private let keys: [VerificationKey]
    private let named: [Name: Int]
    private let identities: Set<KeyIdentity>

    /// Keys are found by id and algorithm together.
    private struct Name: Hashable {
        let id: String?
        let algorithm: SigningAlgorithm
    }

    /// No keys.
    public init() {
        keys = []
        named = [:]
        identities = []
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

    /// Returns the key for a token that names `id`. A token that names no id belongs to the key without an id, or to the only key
    /// with that algorithm.
    func key(_ id: String?, _ algorithm: SigningAlgorithm) -> VerificationKey? {
        if let index = named[Name(id: id, algorithm: algorithm)] { return keys[index] }
        guard id == nil else {
            // A secret has no id, and neither does a key whose file gives it none.
            return named[Name(id: nil, algorithm: algorithm)].map { keys[$0] }
        }
        let fitting = keys.filter { $0.algorithm == algorithm }
        return fitting.count == 1 ? fitting.first : nil
    }

    /// The keys in words, such as `RS256 “a”`.
    var names: [String] { keys.map { key in key.algorithm.rawValue + (key.id.map { " “\($0.excerpt)”" } ?? "") } }

    func contains(_ identity: KeyIdentity) -> Bool { identities.contains(identity) }

    /// The first key that can sign.
    var signingKey: VerificationKey? { keys.first(where: \.canSign) }

    // MARK: Reading

    /// Returns the set of one secret, for HS256. Throws ``KeyError`` if the secret is weak.
    public static func secret(_ text: String) async throws -> KeySet {
        if let mistake = SecretStrength.mistake(in: text) { throw KeyError(mistake) }
        return try KeySet([await VerificationKey(id: nil, material: .secret(Array(text.utf8)))])
    }

    /// Returns the keys of a JSON Web Key Set (RFC 7517). Keys for other purposes are ignored, as the RFC requires. Throws
    /// ``KeyError``.
    public static func jwks(_ json: [UInt8]) async throws -> KeySet {
        let set = try WebKeySet.read(json)
        guard let members = set.members else { throw WebKeySet.noSet }
        var keys: [VerificationKey] = []
        for (index, key) in members.enumerated() {
            do {
                if let material = try key.material() { keys.append(try await VerificationKey(id: key.kid, material: material)) }
            } catch {
                throw KeyError("\(WebKeySet.name(of: key, at: index)): \(WebKeySet.reason(error))")
            }
        }
        return try KeySet(keys)
    }
}
