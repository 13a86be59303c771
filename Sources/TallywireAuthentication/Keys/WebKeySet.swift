import Foundation
import TallywireCore

/// A JSON Web Key Set (RFC 7517) as its text has it.
struct WebKeySet: Decodable {
    let keys: [Element]

    /// A key, or something that is none.
    enum Element: Decodable {
        case key(WebKey)
        case other

        init(from decoder: any Decoder) throws {
            self = (try? WebKey(from: decoder)).map(Element.key) ?? .other
        }
    }

    /// All keys; `nil` if an element is no key.
    var members: [WebKey]? {
        let members = keys.compactMap { if case .key(let key) = $0 { key } else { nil } }
        return members.count == keys.count ? members : nil
    }

    static let noSet = KeyError("it is no JSON Web Key Set: it has the form {\"keys\": [{\"kty\": …}, …]}")

    static func read(_ json: [UInt8]) throws(KeyError) -> WebKeySet {
        let set: WebKeySet
        do {
            set = try JSONDecoder().decode(WebKeySet.self, fromOutside: json)
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            throw KeyError("it is not JSON")
        } catch {
            throw noSet
        }
        guard set.keys.count <= KeySet.largest else {
            throw KeyError("it has \(set.keys.count) keys, but at most \(KeySet.largest) are possible")
        }
        return set
    }

    /// How messages call a key.
    static func name(of key: WebKey?, at index: Int) -> String { key?.kid.map { "the key “\($0.excerpt)”" } ?? "key \(index + 1)" }

    static func reason(_ error: any Error) -> String { (error as? KeyError)?.message ?? "it cannot be used: \(error)" }
}

/// The keys of a set that somebody else publishes. What cannot be used of it is left out, and the rest is used: a new kind of key must
/// not lock everybody out.
public struct PublishedKeySet: Sendable {
    /// Public keys only.
    public let keys: KeySet
    /// Why the others are not used, each in a sentence.
    public let unused: [String]

    /// Reads a JSON Web Key Set. Throws ``KeyError`` if it is none, or if no key of it can be used.
    public init(_ json: [UInt8]) async throws(KeyError) {
        var used: [VerificationKey] = []
        var unused: [String] = []
        var names: Set<[String?]> = []
        for (index, element) in try WebKeySet.read(json).keys.enumerated() {
            guard case .key(let key) = element else {
                unused.append("\(WebKeySet.name(of: nil, at: index)) is no key of a JSON Web Key Set")
                continue
            }
            do {
                let made = try await Self.key(key)
                guard names.insert([made.id, made.algorithm.rawValue]).inserted else {
                    throw KeyError("another key has the same kid and algorithm")
                }
                used.append(made)
            } catch {
                unused.append("\(WebKeySet.name(of: key, at: index)): \(WebKeySet.reason(error))")
            }
        }
        guard !used.isEmpty else {
            let reasons = unused.isEmpty ? "it is empty" : unused.prefix(3).joined(separator: "; ")
            throw KeyError("no key of it can be used: \(reasons)")
        }
        keys = try KeySet(used)
        self.unused = unused
    }

    /// What can be used, in words, such as `RS256 “a”`.
    public var names: [String] { keys.names }

    private static func key(_ key: WebKey) async throws -> VerificationKey {
        if let purpose = key.otherPurpose { throw KeyError(purpose) }
        guard key.k == nil, key.d == nil else {
            throw KeyError("it has its secret or private half, and whatever is published cannot be trusted")
        }
        guard let material = try key.material() else { throw KeyError("it has another purpose") }
        return try await VerificationKey(id: key.kid, material: material)
    }
}
